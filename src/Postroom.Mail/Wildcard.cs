namespace Postroom.Mail;

/// <summary>Patterns in which <c>*</c> stands for any characters, or none; letters in either case.</summary>
public static class Wildcard
{
    public static bool IsPattern(string text) => text.Contains('*', StringComparison.Ordinal);

    /// <summary>Whether the whole text is as the pattern says.</summary>
    /// <remarks>Never more than one star is looked back to, so a hostile pattern costs its length times the text's.
    /// </remarks>
    public static bool Matches(string pattern, ReadOnlySpan<char> text)
    {
        var (p, t, star, from) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
                (star, from) = (p++, t);
            else if (p < pattern.Length && Same(pattern[p], text[t]))
                (p, t) = (p + 1, t + 1);
            else if (star >= 0)
                (p, t) = (star + 1, ++from);
            else
                return false;
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static bool Same(char a, char b) => a == b || char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
