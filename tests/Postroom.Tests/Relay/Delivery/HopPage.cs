using Postroom.Tests.Program;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>One row of docs/next-hops.md: what was decided beforehand.</summary>
/// <param name="Does">What the next hop does.</param>
/// <param name="Recipients">The state each recipient comes to; one for all, or one after the other.</param>
/// <param name="Fault">Empty where nothing failed.</param>
/// <param name="Counted">The try counts towards giving up; null where there is no next one.</param>
/// <param name="InDoubt">no, yes, or: if sent ahead.</param>
/// <param name="Says">What stands in the timeline.</param>
public sealed record HopRow(
    string Does, string[] Recipients, string Fault, string Status, bool? Counted, string InDoubt, string Says)
{
    private const string Ahead = ", mail sent ahead", NotAhead = ", mail not sent ahead";

    /// <summary>The row without what it says about how the mail is sent.</summary>
    public string Misfortune => Does.Replace(Ahead, "", StringComparison.Ordinal)
        .Replace(NotAhead, "", StringComparison.Ordinal);

    public bool IsFor(bool sentAhead) =>
        !Does.EndsWith(sentAhead ? NotAhead : Ahead, StringComparison.Ordinal);

    public bool IsInDoubt(bool sentAhead) => InDoubt switch
    {
        "yes" => true,
        "no" => false,
        "if sent ahead" => sentAhead,
        _ => throw new InvalidDataException($"in doubt: {InDoubt}?"),
    };
}

/// <summary>The page, read as the tests' own data.</summary>
internal static class HopPage
{
    public static ILookup<string, HopRow> Rows { get; } = Read();

    private static ILookup<string, HopRow> Read()
    {
        var rows = new List<(string Step, HopRow Row)>();
        var step = "";
        foreach (var line in File.ReadLines(Path.Combine(Golden.Root, "docs", "next-hops.md")))
            if (line.StartsWith("## ", StringComparison.Ordinal))
                step = line[3..];
            else if (line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| the next hop |",
                StringComparison.Ordinal))
                rows.Add((step, RowOf(line)));
        return rows.ToLookup(one => one.Step, one => one.Row);
    }

    private static HopRow RowOf(string line)
    {
        var cells = line.Trim('|', ' ').Split(" | ");
        return cells.Length == 7
            ? new HopRow(cells[0], cells[1].Split(" / "), Plain(cells[2]), Plain(cells[3]),
                cells[4] == "–" ? null : cells[4] == "yes", cells[5], cells[6])
            : throw new InvalidDataException($"not seven cells: {line}");
    }

    private static string Plain(string cell) => cell == "–" ? "" : cell.Replace(" ", "", StringComparison.Ordinal);
}
