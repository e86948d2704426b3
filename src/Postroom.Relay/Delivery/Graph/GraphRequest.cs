namespace Postroom.Relay.Delivery.Graph;

/// <summary>One request to be made.</summary>
/// <param name="Expected">The one status that says it was done: a 200 may come from some portal on the way.</param>
internal sealed record GraphRequest(GraphStep Step, HttpMethod Method, Uri Address, int Expected)
{
    public ReadOnlyMemory<byte> Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>The body leaves in base64.</summary>
    public bool AsBase64 { get; init; }

    /// <summary>Of a piece of an upload: <c>bytes 0-99/1000</c>.</summary>
    public string? Range { get; init; }

    /// <summary>A status besides the expected that is as good.</summary>
    public int OrElse { get; init; }

    /// <summary>To be called just before the last of it leaves; not null for the request that makes Graph
    /// send.</summary>
    public Action? AtWire { get; init; }

    /// <summary>For the transcript. The address of an upload holds a permit, so it is not shown.</summary>
    public string Shown => Step == GraphStep.Upload
        ? $"PUT {Range} to the upload session"
        : $"{Method} {Address.AbsolutePath} ({Body.Length} octets)";
}
