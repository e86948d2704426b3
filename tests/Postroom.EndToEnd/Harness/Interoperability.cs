namespace Postroom.EndToEnd.Harness;

/// <summary>docs/interoperability.md: what it tells people to do is what the tests do.</summary>
internal static class Interoperability
{
    public static string Page { get; } = File.ReadAllText(Path.Combine(Root(), "docs", "interoperability.md"));

    /// <summary>The text of the first block that begins with a line.</summary>
    public static string Block(string fence)
    {
        var from = Page.IndexOf($"\n{fence}\n", StringComparison.Ordinal);
        if (from < 0)
            throw new InvalidDataException($"docs/interoperability.md has no block {fence}");
        from += fence.Length + 2;
        return Page[from..Page.IndexOf("\n```\n", from, StringComparison.Ordinal)];
    }

    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Postroom.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("the tests run outside of their repository");
        return folder.FullName;
    }
}
