namespace Postroom.Relay.Delivery.Graph;

/// <summary>One field of a header as it stands there: where it begins, where its value does, and what follows
/// it.</summary>
/// <param name="Name">In small letters; empty for a line that is no field.</param>
internal readonly record struct HeaderLine(string Name, int Start, int Value, int End);

/// <summary>Cuts a header into its fields, and finds its end.</summary>
/// <remarks>
/// Made for an argument about safety, so it sees a field wherever any reader could see one: a bare CR or LF ends a line
/// as CRLF does, a line that is no field does not end the header, and a name may have space before its colon (RFC 5322
/// §4.5). Only the first empty line ends it.
/// </remarks>
internal static class HeaderLines
{
    /// <summary>The octet after the empty line, or after the last line if there is none; -1 if it may be
    /// further on.</summary>
    public static int EndOf(ReadOnlySpan<byte> mail, bool isWhole)
    {
        var at = 0;
        while (at < mail.Length)
        {
            var (text, next) = Line(mail, at);
            if (next == mail.Length && !isWhole)
                return -1; // a CR may be half of a CRLF, and the next line a continuation
            at = next;
            if (text == 0)
                return at;
        }

        return isWhole ? at : -1;
    }

    public static List<HeaderLine> Split(ReadOnlySpan<byte> header)
    {
        var lines = new List<HeaderLine>();
        for (var at = 0; at < header.Length;)
        {
            var start = at;
            var (text, next) = Line(header, at);
            if (text == 0)
                break;
            while (next < header.Length && header[next] is (byte)' ' or (byte)'\t')
                next = Line(header, next).Next;
            var colon = header.Slice(start, text).IndexOf((byte)':');
            var name = colon < 0 ? "" : NameOf(header.Slice(start, colon));
            lines.Add(new HeaderLine(name, start, start + colon + 1, next));
            at = next;
        }

        return lines;
    }

    private static string NameOf(ReadOnlySpan<byte> text)
    {
        var name = text.Trim(" \t"u8); // the first line of all may begin with space, and be a field to some reader
        return name.Length > 40 ? "" : string.Create(name.Length, name, (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = char.ToLowerInvariant((char)from[i]);
        });
    }

    // The length of its text, and where the next line begins.
    private static (int Text, int Next) Line(ReadOnlySpan<byte> header, int at)
    {
        var text = header[at..].IndexOfAny((byte)'\r', (byte)'\n');
        if (text < 0)
            return (header.Length - at, header.Length);
        var end = at + text;
        var isPair = header[end] == '\r' && end + 1 < header.Length && header[end + 1] == '\n';
        return (text, end + (isPair ? 2 : 1));
    }
}
