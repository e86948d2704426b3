using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Tests.Relay.Spool.Journal;

/// <summary>Records to put into journals.</summary>
internal static class Mails
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static byte[] Body(int number, int length)
    {
        var body = new byte[length];
        new Random(number).NextBytes(body);
        return body;
    }

    public static AcceptedRecord Accepted(int number, long size, params BodyPiece[] pieces) =>
        new(new MailId(number), Noon.AddSeconds(number),
            new Envelope(new ReversePath("jira@example.com"),
                [new Recipient(new ForwardPath("alice@example.org"), Notify.Success | Notify.Delay, "rfc822;alice"),
                 new Recipient(new ForwardPath("bob@example.org"))])
            {
                Return = Return.Headers, EnvelopeId = "QQ314159", Body = BodyKind.EightBitMime, SmtpUtf8 = true,
            },
            new Origin("local", "127.0.0.1", "jira.example.com", "jira", "ESMTPSA"),
            new HeaderFacts { Subject = "[PROJ-123] Grüße", From = "Jira", MessageId = "<1@x>", ReceivedCount = 2,
                EightBit = true })
        {
            Trace = Encoding.ASCII.GetBytes($"Received: by postroom; {number}\r\n"),
            Size = size,
            Pieces = pieces,
            ReportOf = number % 3 == 0 ? new MailId(number - 1) : null,
        };

    public static Entry Mail(int number, int length) => new(Accepted(number, length), Body(number, length));

    public static SettledRecord Settled(int number) =>
        new(new MailId(number), Noon, "upstream",
            [new Verdict(0, Happening.Accepted) { Reply = "250 2.0.0 Ok" },
             new Verdict(1, Happening.Deferred)
             {
                 Failure = new Failure(Fault.NextHop, new EnhancedStatus(4, 4, 1), "no route", "192.0.2.1"),
                 NextDue = Noon.AddMinutes(1), DelayReported = true, Text = "later",
             }])
        {
            Attempt = new AttemptFacts("192.0.2.1:25", "mx", "TLS 1.3", true, [new Step("connect", 1.5)], "S: 220 mx"),
            Events = [new TrailEvent(Noon, EventKind.Deferred, new MailId(number), 1) { Who = "rule",
                Lane = "upstream" }],
        };

    public static int NumberOf(JournalRecord record) => record switch
    {
        AcceptedRecord accepted => (int)accepted.Id.Value,
        RevokedRecord revoked => (int)revoked.Id.Value,
        _ => throw new ArgumentException("of no number", nameof(record)),
    };
}
