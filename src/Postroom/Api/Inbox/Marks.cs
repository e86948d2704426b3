using System.Globalization;

namespace Postroom.Api.Inbox;

/// <summary>How far the index was, as a word to be given back: <c>seen</c> and <c>since</c>.</summary>
internal static class Marks
{
    public static string Write(long mark) => string.Create(CultureInfo.InvariantCulture, $"m{mark:x}");

    /// <summary>False where the text is none.</summary>
    public static bool TryRead(string text, out long mark)
    {
        mark = 0;
        return text.Length is > 1 and <= 17 && text[0] == 'm'
            && long.TryParse(text.AsSpan(1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out mark)
            && mark >= 0;
    }

    /// <exception cref="ApiProblem">The text is no mark.</exception>
    public static long Read(string text, string name) => TryRead(text, out var mark) ? mark : throw ApiProblem.Bad(
        $"{name} is no mark", "Give what \"seen\" of a list or \"since\" of a reset says.");
}
