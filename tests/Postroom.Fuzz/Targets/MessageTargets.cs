using System.Text;
using System.Text.RegularExpressions;
using MimeKit;
using Postroom.Mail;
using Postroom.Mail.Dsn;
using Postroom.Mail.Message;

namespace Postroom.Fuzz.Targets;

/// <summary>The header that we read, and the fields and reports that we write from strangers' words.</summary>
internal static partial class MessageTargets
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] Fields =
    [
        "Subject: ", "subject:", "From: ", "Message-ID: <a@b>", "Received: from x by y; now", "Date: now", "\r\n", "\n",
        "\r", "\r\n ", "\t", ":", "From jira Mon\r\n", ">From x\r\n", "\r\n\r\n", "=?UTF-8?Q?Gr=C3=BC?=",
        "=?koi8-r?B?8NLJ18XU?=", "=?x?Z?y?=", "=?UTF-8?B?", "\u00c3\u00bc", "\u00ff", "\0", "\x1b[31m", "\u00c2\u0085",
        "\u00e2\u0080\u00a8", "<", ">", "X-A", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ];

    public static readonly FuzzTarget Header = new("header", ReadHeader, Fields) { Cost = 4 };
    public static readonly FuzzTarget Trace = new("trace", WriteTrace, Fields) { Cost = 3 };
    public static readonly FuzzTarget Report = new("report", WriteReport,
        [.. Fields, "550 5.1.1 no", "--=_report_", "--", "rfc822;a+40b", "utf-8;\\x{fc}@b", "QQ+0D+0A", "\n", "\n",
            "\n"])
        { Cost = 40 };

    private static readonly FieldNames Asked = new(["X-A", "subject", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]);

    private static HeaderReader Read(IEnumerable<ArraySegment<byte>> pieces)
    {
        var reader = new HeaderReader(Asked);
        foreach (var piece in pieces)
            reader.Read(piece);
        return reader;
    }

    private static string Shown(HeaderReader reader) =>
        $"{reader.Facts} {reader.IsDone} {reader.HasField} {reader.IsAllBody} {reader.HasDate} {reader.HasMessageId} "
            + $"{reader.Other("x-a")} {reader.Other("subject")}";

    private static void ReadHeader(byte[] input)
    {
        var choices = new Choices(input);
        var how = choices.Next();
        var octets = choices.Rest;
        var whole = Read([new ArraySegment<byte>(octets)]);
        var cut = Read(Cut.Of(octets, how));
        Must.Equal(Shown(whole), Shown(cut), "the same facts, whole and in pieces");
        foreach (var text in (ReadOnlySpan<string?>)[whole.Facts.Subject, whole.Facts.From, whole.Facts.MessageId])
        {
            Must.Hold(text is null or { Length: > 0 and <= 500 }, "a fact is bounded");
            Must.Hold(text?.Any(c => c is < ' ' or (>= '\x7f' and < '\xa0')) != true, "a fact steers no terminal");
        }

        cut.Reset();
        cut.Read(octets);
        Must.Equal(Shown(whole), Shown(cut), "a reader that was reset is as new");
    }

    private static void WriteTrace(byte[] input)
    {
        var choices = new Choices(input);
        var flags = choices.Next();
        var path = "a@b";
        foreach (var line in (ReadOnlySpan<string>)[choices.Line(), choices.Line()])
            path = line.Any(c => c < ' ' || c == '\x7f') || line.Length == 0 ? path : line;
        var envelope = new Envelope(ReversePath.Null, [new Recipient(new ForwardPath(path))])
        {
            SmtpUtf8 = (flags & 1) != 0,
        };
        var origin = new Origin("plain", choices.Line(), (flags & 2) != 0 ? null : choices.Line(), null,
            choices.Line());
        var handover = new Handover(origin, envelope, choices.Line(), (flags & 4) != 0 ? null : choices.Line());
        var header = Read([new ArraySegment<byte>(choices.Rest)]);

        var block = TraceBlock.Write(handover, new MailId(flags), Noon, header);
        Must.BeClean(block, "what we put in front has whole lines");
        Must.Hold(envelope.SmtpUtf8 || Ascii.IsValid(block), "ASCII, unless the mail is SMTPUTF8");
        var text = Encoding.UTF8.GetString(block);
        Must.Hold(text.EndsWith("\r\n", StringComparison.Ordinal), "what we put in front ends its last line");
        Must.Hold(text.Split("\r\n").All(line => Encoding.UTF8.GetByteCount(line) <= 998), "no line is too long");
        var names = Unfolded().Replace(text, " ").Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)]);
        string[] due = ["Received", .. header.HasDate ? (string[])[] : ["Date"],
            .. header.HasMessageId ? (string[])[] : ["Message-ID"]];
        Must.Equal(string.Join(' ', due), string.Join(' ', names), "our fields and no other stand in front");
        Must.Hold(header.IsAllBody == text.EndsWith("\r\n\r\n", StringComparison.Ordinal),
            "the empty line is ours only where the mail has no header");
        var again = Read([new ArraySegment<byte>(block)]);
        Must.Hold(again.ReceivedCount == 1, "the next relay counts one hop more");
    }

    private static void WriteReport(byte[] input)
    {
        var choices = new Choices(input);
        var flags = choices.Next();
        var from = Path(choices.Line(), "jira@example.com");
        var envelope = new Envelope(new ReversePath(from), [])
        {
            SmtpUtf8 = (flags & 1) != 0,
            Return = (Return)((flags >> 1) % 3),
            EnvelopeId = choices.Line(),
        };
        var recipient = new Recipient(new ForwardPath(Path(choices.Line(), "a@b")), OriginalRecipient: choices.Line());
        var reported = new ReportedRecipient(recipient, (ReportAction)((flags >> 3) % 4), new EnhancedStatus(5, 1, 1))
        {
            Diagnostic = choices.Line(),
            RemoteMta = choices.Line(),
            LastAttempt = Noon,
            WillRetryUntil = Noon,
        };
        var (host, id) = (choices.Line(), choices.Line());
        var original = choices.Rest;
        var request = new ReportRequest(new MailId(7), envelope, Noon, host, [reported, reported])
        {
            MessageId = $"<{id}>",
            At = Noon,
            Header = Read([new ArraySegment<byte>(original)]).Facts,
            Original = original,
            OriginalLength = original.Length + ((flags & 64) != 0 ? 1 : 0),
        };
        Look(DeliveryReport.Write(request), DeliveryReport.IsGlobal(envelope), original);
    }

    private static void Look(byte[] report, bool isGlobal, byte[] original)
    {
        var end = report.AsSpan().IndexOf("\r\n\r\n"u8);
        Must.Hold(end > 0, "a report has a header");
        Must.BeClean(report.AsSpan(0, end + 4), "the header of a report has whole lines");
        Must.Hold(isGlobal || Ascii.IsValid(report.AsSpan(0, end)), "a header is ASCII, or RFC 6532 was asked for");
        using var octets = new MemoryStream(report);
        var message = MimeMessage.Load(octets);
        if (message.Body is not MultipartReport { Count: 3, ReportType: "delivery-status" } parts
            || parts[1] is not MessageDeliveryStatus { StatusGroups: { Count: 3 } status })
            throw new BrokenPromiseException("a report has three parts, and a group for each recipient");
        Must.Hold(status[1]["Action"] is "failed" or "delayed" or "delivered" or "relayed",
            "a recipient's fields are its own");
        Must.Hold(status[0].All(f => f.Field is "Reporting-MTA" or "Original-Envelope-Id" or "Arrival-Date"
            or "X-Postroom-Id"), "no field of a stranger's making is in a report");
        if (Ascii.IsValid(original) && !isGlobal)
            Must.Hold(Ascii.IsValid(report), "a report of a 7-bit mail is of 7 bits");
        if (original.Length > 0)
            return; // its lines are as long as they are
        var longest = Wire.Text(report).Split("\r\n").MaxBy(line => line.Length)!;
        Must.Hold(longest.Length <= 998, "no line of ours is too long: " + longest);
    }

    private static string Path(string line, string other) =>
        line.Length == 0 || line.Any(c => c < ' ' || c == '\x7f') ? other : line;

    [GeneratedRegex("\r\n[ \t]")]
    private static partial Regex Unfolded();
}
