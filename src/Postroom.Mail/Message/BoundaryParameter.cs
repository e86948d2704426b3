using System.Text;

namespace Postroom.Mail.Message;

/// <summary>Finds the boundary that a Content-Type field declares (RFC 2045 §5.1, RFC 2046 §5.1.1).</summary>
internal static class BoundaryParameter
{
    /// <summary>RFC 2046 allows 70; a longer one than this is none.</summary>
    public const int Longest = 200;

    /// <param name="field">A whole field, folded as it came.</param>
    /// <param name="whole">The parameter with the white space around it, from the semicolon on: where a line is folded
    /// hangs on how long the boundary is.</param>
    /// <param name="value">The boundary itself, without quotes; empty where none is declared.</param>
    public static bool TryFind(ReadOnlySpan<byte> field, out Range whole, out byte[] value)
    {
        (whole, value) = (default, []);
        var at = field.IndexOf((byte)':') + 1;
        if (at == 0 || !Ascii.EqualsIgnoreCase(field[..(at - 1)].TrimEnd(" \t"u8), "content-type"u8))
            return false;
        while (NextSemicolon(field, at) is >= 0 and var semicolon)
        {
            var name = SkipSpace(field, semicolon + 1);
            at = semicolon + 1;
            var rest = field[name..];
            if (rest.Length < 8 || !Ascii.EqualsIgnoreCase(rest[..8], "boundary"u8))
                continue;
            var equals = SkipSpace(field, name + 8);
            if (equals == field.Length || field[equals] != (byte)'=')
                continue;
            (value, var end) = ValueAt(field, SkipSpace(field, equals + 1));
            if (value.Length is 0 or > Longest)
                return false;
            whole = semicolon..SkipSpace(field, end);
            return true;
        }

        return false;
    }

    // One that stands in a quoted string ends nothing (RFC 2045 §5.1).
    private static int NextSemicolon(ReadOnlySpan<byte> field, int from)
    {
        var quoted = false;
        for (var i = from; i < field.Length; i++)
        {
            if (quoted && field[i] == (byte)'\\')
                i++;
            else if (field[i] == (byte)'"')
                quoted = !quoted;
            else if (!quoted && field[i] == (byte)';')
                return i;
        }

        return -1;
    }

    private static (byte[] Value, int End) ValueAt(ReadOnlySpan<byte> field, int from)
    {
        if (from == field.Length || field[from] != (byte)'"')
        {
            var length = field[from..].IndexOfAny("; \t\r\n"u8);
            var end = length < 0 ? field.Length : from + length;
            return (field[from..end].ToArray(), end);
        }

        var value = new List<byte>();
        for (var i = from + 1; i < field.Length; i++)
        {
            if (field[i] == (byte)'"')
                return (TrimmedEnd(value), i + 1);
            if (field[i] == (byte)'\\' && i + 1 < field.Length)
                i++;
            if (field[i] is not ((byte)'\r' or (byte)'\n'))
                value.Add(field[i]);
        }

        return ([], field.Length); // the quote is not closed
    }

    // RFC 2046 §5.1.1: it does not end with white space, for what looks like it was added on the way.
    private static byte[] TrimmedEnd(List<byte> value) => value.ToArray().AsSpan().TrimEnd(" \t"u8).ToArray();

    private static int SkipSpace(ReadOnlySpan<byte> field, int from)
    {
        while (from < field.Length && field[from] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            from++;
        return from;
    }
}
