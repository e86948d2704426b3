using System.Text;
using MimeKit;
using Postroom.Mail;
using Postroom.Mail.Dsn;
using Postroom.Mail.Message;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Dsn;

public class DeliveryReportTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly MailId Id = MailId.After(default, Noon);

    private static readonly Recipient Alice = new(new ForwardPath("alice@example.com"));

    private static readonly Failure Unknown =
        new(Fault.Recipient, new EnhancedStatus(5, 1, 1), "550 5.1.1 No such user here", "mx.example.com");

    private const string Mail = "Subject: [JIRA] (PROJ-123) =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nFrom: jira@example.com\r\n"
        + "Message-ID: <JIRA.1@example.com>\r\n\r\nLine one\r\n.\r\nLine two\r\n";

    private static ReportedRecipient Failed(Recipient recipient, Failure failure) =>
        ReportedRecipient.Of(recipient, ReportAction.Failed, failure);

    private static ReportRequest Request(string mail = Mail, params ReportedRecipient[] recipients)
    {
        var octets = Encoding.UTF8.GetBytes(mail);
        var envelope = new Envelope(new ReversePath("jira@example.com"), [Alice]);
        var header = new HeaderReader();
        header.Read(octets);
        return new ReportRequest(Id, envelope, Noon.AddHours(-1), "relay.example.com",
            recipients.Length > 0 ? recipients : [Failed(Alice, Unknown)])
        {
            MessageId = "<report.1@relay.example.com>",
            At = Noon,
            Header = header.Facts,
            Original = octets,
            OriginalLength = octets.Length,
        };
    }

    private static string Written(ReportRequest request) => Encoding.UTF8.GetString(DeliveryReport.Write(request));

    private static (MimeMessage Message, string People, HeaderListCollection Groups, MimeEntity Returned) Parse(
        ReportRequest request)
    {
        using var octets = new MemoryStream(DeliveryReport.Write(request));
        var message = MimeMessage.Load(octets, TestContext.Current.CancellationToken);
        var report = Assert.IsType<MultipartReport>(message.Body);
        Assert.Equal("delivery-status", report.ReportType);
        Assert.Equal(3, report.Count);
        return (message, ((TextPart)report[0]).Text, ((MessageDeliveryStatus)report[1]).StatusGroups, report[2]);
    }

    [Fact]
    public void A_failure_is_told_to_people_and_to_machines()
    {
        var last = new ReportedRecipient(Alice, ReportAction.Failed, new EnhancedStatus(5, 1, 1))
        {
            Diagnostic = Unknown.Diagnostic,
            RemoteMta = Unknown.RemoteMta,
            LastAttempt = Noon.AddMinutes(-1),
        };
        var (message, people, groups, _) = Parse(Request(Mail, last));
        Assert.Equal("jira@example.com", message.To.ToString());
        Assert.Equal("auto-replied", message.Headers["Auto-Submitted"]);
        Assert.Equal("report.1@relay.example.com", message.MessageId);
        Assert.Equal(Noon, message.Date);
        Assert.Equal("JIRA.1@example.com", message.References[0]);
        Assert.Equal("Your mail could not be delivered", message.Subject);

        Assert.Contains("[JIRA] (PROJ-123) Grüße", people, StringComparison.Ordinal);
        Assert.Contains($"as {Id}", people.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("alice@example.com", people, StringComparison.Ordinal);
        Assert.Contains("mx.example.com said: 550 5.1.1 No such user here", people, StringComparison.Ordinal);
        Assert.Contains("check the address for a mistake", people, StringComparison.Ordinal);

        Assert.Equal(2, groups.Count);
        Assert.Equal("dns; relay.example.com", groups[0]["Reporting-MTA"]);
        Assert.Equal("Mon, 23 Nov 2026 11:00:00 +0000", groups[0]["Arrival-Date"]);
        Assert.Null(groups[0]["Original-Envelope-Id"]);
        Assert.Equal("rfc822; alice@example.com", groups[1]["Final-Recipient"]);
        Assert.Null(groups[1]["Original-Recipient"]);
        Assert.Equal("failed", groups[1]["Action"]);
        Assert.Equal("5.1.1", groups[1]["Status"]);
        Assert.Equal("dns; mx.example.com", groups[1]["Remote-MTA"]);
        Assert.Equal("smtp; 550 5.1.1 No such user here", groups[1]["Diagnostic-Code"]);
        Assert.Equal("Mon, 23 Nov 2026 11:59:00 +0000", groups[1]["Last-Attempt-Date"]);
        Assert.Null(groups[1]["Will-Retry-Until"]);
    }

    [Fact]
    public void The_mail_comes_back_byte_for_byte()
    {
        var request = Request();
        var report = DeliveryReport.Write(request);
        Assert.True(report.AsSpan().IndexOf(request.Original.Span) > 0);
        Assert.Equal("message/rfc822", Parse(request).Returned.ContentType.MimeType);
    }

    [Theory]
    [InlineData(Return.Headers, 0, "The header of your mail")]
    [InlineData(Return.Full, 200_000, "larger than 100 KB: only its header")]
    public void Only_the_header_comes_back_when_asked_or_when_the_mail_is_large(Return asked, int padding, string said)
    {
        var request = Request(Mail + new string('x', padding));
        request = request with { Envelope = request.Envelope with { Return = asked } };
        var (_, people, _, returned) = Parse(request);
        Assert.Equal("text/rfc822-headers", returned.ContentType.MimeType);
        Assert.Equal("JIRA.1@example.com", ((TextRfc822Headers)returned).Message!.MessageId);
        Assert.True(DeliveryReport.Write(request).AsSpan().IndexOf("Line one"u8) < 0);
        Assert.Contains(said, people.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void A_delay_says_how_long_it_goes_on_and_returns_the_header_only()
    {
        var wrong = new Failure(Fault.Account, new EnhancedStatus(5, 7, 8), "535 5.7.8 Bad credentials", "mx");
        var delayed = ReportedRecipient.Of(Alice, ReportAction.Delayed, wrong) with
        {
            WillRetryUntil = Noon.AddDays(4),
        };
        var (message, people, groups, returned) = Parse(Request(Mail, delayed));
        Assert.Equal(("delayed", "4.7.8"), (groups[1]["Action"], groups[1]["Status"]));
        Assert.Equal("Fri, 27 Nov 2026 12:00:00 +0000", groups[1]["Will-Retry-Until"]);
        Assert.Contains("need not send it again", people, StringComparison.Ordinal);
        Assert.Equal("text/rfc822-headers", returned.ContentType.MimeType);
        Assert.Contains("delayed", message.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void An_expired_mail_keeps_the_status_of_its_last_try()
    {
        var down = new Failure(Fault.NextHop, new EnhancedStatus(4, 4, 1), "connection refused by 192.0.2.1", null);
        var (_, people, groups, _) = Parse(Request(Mail, Failed(Alice, down) with { IsExpired = true }));
        Assert.Equal(("failed", "4.4.1"), (groups[1]["Action"], groups[1]["Status"]));
        Assert.Equal("x-postroom; connection refused by 192.0.2.1", groups[1]["Diagnostic-Code"]);
        Assert.Null(groups[1]["Remote-MTA"]);
        Assert.Contains("given up", people, StringComparison.Ordinal);
        Assert.Contains("The reason: connection refused", people, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReportAction.Relayed, "relayed", "passed on")]
    [InlineData(ReportAction.Delivered, "delivered", "was delivered")]
    public void A_success_is_reported_as_what_it_is(ReportAction action, string name, string said)
    {
        var success = new ReportedRecipient(Alice, action, new EnhancedStatus(2, 0, 0));
        var (_, people, groups, _) = Parse(Request(Mail, success));
        Assert.Equal((name, "2.0.0"), (groups[1]["Action"], groups[1]["Status"]));
        Assert.Contains(said, people, StringComparison.Ordinal);
    }

    [Fact]
    public void ENVID_and_ORCPT_come_back_out_of_their_armour()
    {
        var bob = new Recipient(new ForwardPath("bob@example.com"), Notify.Failure, "rfc822;Bob+2BJira@example.org");
        var odd = new Recipient(new ForwardPath("c@example.com"), Notify.Failure, "rfc822;not=xtext");
        var request = Request(Mail, Failed(bob, Unknown), Failed(odd, Unknown));
        var (_, _, groups, _) = Parse(request with { Envelope = request.Envelope with { EnvelopeId = "id+2B42+20x" } });
        Assert.Equal("id+42 x", groups[0]["Original-Envelope-Id"]);
        Assert.Equal("rfc822; Bob+Jira@example.org", groups[1]["Original-Recipient"]);
        Assert.Equal("rfc822; bob@example.com", groups[1]["Final-Recipient"]);
        Assert.Null(groups[2]["Original-Recipient"]);
    }

    [Theory]
    [InlineData("550 go\r\nBcc: all@example.com")]
    [InlineData("550 go\nBcc: all@example.com")]
    [InlineData("550 go\rBcc: all@example.com")]
    [InlineData("550 go\u0085Bcc: all@example.com")]
    [InlineData("550 go\u2028Bcc: all@example.com")]
    [InlineData("550 go\r\n\r\nAction: delivered")]
    [InlineData("550 \0\u001b[2J")]
    public void Nothing_that_others_say_gets_out_of_its_field(string said)
    {
        var evil = Alice with { OriginalRecipient = "rfc822;a+0D+0ABcc:+20b@example.com" };
        var request = Request(Mail, new ReportedRecipient(evil, ReportAction.Failed, new EnhancedStatus(5, 0, 0))
        {
            Diagnostic = said,
            RemoteMta = said,
        });
        request = request with
        {
            HostName = "relay.example.com",
            Envelope = request.Envelope with { EnvelopeId = "x+0D+0A+0D+0AAction:+20delivered" },
            Header = request.Header with { Subject = said, MessageId = $"<{said}>" },
        };
        foreach (var utf8 in (bool[])[false, true])
        {
            var written = Written(request with { Envelope = request.Envelope with { SmtpUtf8 = utf8 } });
            Assert.DoesNotContain(written.Split("\r\n"), line => line.StartsWith("Bcc:", StringComparison.Ordinal));
            Assert.DoesNotContain(written.Split("\r\n"), line => line is "Action: delivered");
            Assert.DoesNotContain(written.Split("\r\n"), line => line.Any(c => char.IsControl(c) && c != '\t'));
        }
    }

    [Fact]
    public void The_reply_of_a_chatty_server_is_folded_and_has_an_end()
    {
        var words = string.Join(' ', Enumerable.Repeat("word", 5_000));
        var chatty = Unknown with { Diagnostic = $"550 {new string('x', 3_000)} {words}" };
        var written = Written(Request(Mail, Failed(Alice, chatty)));
        Assert.True(written.Length < 20_000);
        Assert.All(written.Split("\r\n"), line => Assert.True(line.Length <= 998));
    }

    [Fact]
    public void A_mail_that_holds_our_boundary_does_not_break_the_report()
    {
        var (_, _, _, returned) = Parse(Request(Mail + $"--=_report_{Id}--\r\n--=_report_{Id}_\r\n"));
        using var inner = new MemoryStream();
        ((MessagePart)returned).Message!.WriteTo(inner, TestContext.Current.CancellationToken);
        Assert.Contains($"--=_report_{Id}_", Encoding.UTF8.GetString(inner.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_internationalized_mail_gets_an_internationalized_report()
    {
        var path = new ForwardPath("алиса@пример.рф");
        var alisa = new Recipient(path, Notify.Failure, @"utf-8;\x{430}\x{43B}@example.com");
        var request = Request("Subject: Привет\r\n\r\nтекст\r\n", Failed(alisa, Unknown));
        request = request with { Envelope = request.Envelope with { SmtpUtf8 = true } };
        Assert.True(DeliveryReport.IsGlobal(request.Envelope));
        var written = Written(request);
        Assert.Contains("Content-Type: message/global-delivery-status\r\n", written, StringComparison.Ordinal);
        Assert.Contains("Content-Type: message/global\r\n", written, StringComparison.Ordinal);
        Assert.Contains("Final-Recipient: utf-8; алиса@пример.рф\r\n", written, StringComparison.Ordinal);
        Assert.Contains("Original-Recipient: utf-8; ал@example.com\r\n", written, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ASCII_mail_gets_an_ASCII_report_whatever_the_next_hop_says()
    {
        var russian = Unknown with { Diagnostic = "550 Нет такого" };
        var report = DeliveryReport.Write(Request(Mail, Failed(Alice, russian)));
        Assert.True(Ascii.IsValid(report));
        Assert.False(DeliveryReport.IsGlobal(Request().Envelope));
    }

    // RFC 5322 §2.1.1: some next hops refuse a mail for one longer line.
    [Theory]
    [InlineData("x")]
    [InlineData("\u0436")]
    [InlineData("\U0001F600")]
    public void No_line_of_ours_is_longer_than_a_line_may_be(string letter)
    {
        var word = string.Concat(Enumerable.Repeat(letter, 1_990));
        var to = new Recipient(new ForwardPath(word + "@example.com"));
        var request = Request("", Failed(to, Unknown with { Diagnostic = "550 " + word }));
        request = request with { Envelope = request.Envelope with { SmtpUtf8 = true } };
        Assert.All(Encoding.Latin1.GetString(DeliveryReport.Write(request)).Split("\r\n"),
            line => Assert.InRange(line.Length, 0, 998));
        Assert.DoesNotContain("\uFFFD", Written(request), StringComparison.Ordinal); // no character is cut in two
    }

    [Fact]
    public void A_null_reverse_path_gets_no_report() => Assert.Throws<ArgumentException>(
        () => DeliveryReport.Write(Request() with { Envelope = new Envelope(ReversePath.Null, [Alice]) }));
}
