using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Postroom.Mail.Audit;

/// <summary>One term as it was written.</summary>
/// <param name="Field">The letters before the colon; null for words alone.</param>
internal readonly record struct FilterWord(string? Field, string Value, bool Not);

/// <summary>Cuts a filter into its terms.</summary>
internal ref struct FilterWords(ReadOnlySpan<char> text)
{
    private readonly ReadOnlySpan<char> _text = text;
    private int _at;

    /// <summary>False at the end, where <paramref name="error"/> is null, and at a mistake, which it tells.</summary>
    public bool Next(out FilterWord word, out string? error)
    {
        word = default;
        error = null;
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
            _at++;
        if (_at == _text.Length)
            return false;
        var not = _text[_at] == '-';
        if (not)
            _at++;
        var field = FieldHere();
        if (!TryValue(out var value, out error))
            return false;
        if (field is null && value.Length == 0)
        {
            error = not ? "there is nothing after -" : "there is nothing between the quotes";
            return false;
        }

        word = new FilterWord(field, value, not);
        return true;
    }

    /// <summary>Letters up to a colon; anything else begins a word, so that 10:30 is one.</summary>
    private string? FieldHere()
    {
        var end = _at;
        while (end < _text.Length && char.IsAsciiLetter(_text[end]))
            end++;
        if (end == _at || end == _text.Length || _text[end] != ':')
            return null;
        var field = _text[_at..end].ToString();
        _at = end + 1;
        return field;
    }

    private bool TryValue(out string value, [NotNullWhen(false)] out string? error)
    {
        var written = new StringBuilder();
        var quotedFrom = -1;
        for (; _at < _text.Length; _at++)
        {
            var c = _text[_at];
            if (c == '"')
                quotedFrom = quotedFrom < 0 ? _at : -1;
            else if (quotedFrom < 0 && char.IsWhiteSpace(c))
                break;
            else if (quotedFrom >= 0 && c == '\\' && _at + 1 < _text.Length && _text[_at + 1] is '"' or '\\')
                written.Append(_text[++_at]);
            else
                written.Append(c);
        }

        value = written.ToString();
        error = quotedFrom < 0
            ? null : FormattableString.Invariant($"the quote at column {quotedFrom + 1} is not closed");
        return error is null;
    }
}
