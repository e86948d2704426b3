using System.Globalization;
using System.Text;

namespace Postroom.Cli;

/// <summary>Text of strangers for a terminal: a subject must not move the cursor, nor turn the line around.</summary>
public static class SafeText
{
    /// <summary>Control characters, line separators and writing-direction overrides are shown as <c>\u001B</c>.</summary>
    public static string Of(string? text)
    {
        if (text is null)
            return "";
        var bad = 0;
        while (bad < text.Length && !IsUnsafe(text[bad]))
            bad++;
        if (bad == text.Length)
            return text;
        var safe = new StringBuilder(text, 0, bad, text.Length + 16);
        foreach (var c in text.AsSpan(bad))
            if (IsUnsafe(c))
                safe.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            else
                safe.Append(c);
        return safe.ToString();
    }

    private static bool IsUnsafe(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069')
            or '\u200E' or '\u200F' or '\uFEFF';
}
