using System.Globalization;
using System.Text;

namespace Postroom.Mail;

/// <summary>Another side's words, fit for a terminal: what steers one comes out escaped.</summary>
public static class Printable
{
    public static string Of(ReadOnlySpan<byte> bytes) => Of(Encoding.UTF8.GetString(bytes));

    public static string Of(string text)
    {
        foreach (var c in text)
            if (IsUnruly(c))
                return Escaped(text);
        return text;
    }

    // Controls, and what turns or breaks a line on a screen: U+200E to U+202E in part, U+2066 to U+2069.
    private static bool IsUnruly(char c) => char.IsControl(c) || c is '\u200E' or '\u200F'
        or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
            _ = IsUnruly(c)
                ? escaped.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}")
                : escaped.Append(c);
        return escaped.ToString();
    }
}
