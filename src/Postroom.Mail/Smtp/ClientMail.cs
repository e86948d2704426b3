using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Postroom.Mail.Smtp;

/// <summary>One mail for one transaction.</summary>
/// <param name="Envelope">The reverse-path and what goes with it; its recipients do not count here.</param>
/// <param name="Recipients">Whom this transaction is for.</param>
/// <param name="Header">For what the hop must be able to take.</param>
/// <param name="Length">Octets of the mail, before any transparency.</param>
public sealed record ClientMail(Envelope Envelope, IReadOnlyList<Recipient> Recipients, HeaderFacts Header, long Length)
{
    /// <summary>8BITMIME is needed (RFC 6152 §2). Declared 8 bit but all 7 bit is 7 bit.</summary>
    public bool NeedsEightBit => Header.EightBit;

    /// <summary>
    /// SMTPUTF8 is needed whoever the recipient is (RFC 6531 §3.1): it was declared, and there is something to it.
    /// A raw 8-bit header that nobody declared is passed on as it came, as mail of 8 bits.
    /// </summary>
    public bool NeedsUtf8 => Envelope.SmtpUtf8 && (Header.EightBitHeader || !Ascii.IsValid(Envelope.From.Address));
}

/// <summary>
/// Writes the commands of a transaction. Paths cannot hold CR, LF or NUL, so a command is one line whatever it says.
/// </summary>
internal static class ClientCommands
{
    /// <summary>MAIL with the parameters that the hop offers to take: RFC 1870, 6152, 6531, 3461.</summary>
    public static void WriteMail(IBufferWriter<byte> to, ClientMail mail, Capabilities hop, bool utf8)
    {
        to.Write("MAIL FROM:<"u8);
        Write(to, mail.Envelope.From.Address);
        to.Write(">"u8);
        if (hop.Size)
        {
            to.Write(" SIZE="u8);
            WriteNumber(to, mail.Length);
        }

        if (hop.EightBitMime && (mail.Header.EightBit || mail.Envelope.Body == BodyKind.EightBitMime))
            to.Write(" BODY=8BITMIME"u8);
        if (utf8)
            to.Write(" SMTPUTF8"u8);
        if (hop.Dsn && mail.Envelope.Return != Return.Unspecified)
            to.Write(mail.Envelope.Return == Return.Full ? " RET=FULL"u8 : " RET=HDRS"u8);
        if (hop.Dsn && mail.Envelope.EnvelopeId is { } id && IsXText(id))
        {
            to.Write(" ENVID="u8);
            Write(to, id);
        }

        to.Write("\r\n"u8);
    }

    public static void WriteRcpt(IBufferWriter<byte> to, Recipient recipient, Capabilities hop)
    {
        to.Write("RCPT TO:<"u8);
        Write(to, recipient.Path.Address);
        to.Write(">"u8);
        if (hop.Dsn && recipient.Notify != Notify.Unspecified)
        {
            to.Write(" NOTIFY="u8);
            WriteNotify(to, recipient.Notify);
        }

        if (hop.Dsn && recipient.OriginalRecipient is { } original && IsXText(original))
        {
            to.Write(" ORCPT="u8);
            Write(to, original);
        }

        to.Write("\r\n"u8);
    }

    /// <summary>BDAT LAST (RFC 3030 §2): the mail is one chunk, its last.</summary>
    public static void WriteBdatLast(IBufferWriter<byte> to, long length)
    {
        to.Write("BDAT "u8);
        WriteNumber(to, length);
        to.Write(" LAST\r\n"u8);
    }

    private static void WriteNotify(IBufferWriter<byte> to, Notify notify)
    {
        var comma = false;
        WriteFlag(to, notify.HasFlag(Notify.Never), "NEVER"u8, ref comma); // alone: the client was held to that
        WriteFlag(to, notify.HasFlag(Notify.Success), "SUCCESS"u8, ref comma);
        WriteFlag(to, notify.HasFlag(Notify.Failure), "FAILURE"u8, ref comma);
        WriteFlag(to, notify.HasFlag(Notify.Delay), "DELAY"u8, ref comma);
    }

    private static void WriteFlag(IBufferWriter<byte> to, bool given, ReadOnlySpan<byte> name, ref bool comma)
    {
        if (!given)
            return;
        if (comma)
            to.Write(","u8);
        to.Write(name);
        comma = true;
    }

    // ENVID and ORCPT come as the client wrote them; what is not xtext (RFC 3461 §4) is left out, never repaired.
    private static bool IsXText(string text) =>
        text.Length is > 0 and <= 500 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static void Write(IBufferWriter<byte> to, string text)
    {
        var span = to.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        to.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    private static void WriteNumber(IBufferWriter<byte> to, long number)
    {
        Utf8Formatter.TryFormat(number, to.GetSpan(20), out var written);
        to.Advance(written);
    }
}
