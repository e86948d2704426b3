using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Unicode;

namespace Postroom.Mail.Smtp;

/// <summary>A path as read from MAIL or RCPT.</summary>
/// <param name="Address">Without brackets and source route; empty for the null reverse-path.</param>
/// <param name="Length">Octets it took on the line.</param>
/// <param name="IsAscii">False if it needs SMTPUTF8.</param>
public readonly record struct PathText(string Address, int Length, bool IsAscii);

/// <summary>The grammar of paths: RFC 5321 §4.1.2, with the UTF-8 of RFC 6531 §3.3.</summary>
/// <remarks>
/// Source routes are read and dropped (RFC 5321 §4.1.1.3, Appendix C). A percent sign or an exclamation mark in a
/// local-part is a character like any other: what the next hop makes of it is its own affair. Lengths are bounded by
/// the
/// command line alone (§4.5.3.1: no limit where it can be avoided). An underscore in a domain is let through: hosts of
/// internal networks have them.
/// </remarks>
public static class PathGrammar
{
    private static readonly SearchValues<byte> Atext =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~"u8);

    private static readonly SearchValues<byte> LetDig =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"u8);

    /// <summary>Reads a path in angle brackets from the start of the text.</summary>
    /// <param name="text">What follows <c>FROM:</c> or <c>TO:</c>.</param>
    /// <param name="lenient">Take an address without brackets too, as old devices send it.</param>
    /// <param name="path">Only if true is returned.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, bool lenient, out PathText path)
    {
        path = default;
        if (text.IsEmpty)
            return false;
        if (text[0] != '<')
            return lenient && TryReadBare(text, out path);
        var at = 1;
        if (at < text.Length && text[at] == '@' && !SkipSourceRoute(text, ref at))
            return false;
        var start = at;
        if (at < text.Length && text[at] == '>')
        {
            path = new PathText("", at + 1, true);
            return at == 1; // a source route that leads nowhere is no path
        }

        if (!ReadMailbox(text, ref at) || at >= text.Length || text[at] != '>')
            return false;
        return TryMake(text[start..at], at + 1, out path);
    }

    private static bool TryReadBare(ReadOnlySpan<byte> text, out PathText path)
    {
        path = default;
        var at = 0;
        return ReadMailbox(text, ref at) && (at == text.Length || text[at] == ' ') && TryMake(text[..at], at, out path);
    }

    private static bool TryMake(ReadOnlySpan<byte> address, int length, out PathText path)
    {
        path = default;
        var ascii = Ascii.IsValid(address);
        if (!ascii && !Utf8.IsValid(address))
            return false;
        path = new PathText(Encoding.UTF8.GetString(address), length, ascii);
        return true;
    }

    // "@a,@b:", RFC 5321 §4.1.2 A-d-l.
    private static bool SkipSourceRoute(ReadOnlySpan<byte> text, ref int at)
    {
        while (at < text.Length && text[at] == '@')
        {
            at++;
            if (!ReadDomain(text, ref at) || at >= text.Length)
                return false;
            if (text[at++] == ':')
                return true;
            if (text[at - 1] != ',')
                return false;
        }

        return false;
    }

    // Also the bare "postmaster" that every server has to know, RFC 5321 §4.5.1.
    private static bool ReadMailbox(ReadOnlySpan<byte> text, ref int at)
    {
        var start = at;
        if (at >= text.Length || !(text[at] == '"' ? ReadQuoted(text, ref at) : ReadDotString(text, ref at)))
            return false;
        if (at < text.Length && text[at] == '@')
        {
            at++;
            return at < text.Length && (text[at] == '[' ? ReadLiteral(text, ref at) : ReadDomain(text, ref at));
        }

        return Ascii.EqualsIgnoreCase(text[start..at], "postmaster"u8);
    }

    private static bool ReadDotString(ReadOnlySpan<byte> text, ref int at)
    {
        while (true)
        {
            var start = at;
            while (at < text.Length && (text[at] >= 0x80 || Atext.Contains(text[at])))
                at++;
            if (at == start)
                return false; // no atom: at the start, after a dot, or between two
            if (at >= text.Length || text[at] != '.')
                return true;
            at++;
        }
    }

    private static bool ReadQuoted(ReadOnlySpan<byte> text, ref int at)
    {
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                at++;
                return true;
            }

            if (text[at] == '\\')
                at++;
            if (at >= text.Length || text[at] is < 0x20 or 0x7f)
                return false;
        }

        return false;
    }

    private static bool ReadDomain(ReadOnlySpan<byte> text, ref int at)
    {
        while (true)
        {
            var start = at;
            while (at < text.Length && (text[at] >= 0x80 || text[at] == '-' || LetDig.Contains(text[at])))
                at++;
            if (at == start || text[start] == '-' || text[at - 1] == '-')
                return false;
            if (at >= text.Length || text[at] != '.')
                return true;
            at++;
        }
    }

    // [192.0.2.1], [IPv6:2001:db8::1], [tag:content], RFC 5321 §4.1.3.
    private static bool ReadLiteral(ReadOnlySpan<byte> text, ref int at)
    {
        var length = text[at..].IndexOf((byte)']');
        if (length < 2)
            return false;
        var inside = text.Slice(at + 1, length - 1);
        at += length + 1;
        if (inside.ContainsAnyExceptInRange((byte)33, (byte)126) || inside.ContainsAny((byte)'[', (byte)'\\'))
            return false;
        var colon = inside.IndexOf((byte)':');
        if (colon < 0)
            return IsIPv4(inside);
        var tag = inside[..colon];
        if (!Ascii.EqualsIgnoreCase(tag, "IPv6"u8))
            return tag.Length > 0 && !tag.ContainsAnyExcept(LetDig) && colon + 1 < inside.Length;
        var address = inside[(colon + 1)..];
        return address.Contains((byte)':') && !address.Contains((byte)'%') // IPAddress takes 1 and fe80::1%eth0 too
            && IPAddress.TryParse(Encoding.ASCII.GetString(address), out _);
    }

    private static bool IsIPv4(ReadOnlySpan<byte> text)
    {
        var parts = 0;
        foreach (var range in text.Split((byte)'.'))
        {
            var part = text[range];
            if (++parts > 4 || part.Length is < 1 or > 3 || part.ContainsAnyExceptInRange((byte)'0', (byte)'9')
                || int.Parse(part, System.Globalization.CultureInfo.InvariantCulture) > 255)
                return false;
        }

        return parts == 4;
    }
}
