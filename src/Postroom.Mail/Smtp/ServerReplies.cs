using System.Buffers;
using System.Globalization;
using System.Text;

namespace Postroom.Mail.Smtp;

/// <summary>Every fixed reply of the server, as it goes onto the wire.</summary>
/// <remarks>
/// RFC 2034 §4: an enhanced status begins each 2xx, 4xx and 5xx but the greeting and the answers to EHLO and HELO. The
/// codes are those of RFC 5321 §4.2.3 and §4.3.2, RFC 3463 and the extension concerned.
/// </remarks>
public static class ServerReplies
{
    /// <summary>For the host, before and beside a session.</summary>
    public static ReadOnlySpan<byte> TooManyConnections => "421 4.7.0 Too many connections, come back later\r\n"u8;
    public static ReadOnlySpan<byte> TimedOut => "421 4.4.2 Nothing came for too long, closing\r\n"u8;
    public static ReadOnlySpan<byte> TooSlow => "421 4.4.2 Data comes too slowly, closing\r\n"u8;
    public static ReadOnlySpan<byte> ShuttingDown => "421 4.3.2 Shutting down, come back later\r\n"u8;

    internal static ReadOnlySpan<byte> Ok => "250 2.0.0 Ok\r\n"u8;
    internal static ReadOnlySpan<byte> SenderOk => "250 2.1.0 Sender ok\r\n"u8;
    internal static ReadOnlySpan<byte> RecipientOk => "250 2.1.5 Recipient ok\r\n"u8;
    internal static ReadOnlySpan<byte> GoAhead => "354 End data with <CR><LF>.<CR><LF>\r\n"u8;
    internal static ReadOnlySpan<byte> Bye => "221 2.0.0 Bye\r\n"u8;
    internal static ReadOnlySpan<byte> Help =>
        "214 2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT STARTTLS AUTH; RFC 5321\r\n"u8;
    internal static ReadOnlySpan<byte> Unverified => "252 2.0.0 Not verified; send mail to find out\r\n"u8;
    internal static ReadOnlySpan<byte> NoLists => "502 5.5.1 EXPN not implemented\r\n"u8;
    internal static ReadOnlySpan<byte> TlsReady => "220 2.0.0 Ready to start TLS\r\n"u8;
    internal static ReadOnlySpan<byte> LoggedIn => "235 2.7.0 Authentication succeeded\r\n"u8;

    internal static ReadOnlySpan<byte> UnknownCommand => "500 5.5.2 Command unknown\r\n"u8;
    internal static ReadOnlySpan<byte> LineTooLong => "500 5.5.2 Command line too long\r\n"u8;
    internal static ReadOnlySpan<byte> LoginLineTooLong => "500 5.5.6 Authentication exchange line is too long\r\n"u8;
    internal static ReadOnlySpan<byte> BadLine => "500 5.5.2 Control character in command, or no CRLF after it\r\n"u8;
    internal static ReadOnlySpan<byte> BadSyntax => "501 5.5.4 Syntax error in parameters\r\n"u8;
    internal static ReadOnlySpan<byte> BadSender => "501 5.1.7 Bad sender address syntax\r\n"u8;
    internal static ReadOnlySpan<byte> BadRecipient => "501 5.1.3 Bad recipient address syntax\r\n"u8;
    internal static ReadOnlySpan<byte> BadParameter => "501 5.5.4 Bad value of a parameter, or given twice\r\n"u8;
    internal static ReadOnlySpan<byte> UnknownParameter => "555 5.5.4 Parameter unknown\r\n"u8;
    internal static ReadOnlySpan<byte> NeedsUtf8 => "553 5.6.7 An address beyond ASCII needs SMTPUTF8\r\n"u8;
    internal static ReadOnlySpan<byte> BadChunk => "501 5.5.4 BDAT needs a size; closing\r\n"u8;

    internal static ReadOnlySpan<byte> GreetFirst => "503 5.5.1 Send EHLO first\r\n"u8;
    internal static ReadOnlySpan<byte> MailFirst => "503 5.5.1 Send MAIL first\r\n"u8;
    internal static ReadOnlySpan<byte> RecipientFirst => "503 5.5.1 Send RCPT first\r\n"u8;
    internal static ReadOnlySpan<byte> NoRecipient => "554 5.5.1 No valid recipients\r\n"u8;
    internal static ReadOnlySpan<byte> MailTwice => "503 5.5.1 Sender already given\r\n"u8;
    internal static ReadOnlySpan<byte> InChunks => "503 5.5.1 Mail data has begun: BDAT or RSET\r\n"u8;
    internal static ReadOnlySpan<byte> TooManyRecipients => "452 4.5.3 Too many recipients\r\n"u8;
    internal static ReadOnlySpan<byte> TooLarge => "552 5.3.4 Message size exceeds the limit\r\n"u8;
    internal static ReadOnlySpan<byte> NoRoom => "452 4.3.1 Insufficient system storage\r\n"u8;
    internal static ReadOnlySpan<byte> BadData =>
        "550 5.5.2 Bare CR, bare LF or NUL in mail data: lines end with CRLF; closing\r\n"u8;

