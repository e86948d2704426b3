using System.Buffers;

namespace Postroom.Mail.Smtp;

/// <summary>
/// Writes a mail as the mail data that follows 354: doubles the dot that begins a line, and ends the data.
/// </summary>
/// <remarks>
/// RFC 5321 §4.5.2. Lines end with CRLF and nothing else (§2.3.8); a mail with a bare CR or LF was refused or
/// repaired when it came in, so none can hide a second mail here. One writer for one mail, pieces in order.
/// </remarks>
public sealed class DotWriter
{
    // How the bytes so far end: the start of a line (354 ended the last one), after its CR, or within it.
    private enum Ending { LineStart, Cr, Text }

    private Ending _ending = Ending.LineStart;

    /// <summary>
    /// After <see cref="Finish"/>: the mail's last line had no CRLF and was given one, which DATA needs.
    /// </summary>
    public bool AddedLineEnd { get; private set; }

    /// <summary>Appends a piece of the mail.</summary>
    public void Write(ReadOnlySpan<byte> piece, IBufferWriter<byte> to)
    {
        if (_ending == Ending.Cr && piece.StartsWith("\n"u8))
        {
            to.Write(piece[..1]);
            piece = piece[1..];
            _ending = Ending.LineStart;
        }

        if (piece.IsEmpty)
            return;
        if (_ending == Ending.LineStart && piece[0] == '.')
            to.Write("."u8);
        _ending = piece.EndsWith("\r\n"u8) ? Ending.LineStart : piece[^1] == '\r' ? Ending.Cr : Ending.Text;
        while (piece.IndexOf("\r\n."u8) is var at and >= 0)
        {
            to.Write(piece[..(at + 2)]);
            to.Write("."u8);
            piece = piece[(at + 2)..]; // from the dot on: it is not found again
        }

        to.Write(piece);
    }

    /// <summary>Appends the final dot, and before it the CRLF of the last line if that has none.</summary>
    public void Finish(IBufferWriter<byte> to)
    {
        AddedLineEnd = _ending != Ending.LineStart;
        to.Write(AddedLineEnd ? "\r\n.\r\n"u8 : ".\r\n"u8);
    }
}
