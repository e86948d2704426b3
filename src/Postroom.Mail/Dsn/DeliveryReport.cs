using System.Buffers;
using System.Text;
using Postroom.Mail.Message;

namespace Postroom.Mail.Dsn;

/// <summary>
/// Writes delivery reports: multipart/report (RFC 6522) with a part for people, one for machines (RFC 3464), and the
/// mail or its header; for internationalized mail the forms of RFC 6533.
/// </summary>
/// <remarks>
/// The report travels from the null reverse-path to the mail's own (RFC 5321 §4.5.5), with one recipient and
/// NOTIFY=NEVER (RFC 3461 §6.1). Diagnostics and addresses are strangers' text: no control character of theirs gets
/// into it. It holds octets over 127 only where the mail that comes back does, or <see cref="IsGlobal"/> says so.
/// </remarks>
public static class DeliveryReport
{
    /// <summary>A mail of more octets comes back as its header alone.</summary>
    public const int MostReturned = 100_000;

    /// <summary>
    /// The report is itself internationalized, and must travel with SMTPUTF8: the mail had it (RFC 6533 §4), or the
    /// address that gets the report needs it.
    /// </summary>
    public static bool IsGlobal(Envelope envelope) => envelope.SmtpUtf8 || !Ascii.IsValid(envelope.From.Address);

    /// <summary>The report's Subject, decoded: for the list in which the report itself is shown.</summary>
    public static string Subject(ReportRequest request) => HumanPart.Subject(request);

    /// <summary>The report's From.</summary>
    public static string Sender(ReportRequest request) =>
        $"Mail Delivery System <{request.From ?? $"postmaster@{request.HostName}"}>";

    /// <summary>Writes a report, complete with its header; lines end in CRLF.</summary>
    /// <exception cref="ArgumentException">The reverse-path is null, or nobody is named.</exception>
    public static byte[] Write(ReportRequest request)
    {
        if (request.Envelope.From.IsNull)
            throw new ArgumentException("a null reverse-path never gets a report (RFC 5321 §4.5.5)", nameof(request));
        if (request.Recipients.Count == 0)
            throw new ArgumentException("a report is about one recipient at least (RFC 3464 §2.1)", nameof(request));
        var global = IsGlobal(request.Envelope);
        var whole = ReportRules.ReturnsWhole(request.Envelope.Return,
            request.Recipients.Any(r => r.Action == ReportAction.Failed), request.OriginalLength)
            && request.Original.Length == request.OriginalLength;
        var returned = whole ? request.Original.Span : HeaderOf(request.Original.Span);
        var boundary = BoundaryFor(request.Mail, returned);

        var report = new ArrayBufferWriter<byte>(returned.Length + 4_096);
        Append(report, Header(request, boundary, global));
        Append(report, Opening(boundary) + TextPart(HumanPart.Write(request, whole), global));
        Append(report, Opening(boundary) + StatusHeader(global) + StatusPart.Write(request, global));
        Append(report, Opening(boundary) + ReturnedHeader(returned, whole, global));
        report.Write(returned);
        Append(report, $"\r\n--{boundary}--\r\n");
        return report.WrittenSpan.ToArray();
    }

    private static void Append(ArrayBufferWriter<byte> report, string text) => Encoding.UTF8.GetBytes(text, report);

    private static string Opening(string boundary) => $"\r\n--{boundary}\r\n";

    private static string Header(ReportRequest request, string boundary, bool global)
    {
        var fields = new FieldWriter(global)
            .Field("From", Sender(request))
            .Field("To", request.Envelope.From.ToString())
            .Field("Subject", HumanPart.Subject(request))
            .Field("Date", TraceBlock.DateOf(request.At))
            .Field("Message-ID", request.MessageId);
        // What is no Message-ID of RFC 5322 §3.6.4 is not worth a reference.
        if (request.Header.MessageId is ['<', .., '>'] id && Ascii.IsValid(id) && !id.Contains(' '))
            fields.Field("References", id);
        return fields
            .Field("Auto-Submitted", "auto-replied") // RFC 3834 §5: no robot answers it
            .Field("MIME-Version", "1.0")
            .Line("Content-Type: multipart/report; report-type=delivery-status;")
            .Line($"\tboundary=\"{boundary}\"")
            .Line("")
            .Line("This is a delivery report in the form of RFC 3464.")
            .ToString();
    }

    private static string TextPart(string text, bool global)
    {
        var isPlain = Ascii.IsValid(text);
        var encoding = isPlain ? "7bit" : global ? "8bit" : "base64";
        var body = encoding == "base64"
            ? Convert.ToBase64String(Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks)
            : text;
        return $"Content-Type: text/plain; charset={(isPlain ? "us-ascii" : "utf-8")}\r\n"
            + $"Content-Transfer-Encoding: {encoding}\r\nContent-Description: What happened\r\n\r\n{body}";
    }

    private static string StatusHeader(bool global) => global
        ? "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n"
            + "Content-Description: Delivery report\r\n\r\n"
        : "Content-Type: message/delivery-status\r\nContent-Description: Delivery report\r\n\r\n";

    private static string ReturnedHeader(ReadOnlySpan<byte> returned, bool whole, bool global)
    {
        var type = (whole, global) switch
        {
            (true, false) => "message/rfc822",
            (true, true) => "message/global",
            (false, false) => "text/rfc822-headers",
            (false, true) => "message/global-headers",
        };
        var encoding = Ascii.IsValid(returned) ? "7bit" : "8bit";
        return $"Content-Type: {type}\r\nContent-Transfer-Encoding: {encoding}\r\n"
            + $"Content-Description: {(whole ? "Your mail" : "The header of your mail")}\r\n\r\n";
    }

    /// <summary>Up to the empty line; where that is not in sight, up to the last whole line.</summary>
    private static ReadOnlySpan<byte> HeaderOf(ReadOnlySpan<byte> mail)
    {
        mail = mail[..Math.Min(mail.Length, MostReturned)];
        var end = mail.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            end = mail.LastIndexOf("\r\n"u8);
        return end < 0 ? mail : mail[..(end + 2)];
    }

    /// <summary>A boundary that stands nowhere in what comes back (RFC 2046 §5.1.1), guessed or not.</summary>
    private static string BoundaryFor(MailId id, ReadOnlySpan<byte> returned)
    {
        var boundary = $"=_report_{id}";
        while (returned.IndexOf(Encoding.ASCII.GetBytes(boundary)) >= 0)
            boundary += "_";
        return boundary;
    }
}
