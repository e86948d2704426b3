using System.Globalization;

namespace Postroom.Cli.Bench;

/// <summary>The same traffic as Postfix would have logged it, to be searched with grep.</summary>
internal sealed class MailLog(TextWriter log)
{
    private const string Host = "mx postfix";

    public void Write(Traffic.Sent sent)
    {
        var (mail, queue) = (sent.Mail, Queue(sent));
        var at = mail.At.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff+00:00", CultureInfo.InvariantCulture);
        Line(at, "smtpd", $"{queue}: client={mail.Origin.Helo}[{mail.Origin.Client}]");
        Line(at, "cleanup", $"{queue}: message-id={mail.Header.MessageId}");
        Line(at, "qmgr", $"{queue}: from=<{sent.From}>, size={mail.Size}, nrcpt=1 (queue active)");
        if (sent.End is Traffic.End.DeliveredLater or Traffic.End.Waiting)
            Try(at, sent, "dsn=4.2.2, status=deferred (host mx.example.com said: 452 4.2.2 mailbox full)");
        if (sent.End is Traffic.End.Waiting)
            return;
        if (sent.End is Traffic.End.Refused)
            Try(at, sent, $"dsn=5.1.1, status=bounced (host mx.example.com said: {sent.Reply})");
        else
            Try(at, sent, $"dsn=2.0.0, status=sent ({sent.Reply})");
        Line(at, "qmgr", $"{queue}: removed");
    }

    private static string Queue(Traffic.Sent sent) => sent.Mail.Id.ToString()[2..];

    private void Try(string at, Traffic.Sent sent, string outcome) => Line(at, "smtp",
        $"{Queue(sent)}: to=<{sent.To}>, relay=mx.example.com[192.0.2.7]:25, delay=0.16, delays=0.01/0/0.05/0.1, "
            + outcome);

    private void Line(string at, string program, string text) =>
        log.Write($"{at} {Host}/{program}[4711]: {text}\n");
}
