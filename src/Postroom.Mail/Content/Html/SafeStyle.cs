using System.Buffers;
using System.Text;

namespace Postroom.Mail.Content.Html;

/// <summary>Declarations of a <c>style</c> attribute, those that are safe to show.</summary>
/// <remarks>
/// A value with anything in it by which CSS fetches, escapes or comments is dropped whole, not mended: an escape
/// (<c>\75rl</c>), a comment or an unknown function is how <c>url(</c> is hidden from who looks for it.
/// </remarks>
public static class SafeStyle
{
    private const int Longest = 300;
    private const int MostDeclarations = 60;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 #%.,()'\"!-+_/");

    private static readonly string[] Functions = ["rgb", "rgba", "hsl", "hsla"];

    private static readonly string[] Displays =
    [
        "block", "inline", "inline-block", "inline-table", "list-item", "none", "table", "table-caption", "table-cell",
        "table-column", "table-column-group", "table-footer-group", "table-header-group", "table-row",
        "table-row-group",
    ];

    /// <summary>What is safe of it, one way to write it; empty where nothing is.</summary>
    public static string Of(string style)
    {
        var safe = new StringBuilder();
        var count = 0;
        foreach (var declaration in style.Split(';'))
        {
            var colon = declaration.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                continue;
            var name = declaration[..colon].Trim().ToLowerInvariant();
            var value = declaration[(colon + 1)..].Trim();
            if (!SafeList.Properties.Contains(name) || !IsSafe(name, value))
                continue;
            count++;
            if (count > MostDeclarations)
                break;
            safe.Append(safe.Length == 0 ? "" : "; ").Append(name).Append(": ").Append(value);
        }

        return safe.ToString();
    }

    private static bool IsSafe(string name, string value)
    {
        if (value.Length is 0 or > Longest || value.AsSpan().ContainsAnyExcept(Allowed)
            || value.Contains("/*", StringComparison.Ordinal) || !IsQuotedWell(value))
            return false;
        if (name == "display")
            return Displays.Contains(value.Replace("!important", "", StringComparison.OrdinalIgnoreCase).Trim(),
                StringComparer.OrdinalIgnoreCase);
        for (var at = value.IndexOf('(', StringComparison.Ordinal); at >= 0;
            at = value.IndexOf('(', at + 1))
            if (!Functions.Contains(WordBefore(value, at), StringComparer.OrdinalIgnoreCase))
                return false;
        return true;
    }

    private static string WordBefore(string value, int at)
    {
        var from = at;
        while (from > 0 && (char.IsAsciiLetterOrDigit(value[from - 1]) || value[from - 1] is '-' or '_'))
            from--;
        return value[from..at];
    }

    private static bool IsQuotedWell(string value) =>
        value.AsSpan().Count('"') % 2 == 0 && value.AsSpan().Count('\'') % 2 == 0
        && !(value.Contains('"', StringComparison.Ordinal) && value.Contains('\'', StringComparison.Ordinal))
        && value.AsSpan().Count('(') == value.AsSpan().Count(')');
}
