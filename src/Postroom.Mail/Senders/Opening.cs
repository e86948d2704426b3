using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Postroom.Mail.Senders;

/// <summary>What stands near the beginning of a mail's body: its links, and the address of who made it.</summary>
/// <remarks>
/// No MIME parser: encodings are undone wherever something looks encoded, for an address is looked for and not a text.
/// Works in lent memory, for there is one in each mail of a burst.
/// </remarks>
internal sealed class Opening : IDisposable
{
    /// <summary>The most octets that are looked at.</summary>
    public const int Longest = 32 * 1024;

    private char[] _text;
    private int _length;

    /// <param name="octets">The body, from its beginning.</param>
    /// <param name="encoding">The mail's own Content-Transfer-Encoding (RFC 2045 §6.1); null if it has none.</param>
    public Opening(ReadOnlySpan<byte> octets, string? encoding)
    {
        octets = octets[..Math.Min(octets.Length, Longest)];
        _text = octets.IsEmpty ? [] : ArrayPool<char>.Shared.Rent(2 * Longest); // what is undone stands behind the rest
        _length = Encoding.Latin1.GetChars(octets, _text);
        if (Is(encoding, "base64"))
            _length = Undo64(Text, _text);
        else
            UndoPartsIn64();
        if (Is(encoding, "quoted-printable")
            || Text.Contains("quoted-printable", StringComparison.OrdinalIgnoreCase))
            Unquote();
    }

    private ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

    /// <summary>Whether these words stand in it, in this case.</summary>
    public bool Holds(string words) => Text.Contains(words, StringComparison.Ordinal);

    /// <summary>What a pattern finds first; null where it finds nothing.</summary>
    public string? First(Regex pattern)
    {
        foreach (var found in pattern.EnumerateMatches(Text))
            return Text.Slice(found.Index, found.Length).ToString();
        return null;
    }

    /// <summary>The address that the links of its HTML begin with: <c>&lt;base href="…"&gt;</c>.</summary>
    public string? BaseHref()
    {
        var at = Text.IndexOf("<base ", StringComparison.OrdinalIgnoreCase);
        var tag = at < 0 ? "" : Text[at..Math.Min(_length, at + 400)];
        var href = tag.IndexOf("href=", StringComparison.OrdinalIgnoreCase);
        if (href < 0 || href + 6 > tag.Length)
            return null;
        var quote = tag[href + 5];
        var value = tag[(href + 6)..];
        var end = value.IndexOf(quote);
        return end < 0 || quote is not ('"' or '\'') ? null : Site(value[..end].ToString());
    }

    /// <summary>The first link that has a part in its path, cut there.</summary>
    /// <param name="part">Such as <c>/browse/</c>.</param>
    /// <returns>What the link begins with, as a site, and the path behind it; null where there is none.</returns>
    public (string Site, string Path)? Link(string part)
    {
        for (var from = 0; Text[from..].IndexOf(part, StringComparison.Ordinal) is >= 0 and var next;)
        {
            var at = from + next;
            from = at + part.Length;
            var start = at;
            while (start > 0 && at - start < AppFacts.Longest && IsOfLink(_text[start - 1]))
                start--;
            var end = from;
            while (end < _length && end - from < AppFacts.Longest && IsOfLink(_text[end]))
                end++;
            var before = Text[start..at];
            var http = before.LastIndexOf("http", StringComparison.OrdinalIgnoreCase);
            if (http >= 0 && Site(before[http..].ToString()) is { } site)
                return (site, Uri.UnescapeDataString(Text[from..end]));
        }

        return null;
    }

    /// <summary>An address as the name of a site: scheme, host in small letters, port, path; no slash at the
    /// end.</summary>
    /// <returns>Null if it is no address of a web site, or holds a login.</returns>
    public static string? Site(string address)
    {
        if (address.Length > AppFacts.Longest || !Uri.TryCreate(address, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0 || uri.Host.Length == 0)
            return null;
        return AppFacts.Text(uri.GetLeftPart(UriPartial.Path).TrimEnd('/'));
    }

    /// <summary>Gives the lent memory back.</summary>
    public void Dispose()
    {
        if (_text.Length > 0)
            ArrayPool<char>.Shared.Return(_text);
        (_text, _length) = ([], 0);
    }

    private static bool Is(string? encoding, string name) => name.Equals(encoding, StringComparison.OrdinalIgnoreCase);

    // Where a link ends, in text and in HTML.
    private static bool IsOfLink(char c) =>
        c is > ' ' and < '\x7f' and not ('"' or '\'' or '<' or '>' or '(' or ')' or '[' or ']' or '|' or '{' or '}');

    // A part's header that names the encoding, an empty line, the part, and a boundary.
    private void UndoPartsIn64()
    {
        var raw = Text;
        for (var from = 0; raw[from..].IndexOf("base64", StringComparison.OrdinalIgnoreCase) is >= 0 and var next;)
        {
            from += next;
            var empty = raw[from..].IndexOf("\n\r\n");
            if (empty < 0)
                return;
            from += empty + 3;
            var end = raw[from..].IndexOf("\n--");
            var part = end < 0 ? raw[from..] : raw.Slice(from, end);
            _text[_length] = '\n';
            _length += 1 + Undo64(part, _text.AsSpan(_length + 1));
            from += part.Length;
        }
    }

    /// <summary>Decodes what is of the alphabet of RFC 4648 §4, up to where it is cut off.</summary>
    /// <param name="into">May be where the digits are: it never overtakes them.</param>
    private static int Undo64(ReadOnlySpan<char> digits, Span<char> into)
    {
        var (bits, held, length) = (0, 0, 0);
        foreach (var c in digits)
        {
            var value = c switch
            {
                >= 'A' and <= 'Z' => c - 'A', >= 'a' and <= 'z' => c - 'a' + 26, >= '0' and <= '9' => c - '0' + 52,
                '+' => 62, '/' => 63, _ => -1,
            };
            if (value < 0)
                continue;
            (bits, held) = (((bits << 6) | value) & 0xffff, held + 6);
            if (held < 8)
                continue;
            held -= 8;
            into[length++] = (char)((bits >> held) & 0xff);
        }

        return length;
    }

    // RFC 2045 §6.7, in place.
    private void Unquote()
    {
        var (from, to) = (0, 0);
        while (from < _length)
        {
            var run = Text[from..].IndexOf('=');
            run = run < 0 ? _length - from : run;
            Text.Slice(from, run).CopyTo(_text.AsSpan(to));
            (from, to) = (from + run, to + run);
            if (from == _length)
                break;
            var rest = Text[(from + 1)..];
            if (rest is ['\r', '\n', ..])
                from += 3;
            else if (rest is [var high, var low, ..] && char.IsAsciiHexDigit(high) && char.IsAsciiHexDigit(low))
            {
                _text[to++] = (char)((Hex(high) << 4) | Hex(low));
                from += 3;
            }
            else
            {
                _text[to++] = '=';
                from++;
            }
        }

        _length = to;
    }

    private static int Hex(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit & ~0x20) - 'A' + 10;
}
