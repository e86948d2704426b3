using System.Buffers;
using System.Globalization;

namespace Postroom.Mail.Privacy;

/// <summary>An address in a text, as places there.</summary>
/// <param name="Start">Where what is not to be seen begins.</param>
/// <param name="Local">Where the local part itself begins: there, or behind what only looks like a part of it.</param>
/// <param name="At">Where the local part ends.</param>
/// <param name="Domain">Where the domain begins.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct FoundAddress(int Start, int Local, int At, int Domain, int End);

/// <summary>Finds the addresses in a text that anybody may have written, the last first.</summary>
/// <remarks>
/// <para>By the grammar of a mailbox (RFC 5321 §4.1.2, with the UTF-8 of RFC 6531 §3.3), and wider where in doubt:
/// every <c>@</c> with something before it ends a local part, whatever comes behind it, and so does the <c>%40</c> of
/// URLs. A quoted local part begins at the quotation mark that opens it, though it was escaped on its way into the
/// text.</para>
/// <para>From the end to the beginning, because a quoted local part may hold an <c>@</c>. What was found once is not
/// looked at again, and what is nowhere to the left is looked for once: so it takes time in proportion to the text,
/// whatever stands in it.</para>
/// </remarks>
internal ref struct AddressScan
{
    /// <summary>What an <c>@</c> is in a URL.</summary>
    public const string Escaped = "%40";

    private const int LongestLiteral = 64;

    // What RFC 5321 lets stand in a local part without quotes, and the dots between.
    private static readonly SearchValues<char> LocalText =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~.");

    private readonly ReadOnlySpan<char> _text;
    private int _end;
    private int _at;
    private int _escaped;
    private bool _hasQuotes = true;
    private bool _hasEscapedQuotes = true;

    public AddressScan(ReadOnlySpan<char> text)
    {
        _text = text;
        _end = text.Length;
        (_at, _escaped) = (text.LastIndexOf('@'), text.LastIndexOf(Escaped, StringComparison.Ordinal));
    }

    /// <summary>The last address before the one found before; false where there is none.</summary>
    public bool TryFindLast(out FoundAddress found)
    {
        while (Math.Max(_at, _escaped) is >= 0 and var at)
        {
            var domain = at + (_at == at ? 1 : Escaped.Length);
            var (start, local) = Before(at);
            found = new FoundAddress(start, local, at, domain, DomainEnd(domain));
            LookBefore(start);
            if (start == at)
                continue;
            _end = start;
            return true;
        }

        found = default;
        return false;
    }

    private void LookBefore(int end)
    {
        var before = _text[..end];
        if (_at >= end)
            _at = before.LastIndexOf('@');
        if (_escaped + Escaped.Length > end)
            _escaped = before.LastIndexOf(Escaped, StringComparison.Ordinal);
    }

    // Where what is not to be seen begins, and where the local part itself does; both at its end where there is none.
    private (int Start, int Local) Before(int at)
    {
        var opening = at > 0 && _text[at - 1] == '"' ? OpeningBefore(at - 1) : -1;
        var start = opening >= 0 ? opening : at;
        while (opening < 0 && start > 0 && _text[start - 1] is '"' or '\\') // 5"@x, a\@x: hidden
            start--;
        while (start > 0 && IsLocal(_text[start - 1]))
            start--;
        if (opening >= 0)
            return (start, opening);
        return _text[start..at].ContainsAnyExcept('"', '\\') ? Trimmed(start, at) : (at, at);
    }

    // Backslashes before a quotation mark: none or two where it stands for itself, one where the text was escaped once.
    private int OpeningBefore(int closing)
    {
        var isEscaped = (Backslashes(closing) & 1) == 1;
        ref var hasAny = ref isEscaped ? ref _hasEscapedQuotes : ref _hasQuotes;
        var opening = -1;
        for (var at = closing; hasAny && (at = _text[..at].LastIndexOf('"')) >= 0;)
        {
            if (Backslashes(at) is var before && !(isEscaped ? before == 1 : (before & 1) == 0))
                continue;
            opening = at;
            if (_text[at + 1] != '@')
                return opening;
            // "@ closes another local part as well as it opens this one: both are hidden.
        }

        hasAny = false; // nor further to the left
        return opening;
    }

    private readonly int Backslashes(int before)
    {
        var at = before;
        while (at > 0 && _text[at - 1] == '\\')
            at--;
        return before - at;
    }

    // 'bob@example.com' and “bob@example.com”; and the last of a path's names: each is hashed as bob@example.com.
    private readonly (int Start, int Local) Trimmed(int start, int at)
    {
        while (start < at - 1 && IsBeforeAddresses(_text[start]))
            start++;
        var local = _text[start..at];
        var slash = local[0] == '/' ? local.LastIndexOf('/') : -1;
        return (start, slash + 1 < local.Length ? start + slash + 1 : start);
    }

    private readonly int DomainEnd(int start)
    {
        var text = _text[start.._end];
        if (text is ['[', ..] && text[..Math.Min(text.Length, LongestLiteral)].IndexOf(']') is > 0 and var closing)
            return start + closing + 1;
        var length = 0;
        while (length < text.Length && IsDomain(text[length]))
            length++;
        while (length > 0 && text[length - 1] is '.' or '-') // the end of a sentence
            length--;
        return start + length;
    }

    private static bool IsLocal(char c) =>
        c < 0x80 ? LocalText.Contains(c) : !char.IsWhiteSpace(c) && !char.IsControl(c);

    private static bool IsDomain(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'
        || (c >= 0x80 && !char.IsPunctuation(c) && !char.IsSeparator(c) && !char.IsSymbol(c) && !char.IsControl(c));

    private static bool IsBeforeAddresses(char c) => c is '\'' or '`' or '{' or '|' or '*' or '.'
        || (c >= 0x80 && char.GetUnicodeCategory(c) is UnicodeCategory.InitialQuotePunctuation
            or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.DashPunctuation or UnicodeCategory.OtherPunctuation);
}
