using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Postroom.Mail.Smtp;

/// <summary>Cuts command lines out of what was read.</summary>
internal static class ServerLines
{
    /// <summary>Takes a line off the front, LF included.</summary>
    /// <returns>False if there is no whole line yet.</returns>
    public static bool TryCut(ref ReadOnlySequence<byte> input, out ReadOnlySpan<byte> line)
    {
        var first = input.FirstSpan;
        var end = first.IndexOf((byte)'\n');
        if (end >= 0)
        {
            line = first[..(end + 1)];
            input = input.Slice(end + 1);
            return true;
        }

        line = default;
        if (input.IsSingleSegment || input.PositionOf((byte)'\n') is not { } position)
            return false;
        position = input.GetPosition(1, position);
        line = input.Slice(0, position).ToArray();
        input = input.Slice(position);
        return true;
    }

    /// <summary>The first octets of what may become a line: enough to know its verb.</summary>
    public static ReadOnlySpan<byte> Front(ReadOnlySequence<byte> input) =>
        input.FirstSpan.Length >= 8 || input.IsSingleSegment
            ? input.FirstSpan
            : input.Slice(0, Math.Min(8, input.Length)).ToArray();

    /// <summary>Drops all up to and with the next LF; true if there was one.</summary>
    public static bool TrySkip(ref ReadOnlySequence<byte> input)
    {
        if (input.PositionOf((byte)'\n') is not { } position)
        {
            input = input.Slice(input.End);
            return false;
        }

        input = input.Slice(input.GetPosition(1, position));
        return true;
    }

    /// <summary>Takes CRLF and blanks off the end (RFC 5321 §4.1.1); false if a control character is left, or the CR
    /// was missing.</summary>
    public static bool TryStrip(ref ReadOnlySpan<byte> line, bool lenient)
    {
        line = line[..^1];
        if (!line.IsEmpty && line[^1] == '\r')
            line = line[..^1];
        else if (!lenient)
            return false;
        line = line.TrimEnd((byte)' ');
        return !line.ContainsAnyInRange((byte)0, (byte)0x1f) && !line.Contains((byte)0x7f);
    }

    public static bool Begins(ReadOnlySpan<byte> line, ReadOnlySpan<byte> word) =>
        line.Length >= word.Length && Ascii.EqualsIgnoreCase(line[..word.Length], word);

    /// <summary>A name of the client's, fit for header and log: at most 255 printable ASCII characters.</summary>
    public static string Printable(ReadOnlySpan<byte> name)
    {
        if (name.Length > 255)
            name = name[..255];
        return string.Create(name.Length, name, static (text, from) =>
        {
            for (var i = 0; i < from.Length; i++)
                text[i] = from[i] is > 0x20 and < 0x7f ? (char)from[i] : '?';
        });
    }

    /// <summary>The size and LAST of BDAT (RFC 3030 §2).</summary>
    public static bool TryChunk(ReadOnlySpan<byte> args, out long size, out bool isLast)
    {
        isLast = false;
        var space = args.IndexOf((byte)' ');
        var digits = space < 0 ? args : args[..space];
        size = 0;
        if (digits.Length > 18 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || !Utf8Parser.TryParse(digits, out size, out _))
            return false;
        if (space < 0)
            return true;
        isLast = Ascii.EqualsIgnoreCase(args[space..].Trim((byte)' '), "LAST"u8);
        return isLast;
    }
}
