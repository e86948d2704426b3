using System.Globalization;

namespace Postroom.Shared;

/// <summary>What a long proof found out, kept as a row of the table in docs/reliability.md.</summary>
/// <remarks>Rows are written only when <c>./test --long</c> asks for it; else they are only printed.</remarks>
internal static class Figures
{
    private const string Heading = "| proof | figures | when |";
    private static readonly Lock Gate = new();

    // Set by `./test --long`: the page, and the commit that is measured.
    private static readonly string? Page = Environment.GetEnvironmentVariable("POSTROOM_FIGURES");
    private static readonly string? Commit = Environment.GetEnvironmentVariable("POSTROOM_COMMIT");

    /// <summary>Puts the figures of one proof in the place of its last ones.</summary>
    /// <param name="proof">The row's name: the same in every run.</param>
    /// <param name="figures">One line, without a vertical bar.</param>
    public static void Note(string proof, string figures)
    {
        Console.WriteLine($"figures: {proof}: {figures}");
        if (Page is null)
            return;
        var day = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        lock (Gate)
        {
            var lines = File.ReadAllLines(Page).ToList();
            var row = $"| {proof} | {figures} | {day}, {Commit ?? "not committed"} |";
            var known = lines.FindIndex(line => line.StartsWith($"| {proof} |", StringComparison.Ordinal));
            if (known >= 0)
                lines[known] = row;
            else
                lines.Insert(EndOfTable(lines), row);
            File.WriteAllLines(Page, lines);
        }
    }

    private static int EndOfTable(List<string> lines)
    {
        var at = lines.IndexOf(Heading);
        if (at < 0)
            throw new InvalidDataException($"{Page} has no line \"{Heading}\"");
        while (at < lines.Count && lines[at].StartsWith('|'))
            at++;
        return at;
    }
}
