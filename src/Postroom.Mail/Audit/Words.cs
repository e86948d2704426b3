using System.Globalization;
using System.Text;

namespace Postroom.Mail.Audit;

/// <summary>A word of a text, in small letters.</summary>
/// <param name="Text">Letters and digits.</param>
/// <param name="Joiner">
/// What alone stands between it and the word before, as in PROJ-123 and in 5.1.1; 0 where that is a space, or anything
/// else.
/// </param>
public readonly record struct Word(string Text, char Joiner);

/// <summary>Cuts a text into the words by which it is found.</summary>
/// <remarks>
/// A word is a run of letters and digits. In scripts that are written without spaces (Han, Hiragana, Katakana) it is
/// one character, so that a part of a sentence finds the whole.
/// </remarks>
public static class Words
{
    /// <summary>What can stand within a name or a number and belongs to it.</summary>
    private const string Joiners = "-._@/+#:";

    /// <summary>What is longer is cut for the index; nobody writes it into a question.</summary>
    private const int LongestTerm = 40;

    private enum Kind
    {
        Letter, Whole, Between,
    }

    /// <summary>The words in the order of the text.</summary>
    public static IReadOnlyList<Word> Of(string text)
    {
        var words = new List<Word>();
        var (start, end) = (-1, 0); // of the word that is being read; of the word before
        for (var at = 0; at < text.Length;)
        {
            var kind = KindAt(text, at, out var length);
            if (start >= 0 && kind != Kind.Letter)
                Add(at);
            if (start < 0 && kind != Kind.Between)
                start = at;
            at += length;
            if (kind == Kind.Whole)
                Add(at);
        }

        if (start >= 0)
            Add(text.Length);
        return words;

        void Add(int upto)
        {
            var joined = words.Count > 0 && start - end == 1 && Joiners.Contains(text[end], StringComparison.Ordinal);
            words.Add(new Word(text[start..upto].ToLowerInvariant(), joined ? text[end] : '\0'));
            (start, end) = (-1, upto);
        }
    }

    /// <summary>
    /// By what an index keeps a text: its words, and each two that are joined. Those of a phrase are among those of
    /// every text that it matches.
    /// </summary>
    public static IEnumerable<string> TermsOf(string text) => Terms(Of(text));

    internal static IEnumerable<string> Terms(IReadOnlyList<Word> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            yield return Term(words[i]);
            if (words[i].Joiner != '\0')
                yield return string.Concat(Term(words[i - 1]), words[i].Joiner.ToString(), Term(words[i]));
        }
    }

    internal static string Term(Word word) => word.Text.Length <= LongestTerm ? word.Text : word.Text[..LongestTerm];

    private static Kind KindAt(string text, int at, out int length)
    {
        var isRune = Rune.TryGetRuneAt(text, at, out var rune);
        length = isRune ? rune.Utf16SequenceLength : 1;
        return !isRune ? Kind.Between
            : StandsAlone(rune.Value) ? Kind.Whole
            : Rune.IsLetterOrDigit(rune) || IsMark(rune) ? Kind.Letter
            : Kind.Between;
    }

    /// <summary>An accent that stands after its letter.</summary>
    private static bool IsMark(Rune rune) => !rune.IsAscii && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static bool StandsAlone(int rune) => rune is (>= 0x3040 and <= 0x30ff) or (>= 0x3400 and <= 0x4dbf)
        or (>= 0x4e00 and <= 0x9fff) or (>= 0xf900 and <= 0xfaff) or (>= 0x20000 and <= 0x3ffff);
}
