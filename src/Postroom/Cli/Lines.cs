using System.Text;

namespace Postroom.Cli;

/// <summary>Breaks text for a terminal, whose own way is to break anywhere.</summary>
public static class Lines
{
    /// <summary>Breaks at spaces; a word that fits no line is left to the terminal. Colours take no room.</summary>
    public static string Wrap(string text, int width, int hang)
    {
        if (text.Length <= width || hang > width / 2)
            return text;
        var wrapped = new StringBuilder();
        var (column, start) = (0, 0); // of the line that is being filled; of what is not written yet
        for (var at = 0; at < text.Length;)
        {
            var end = EndOfWord(text, at, out var columns);
            if (column + columns > width && column > hang && start > 0)
            {
                wrapped.Append('\n').Append(' ', hang);
                (column, at) = (hang, SkipSpaces(text, at));
                columns = Columns(text.AsSpan(at, end - at));
            }

            wrapped.Append(text, at, end - at);
            (column, at, start) = (column + columns, end, end);
        }

        return wrapped.ToString();
    }

    // The spaces before a word and the word.
    private static int EndOfWord(string text, int at, out int columns)
    {
        var end = SkipSpaces(text, at);
        while (end < text.Length && text[end] != ' ')
            end++;
        columns = Columns(text.AsSpan(at, end - at));
        return end;
    }

    private static int SkipSpaces(string text, int at)
    {
        while (at < text.Length && text[at] == ' ')
            at++;
        return at;
    }

    private static int Columns(ReadOnlySpan<char> text)
    {
        var columns = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\e' && text[i..].IndexOf('m') is var end and > 0)
                i += end;
            else
                columns++;
        }

        return columns;
    }
}
