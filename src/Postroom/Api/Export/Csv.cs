using Postroom.Mail;

namespace Postroom.Api.Export;

/// <summary>CSV by RFC 4180 that no spreadsheet takes a formula from.</summary>
public static class Csv
{
    /// <summary>What ends a record (RFC 4180 §2).</summary>
    public const string End = "\r\n";

    /// <summary>A record, without its end.</summary>
    public static string Line(params IEnumerable<string?> cells) => string.Join(',', cells.Select(Cell));

    // What a person reads in a cell, and no more: controls are shown and do nothing, but for the end of a line.
    private static string Cell(string? text)
    {
        text = text is null || !text.AsSpan().ContainsAny('\r', '\n') ? Printable.Of(text ?? "")
            : string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => Printable.Of(line)));
        if (text is ['=' or '+' or '-' or '@', ..])
            text = "'" + text; // a spreadsheet would work it out: =HYPERLINK(…), @SUM(…), +cmd|…
        return text.AsSpan().IndexOfAny(',', '"', '\n') < 0 ? text
            : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
