namespace Postroom.Mail.Audit;

/// <summary>What is looked for in a text: words that follow each other, in either case.</summary>
/// <remarks>
/// A joiner that is written has to be there: <c>PROJ-123</c> is not in "PROJ 123", but <c>"PROJ 123"</c> is in
/// "PROJ-123". A <c>*</c> after the last word makes it the beginning of one. With a <c>*</c> anywhere else, or without
/// any word, it is a pattern for any part of the text, in which <c>*</c> stands for anything.
/// </remarks>
public sealed class Phrase
{
    private readonly IReadOnlyList<Word> _words;
    private readonly string[] _parts;
    private readonly bool _begins;

    private Phrase(IReadOnlyList<Word> words, string[] parts, bool begins) =>
        (_words, _parts, _begins) = (words, parts, begins);

    /// <summary>
    /// Every text that matches has these terms of <see cref="Words.TermsOf"/>; none where no index can help.
    /// </summary>
    public IEnumerable<string> Terms => Words.Terms(_words).SkipLast(!_begins ? 0 : _words[^1].Joiner == '\0' ? 1 : 2);

    /// <summary>And one that begins so; null if nothing is asked of it.</summary>
    public string? Beginning => _begins ? Words.Term(_words[^1]) : null;

    /// <summary>It is a pattern for any part of a text. One of ASCII is found as by LIKE: nothing else folds to
    /// that.</summary>
    public bool IsPattern => _words.Count == 0;

    public static Phrase Of(string value)
    {
        var star = value.IndexOf('*', StringComparison.Ordinal);
        var begins = star > 0 && star == value.Length - 1 && char.IsLetterOrDigit(value[star - 1]);
        var words = star < 0 || begins ? Words.Of(value) : [];
        return words.Count > 0 ? new Phrase(words, [], begins) : new Phrase([], value.Split('*'), begins: false);
    }

    public bool Matches(string? text) => text is not null && (IsPattern ? HasParts(text) : HasWords(text));

    private bool HasParts(string text)
    {
        var at = 0;
        foreach (var part in _parts)
        {
            var found = text.IndexOf(part, at, StringComparison.OrdinalIgnoreCase);
            if (found < 0)
                return false;
            at = found + part.Length;
        }

        return true;
    }

    private bool HasWords(string text)
    {
        var words = Words.Of(text);
        for (var from = 0; from + _words.Count <= words.Count; from++)
        {
            var i = 0;
            while (i < _words.Count && IsAt(words[from + i], i))
                i++;
            if (i == _words.Count)
                return true;
        }

        return false;
    }

    private bool IsAt(Word word, int i)
    {
        var sought = _words[i];
        return (_begins && i == _words.Count - 1
                ? word.Text.StartsWith(sought.Text, StringComparison.Ordinal) : word.Text == sought.Text)
            && (i == 0 || sought.Joiner == '\0' || sought.Joiner == word.Joiner);
    }
}
