namespace Postroom.Mail.Content.Html;

/// <summary>A mail's HTML, safe to show.</summary>
/// <param name="Html">A fragment: what stands in a body.</param>
/// <param name="RemoteImages">The images that it would fetch from elsewhere, in order, each once.</param>
/// <param name="Cuts">What is not shown because a bound was met, as sentences.</param>
public sealed record SafePage(string Html, IReadOnlyList<string> RemoteImages, IReadOnlyList<string> Cuts)
{
    /// <summary>What was taken out, by its name: <c>script</c>, <c>onclick</c>. Sorted, each once, at most
    /// 50.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];
}

/// <summary>How a mail's HTML is to be shown.</summary>
public sealed record PageOptions
{
    /// <summary>Images of elsewhere are fetched by whoever looks: their sender learns that, when and where
    /// from.</summary>
    public bool HasRemoteImages { get; init; }

    /// <summary>What stands for an image of the same mail (<c>cid:</c>), by its content id; null: no image. Without it,
    /// the address stays.</summary>
    public Func<string, string?>? ImageOf { get; init; }
}
