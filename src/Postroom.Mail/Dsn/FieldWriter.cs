using System.Globalization;
using System.Text;

namespace Postroom.Mail.Dsn;

/// <summary>Writes header fields whose text is of strangers' making: no control character leaves its field.</summary>
/// <param name="utf8">UTF-8 may stand as it is (RFC 6532, RFC 6533); else it becomes question marks.</param>
internal sealed class FieldWriter(bool utf8)
{
    private const int FoldAt = 76; // RFC 5322 §2.1.1 asks for 78
    private const int LongestWord = 300; // and allows 998 octets: what may be longer is broken where no space is
    private const int LongestValue = 4_000;

    private readonly StringBuilder _text = new(1_024);

    public FieldWriter Field(string name, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return this;
        _text.Append(name).Append(':');
        var column = name.Length + 1;
        foreach (var word in Words(Clean(value, utf8)))
        {
            var fold = column + 1 + word.Length > FoldAt && column > name.Length + 1;
            _text.Append(fold ? "\r\n " : " ").Append(word);
            column = (fold ? 1 : column + 1) + word.Length;
        }

        return Line("");
    }

    public FieldWriter Line(string line)
    {
        _text.Append(line).Append("\r\n");
        return this;
    }

    /// <summary>Control characters become spaces, and a value has an end.</summary>
    public static string Clean(string value, bool utf8)
    {
        if (value.Length > LongestValue)
            value = value[..LongestValue] + " [cut]";
        return string.Create(value.Length, (value, utf8), static (into, from) =>
        {
            for (var i = 0; i < into.Length; i++)
            {
                var c = from.value[i];
                into[i] = IsSeparator(c) ? ' ' : c > '\x7e' && !from.utf8 ? '?' : c;
            }
        });
    }

    public override string ToString() => _text.ToString();

    /// <summary>U+0085, U+2028 and U+2029 end lines too, for some readers.</summary>
    private static bool IsSeparator(char c) => char.IsControl(c) || char.GetUnicodeCategory(c)
        is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>What a line may be broken between (RFC 5322 §2.1.1).</summary>
    public static IEnumerable<string> Words(string value)
    {
        foreach (var word in value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            foreach (var piece in Pieces(word))
                yield return piece;
    }

    /// <summary>A word, or what fits on a line of it, whatever its characters are.</summary>
    private static IEnumerable<string> Pieces(string word)
    {
        for (var at = 0; at < word.Length;)
        {
            var length = Math.Min(LongestWord, word.Length - at);
            if (at + length < word.Length && char.IsHighSurrogate(word[at + length - 1]))
                length--;
            yield return word.Substring(at, length);
            at += length;
        }
    }
}
