namespace Postroom.Mail.Smtp;

/// <summary>What a <see cref="ReplyReader"/> made of the bytes so far.</summary>
public enum ReplyProgress
{
    /// <summary>All bytes are used up, and the reply goes on.</summary>
    More,

    /// <summary>One reply is complete; what follows it is left.</summary>
    Complete,

    /// <summary>This is not SMTP, or it has no end. Nothing more is to be read from this peer.</summary>
    Garbage,
}

/// <summary>Reads replies out of a stream of bytes, however it was cut.</summary>
/// <remarks>
/// RFC 5321 §4.2: three digits, then a hyphen if a line follows, a space before text, or nothing at all. A bare LF
/// ends a line too: nothing can be smuggled in a reply, and a peer that forgets the CR is still understood. Lines
/// and their number are bounded beyond what §4.5.3.1.5 allows a server. Control characters come out escaped, so
/// that a reply can be shown on a terminal as it is.
/// </remarks>
public sealed class ReplyReader
{
    /// <summary>Octets of one line, CRLF included; RFC 5321 §4.5.3.1.5 grants a server 512.</summary>
    public const int LongestLine = 2_000;

    /// <summary>Lines of one reply.</summary>
    public const int MostLines = 200;

    /// <summary>Octets of one reply. Its words are kept: in memory, and for every recipient they are said to.</summary>
    public const int LongestReply = 16_000;

    private readonly byte[] _part = new byte[LongestLine];
    private int _partLength;
    private List<string>? _lines;
    private int _octets;
    private int _code;
    private EnhancedStatus? _status;

    /// <summary>Why it is garbage, in words; null as long as it is not.</summary>
    public string? Complaint { get; private set; }

    /// <summary>True between the first byte of a reply and its last.</summary>
    public bool IsMidway => _partLength > 0 || _lines is not null;

    /// <summary>Takes bytes up to the end of one reply.</summary>
    /// <param name="bytes">What came; afterwards what is left.</param>
    /// <param name="reply">The reply, if one is complete.</param>
    public ReplyProgress Read(ref ReadOnlySpan<byte> bytes, out Reply? reply)
    {
        reply = null;
        while (Complaint is null && !bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var length = end < 0 ? bytes.Length : end + 1;
            if (_partLength + length > LongestLine)
                return Complain("a line of more than 2,000 octets", bytes);
            if (end < 0)
            {
                Keep(bytes);
                bytes = default;
                return ReplyProgress.More;
            }

            var line = bytes[..length];
            if (_partLength > 0)
            {
                Keep(line);
                line = _part.AsSpan(0, _partLength);
            }

            _partLength = 0;
            bytes = bytes[length..];
            if (TakeLine(line[..^1], ref reply) is var progress and not ReplyProgress.More)
                return progress;
        }

        return Complaint is null ? ReplyProgress.More : ReplyProgress.Garbage;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_part.AsSpan(_partLength));
        _partLength += bytes.Length;
    }

    private ReplyProgress TakeLine(ReadOnlySpan<byte> line, ref Reply? reply)
    {
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        if (!TryCode(line, out var code) || (line.Length > 3 && line[3] is not ((byte)' ' or (byte)'-')))
            return Complain("no reply of SMTP", line);
        if (_lines is not null && code != _code)
            return Complain("a reply whose lines disagree about its code", line);

        _code = code;
        var goesOn = line.Length > 3 && line[3] == '-';
        var text = line.Length > 4 ? line[4..] : default;
        var status = TakeStatus(code, ref text);
        if (_lines is null)
            _status = status;
        if (!goesOn && _lines is null)
        {
            reply = new Reply(code, status, Printable.Of(text));
            return ReplyProgress.Complete;
        }

        (_lines ??= []).Add(Printable.Of(text));
        _octets += line.Length;
        if (_lines.Count > MostLines)
            return Complain("a reply of more than 200 lines", line);
        if (_octets > LongestReply)
            return Complain("a reply of more than 16,000 octets", line);
        if (goesOn)
            return ReplyProgress.More;
        reply = new Reply(code, _status, _lines);
        (_lines, _octets) = (null, 0);
        return ReplyProgress.Complete;
    }

    private ReplyProgress Complain(string what, ReadOnlySpan<byte> bytes)
    {
        var start = Printable.Of(bytes[..Math.Min(bytes.Length, 80)]);
        Complaint = $"the next hop sent {what}: {start}";
        return ReplyProgress.Garbage;
    }

    private static bool TryCode(ReadOnlySpan<byte> line, out int code)
    {
        code = 0;
        if (line.Length < 3 || line[0] is < (byte)'2' or > (byte)'5' ||
            !char.IsAsciiDigit((char)line[1]) || !char.IsAsciiDigit((char)line[2]))
            return false;
        code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        return true;
    }

    // RFC 2034 §4: the status stands first in the text, and its class is the first digit of the code.
    private static EnhancedStatus? TakeStatus(int code, ref ReadOnlySpan<byte> text)
    {
        if (code is >= 300 and < 400 || text.Length < 5 || text[0] != '0' + code / 100 || text[1] != '.')
            return null;
        var rest = text[2..];
        if (!TryNumber(ref rest, out var subject) || rest.IsEmpty || rest[0] != '.')
            return null;
        rest = rest[1..];
        if (!TryNumber(ref rest, out var detail) || (!rest.IsEmpty && rest[0] != ' '))
            return null;
        text = rest.IsEmpty ? rest : rest[1..];
        return new EnhancedStatus(code / 100, subject, detail);
    }

    private static bool TryNumber(ref ReadOnlySpan<byte> text, out int number)
    {
        var digits = 0;
        number = 0;
        while (digits < 3 && digits < text.Length && char.IsAsciiDigit((char)text[digits]))
            number = number * 10 + (text[digits++] - '0');
        text = text[digits..];
        return digits > 0;
    }
}