    internal static ReadOnlySpan<byte> TlsNeeded => "530 5.7.0 Must issue a STARTTLS command first\r\n"u8;
    internal static ReadOnlySpan<byte> TlsNotHere => "502 5.5.1 STARTTLS not available\r\n"u8;
    internal static ReadOnlySpan<byte> TlsAlready => "503 5.5.1 TLS already active\r\n"u8;
    internal static ReadOnlySpan<byte> BytesBehindTls => "501 5.5.4 Bytes behind STARTTLS; closing\r\n"u8;
    internal static ReadOnlySpan<byte> LoginNeeded => "530 5.7.0 Authentication required\r\n"u8;
    internal static ReadOnlySpan<byte> LoginNotHere => "502 5.5.1 AUTH not available\r\n"u8;
    internal static ReadOnlySpan<byte> LoginAlready => "503 5.5.1 Already authenticated\r\n"u8;
    internal static ReadOnlySpan<byte> LoginInMail => "503 5.5.1 Not during a mail transaction\r\n"u8;
    internal static ReadOnlySpan<byte> LoginInClear =>
        "538 5.7.11 Encryption required for requested authentication mechanism\r\n"u8;
    internal static ReadOnlySpan<byte> LoginUnknown => "504 5.5.4 Authentication mechanism unknown\r\n"u8;
    internal static ReadOnlySpan<byte> LoginCancelled => "501 5.7.0 Authentication cancelled\r\n"u8;
    internal static ReadOnlySpan<byte> LoginGarbled => "501 5.5.2 Not base64\r\n"u8;
    internal static ReadOnlySpan<byte> LoginRefused => "535 5.7.8 Authentication credentials invalid\r\n"u8;
    internal static ReadOnlySpan<byte> LoginLater =>
        "454 4.7.0 Too many failed logins from your address, try later\r\n"u8;

    internal static ReadOnlySpan<byte> TooManyErrors => "421 4.7.0 Too many errors, closing\r\n"u8;
    internal static ReadOnlySpan<byte> TooManyLogins => "421 4.7.0 Too many failed logins, closing\r\n"u8;
    internal static ReadOnlySpan<byte> NotHttp => "421 4.7.0 This is SMTP, not HTTP; closing\r\n"u8;
    internal static ReadOnlySpan<byte> NotTls =>
        "554 5.7.0 This port begins in clear text: use STARTTLS; closing\r\n"u8;

    /// <summary>The refusals that are the host's to give, as answers to a complete or beginning mail.</summary>
    public static Reply DiskFull { get; } = new(452, new EnhancedStatus(4, 3, 1), "Insufficient system storage");
    public static Reply StoreFailed { get; } =
        new(451, new EnhancedStatus(4, 3, 0), "Cannot store mail now, try later");
    public static Reply MemoryGone { get; } = new(421, new EnhancedStatus(4, 3, 1), "Out of memory, come back later");

    /// <summary>RFC 5321 §6.3: a mail that has come by too many relays goes round in circles.</summary>
    public static Reply MailTooLarge { get; } =
        new(552, new EnhancedStatus(5, 3, 4), "Message size exceeds the limit");
    public static Reply Loop { get; } = new(554, new EnhancedStatus(5, 4, 6), "Too many hops: mail loop");

    /// <summary>Writes a reply, each line with code and status (RFC 5321 §4.2.1, RFC 2034 §4).</summary>
    public static void Write(Reply reply, IBufferWriter<byte> output)
    {
        var text = new StringBuilder();
        for (var i = 0; i < reply.Lines.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{reply.Code}{(i + 1 < reply.Lines.Count ? '-' : ' ')}");
            if (reply.Status is { } status)
                text.Append(CultureInfo.InvariantCulture, $"{status.Class}.{status.Subject}.{status.Detail} ");
            text.Append(reply.Lines[i]).Append("\r\n");
        }

        output.Write(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
