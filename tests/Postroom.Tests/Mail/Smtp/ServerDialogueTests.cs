using Postroom.Mail;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

public class ServerDialogueTests
{
    private static readonly ServerProfile Auth = new("relay.test") { Mechanisms = ["SCRAM-SHA-256", "PLAIN", "LOGIN"] };
    private static readonly ServerProfile Tls = new("relay.test") { OffersTls = true };

    /// <summary>A dialogue: what the client says (C:), what the server answers in all (S:). \n in a line is taken as
    /// LF.</summary>
    public static TheoryData<string, string> Dialogues => new()
    {
        {
            "a mail, pipelined or not",
            """
            S: 220 relay.test ESMTP Postroom
            C: EHLO app
            S: 250-relay.test
            S: 250-PIPELINING
            S: 250-SIZE 50000000
            S: 250-8BITMIME
            S: 250-SMTPUTF8
            S: 250-DSN
            S: 250-CHUNKING
            S: 250 ENHANCEDSTATUSCODES
            C: MAIL FROM:<jira@example.com> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=QQ+2B1
            S: 250 2.1.0 Sender ok
            C: RCPT TO:<alice@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;alice@example.com
            S: 250 2.1.5 Recipient ok
            C: rcpt to: <"b o b"@[192.0.2.1]>
            S: 250 2.1.5 Recipient ok
            C: DATA
            S: 354 End data with <CR><LF>.<CR><LF>
            C: Subject: x
            C: 
            C: ..dot
            C: .
            S: 250 2.0.0 Taken
            C: QUIT
            S: 221 2.0.0 Bye
            """
        },
        {
            "what is out of order",
            """
            S: 220 relay.test ESMTP Postroom
            C: MAIL FROM:<a@example.com>
            S: 503 5.5.1 Send EHLO first
            C: HELO app
            S: 250 relay.test
            C: RCPT TO:<a@example.com>
            S: 503 5.5.1 Send MAIL first
            C: DATA
            S: 503 5.5.1 Send MAIL first
            C: MAIL FROM:<>
            S: 250 2.1.0 Sender ok
            C: MAIL FROM:<>
            S: 503 5.5.1 Sender already given
            C: DATA
            S: 503 5.5.1 Send RCPT first
            C: RCPT TO:<>
            S: 501 5.1.3 Bad recipient address syntax
            C: DATA
            S: 554 5.5.1 No valid recipients
            C: RSET
            S: 250 2.0.0 Ok
            C: DATA
            S: 503 5.5.1 Send MAIL first
            C: XYZZY
            S: 500 5.5.2 Command unknown
            C: EXPN staff
            S: 502 5.5.1 EXPN not implemented
            C: VRFY alice
            S: 252 2.0.0 Not verified; send mail to find out
            C: NOOP anything
            S: 250 2.0.0 Ok
            C: STARTTLS
            S: 502 5.5.1 STARTTLS not available
            C: AUTH PLAIN
            S: 502 5.5.1 AUTH not available
            C: quit
            S: 221 2.0.0 Bye
            """
        },
        {
            "parameters",
            """
            S: 220 relay.test ESMTP Postroom
            C: HELO app
            S: 250 relay.test
            C: MAIL FROM:<a@example.com> FOO=1
            S: 555 5.5.4 Parameter unknown
            C: MAIL FROM:<a@example.com> SIZE=x
            S: 501 5.5.4 Bad value of a parameter, or given twice
            C: MAIL FROM:<a@example.com> BODY=BINARYMIME
            S: 501 5.5.4 Bad value of a parameter, or given twice
            C: MAIL FROM:<a@example.com> RET=FULL RET=FULL
            S: 501 5.5.4 Bad value of a parameter, or given twice
            C: MAIL FROM:<a@example.com> ENVID=a=b
            S: 501 5.5.4 Bad value of a parameter, or given twice
            C: MAIL FROM:<a@example.com> SIZE=50000001
            S: 552 5.3.4 Message size exceeds the limit
            C: MAIL FROM:<a@example.com> SIZE=99999999999999999999
            S: 552 5.3.4 Message size exceeds the limit
            C: MAIL FROM:<a@example.com>SIZE=1
            S: 501 5.5.4 Bad value of a parameter, or given twice
            C: MAIL FROM:a@example.com
            S: 501 5.1.7 Bad sender address syntax
            C: MAIL
            S: 501 5.5.4 Syntax error in parameters
            C: MAIL FROM:<a@example.com> AUTH=<>
            S: 250 2.1.0 Sender ok
            C: RCPT TO:<b@example.com> NOTIFY=NEVER,DELAY
            S: 501 5.5.4 Bad value of a parameter, or given twice
            C: RCPT TO:<b@example.com> ORCPT=alice
            S: 501 5.5.4 Bad value of a parameter, or given twice
            C: RCPT TO:<b@example.com> SIZE=1
            S: 555 5.5.4 Parameter unknown
            C: RCPT TO:<b@example.com> NOTIFY=NEVER
            S: 250 2.1.5 Recipient ok
            C: DATA now
            S: 501 5.5.4 Syntax error in parameters
            C: QUIT
            S: 221 2.0.0 Bye
            """
        },
        {
            "chunks",
            """
            S: 220 relay.test ESMTP Postroom
            C: HELO app
            S: 250 relay.test
            C: BDAT 7
            C: hello
            S: 503 5.5.1 Send MAIL first
            C: MAIL FROM:<a@example.com>
            S: 250 2.1.0 Sender ok
            C: BDAT 9 LAST
            C: RSET...
            S: 503 5.5.1 Send RCPT first
            C: RCPT TO:<b@example.com>
            S: 250 2.1.5 Recipient ok
            C: BDAT 0
            S: 250 2.0.0 0 octets received
            C: BDAT 6
            C: .one
            S: 250 2.0.0 6 octets received
            C: DATA
            S: 503 5.5.1 Mail data has begun: BDAT or RSET
            C: RCPT TO:<c@example.com>
            S: 503 5.5.1 Mail data has begun: BDAT or RSET
            C: NOOP
            S: 250 2.0.0 Ok
            C: BDAT 5 LAST
            C: two
            S: 250 2.0.0 Taken
            C: BDAT x
            S: 501 5.5.4 BDAT needs a size; closing
            """
        },
        {
            "a page in a browser",
            """
            S: 220 relay.test ESMTP Postroom
            C: POST / HTTP/1.1
            S: 421 4.7.0 This is SMTP, not HTTP; closing
            C: Host: relay.test
            C: 
            C: EHLO evil
            """
        },
    };

    [Theory]
    [MemberData(nameof(Dialogues))]
    public void A_dialogue_goes_the_same_way_however_it_is_cut(string name, string dialogue)
    {
        var lines = dialogue.ReplaceLineEndings("\n").Split('\n');
        string Side(string who) =>
            string.Concat(lines.Where(l => l.StartsWith(who, StringComparison.Ordinal)).Select(l => l[3..] + "\r\n"));

        List<Taken>? first = null;
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var script = new ServerScript().Greeted().Feed(Side("C: "), cut);
            Assert.True(Side("S: ") == script.Said, $"{name}, cut in {cut}: {script.Said}");
            first ??= script.Mails;
            Assert.Equal(first.Select(m => m.Octets), script.Mails.Select(m => m.Octets));
            Assert.False(script.HasOpenBody);
        }
    }

    [Fact]
    public void The_envelope_is_what_the_client_asked_for()
    {
        var script = new ServerScript().Greeted().Feed(
            "EHLO app\r\nMAIL FROM:<@hop.example,@b.example:jira@example.com> RET=HDRS ENVID=QQ+2B1 BODY=8BITMIME SMTPUTF8\r\n"
            + "RCPT TO:<al\u00c3\u00a9@example.com> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@example.com\r\n"
            + "RCPT TO:<user%other.example@example.com>\r\nRCPT TO:<host!user@example.com>\r\nRCPT TO:<Postmaster>\r\n"
            + "DATA\r\n\u00e9\r\n.\r\n");
        var mail = Assert.Single(script.Mails);
        Assert.Equal(new ReversePath("jira@example.com"), mail.Envelope.From);
        Assert.Equal((Return.Headers, "QQ+2B1", BodyKind.EightBitMime, true),
            (mail.Envelope.Return, mail.Envelope.EnvelopeId, mail.Envelope.Body, mail.Envelope.SmtpUtf8));
        Assert.Equal(
            [
                new Recipient(new ForwardPath("alé@example.com"), Notify.Success | Notify.Delay,
                    "rfc822;a+2Bb@example.com"),
                new Recipient(new ForwardPath("user%other.example@example.com")),
                new Recipient(new ForwardPath("host!user@example.com")),
                new Recipient(new ForwardPath("Postmaster")),
            ],
            mail.Envelope.Recipients);
        Assert.Equal("UTF8SMTP", mail.Protocol);
        Assert.True(mail.EightBit);
    }

    [Fact]
    public void Of_one_mail_nothing_passes_to_the_next()
    {
        var script = new ServerScript().Greeted().Feed(
            "EHLO app\r\nMAIL FROM:<a@example.com> SMTPUTF8 ENVID=1\r\nRCPT TO:<b@example.com>\r\nDATA\r\n\u00e9\r\n.\r\n"
            + "MAIL FROM:<>\r\nRCPT TO:<c@example.com>\r\nDATA\r\n.\r\n");
        Assert.Equal(("UTF8SMTP", "ESMTP"), (script.Mails[0].Protocol, script.Mails[1].Protocol));
        Assert.Equal("", script.Mails[1].Octets);
        Assert.Equal(new Envelope(ReversePath.Null, []), script.Mails[1].Envelope with { Recipients = [] } with { });
        Assert.Equal("c@example.com", Assert.Single(script.Mails[1].Envelope.Recipients).Path.Address);
        Assert.False(script.Mails[1].EightBit);
    }

    [Fact]
    public void A_refused_mail_leaves_the_session_in_step()
    {
        var full = new Reply(452, new EnhancedStatus(4, 3, 1), "Full");
        var script = new ServerScript { Refusal = full }.Greeted().Feed(
            "HELO app\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nBDAT 9 LAST\r\nQUIT...\r\nNOOP\r\n"
            + "MAIL FROM:<>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n");
        Assert.EndsWith("452 4.3.1 Full\r\n250 2.0.0 Ok\r\n250 2.1.0 Sender ok\r\n250 2.1.5 Recipient ok\r\n452 4.3.1 Full\r\n",
            script.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("354", script.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_behind_STARTTLS_close_the_connection()
    {
        var script = new ServerScript(Tls).Greeted().Feed("EHLO app\r\nSTARTTLS\r\nEHLO evil\r\nNOOP\r\n");
        Assert.True(script.IsClosed);
        Assert.Equal(Ending.OutOfStep, script.Session.Ending);
        Assert.EndsWith("501 5.5.4 Bytes behind STARTTLS; closing\r\n", script.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void TLS_forgets_what_was_said_in_the_clear()
    {
        var script = new ServerScript(Tls).Greeted()
            .Feed("EHLO app\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n").Feed("STARTTLS\r\n");
        script.Feed("DATA\r\nMAIL FROM:<>\r\nEHLO app\r\nSTARTTLS\r\n");
        Assert.Contains("220 2.0.0 Ready to start TLS\r\n503 5.5.1 Send MAIL first\r\n503 5.5.1 Send EHLO first\r\n250-relay.test",
            script.Said, StringComparison.Ordinal);
        Assert.Single(script.Said.Split("250-STARTTLS")[1..]);
        Assert.EndsWith("503 5.5.1 TLS already active\r\n", script.Said, StringComparison.Ordinal);
        Assert.Equal("ESMTPS", script.Session.Protocol);
    }

    [Fact]
    public void Where_TLS_is_required_nothing_goes_before_it()
    {
        var script = new ServerScript(Tls with { RequiresTls = true }).Greeted()
            .Feed("EHLO app\r\nNOOP\r\nMAIL FROM:<>\r\nVRFY x\r\nDATA\r\nAUTH PLAIN\r\n");
        var expected = "250 2.0.0 Ok\r\n"
            + string.Concat(Enumerable.Repeat("530 5.7.0 Must issue a STARTTLS command first\r\n", 4));
        Assert.EndsWith(expected, script.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTH PLAIN AGppcmEAc2VjcmV0\r\n", "235 2.7.0")]
    [InlineData("AUTH PLAIN\r\nAGppcmEAc2VjcmV0\r\n", "334 \r\n235 2.7.0")]
    [InlineData("AUTH LOGIN\r\namlyYQ==\r\nc2VjcmV0\r\n", "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0")]
    [InlineData("AUTH LOGIN amlyYQ==\r\nc2VjcmV0\r\n", "334 UGFzc3dvcmQ6\r\n235 2.7.0")]
    [InlineData("AUTH PLAIN AGppcmEAd3Jvbmc=\r\n", "535 5.7.8")]
    [InlineData("AUTH PLAIN\r\n*\r\n", "334 \r\n501 5.7.0")]
    [InlineData("AUTH PLAIN !!!\r\n", "501 5.5.2")]
    [InlineData("AUTH CRAM-MD5\r\n", "504 5.5.4")]
    [InlineData("AUTH\r\n", "501 5.5.4")]
    public void Logins(string client, string server)
    {
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var script = new ServerScript(Auth).Feed("EHLO app\r\n");
            var before = script.Said.Length;
            Assert.StartsWith(server, script.Feed(client, cut).Said[before..], StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_password_is_not_taken_in_the_clear_from_far_away()
    {
        var script = new ServerScript(Auth with { OffersTls = true }, ServerScript.Far)
            .Feed("EHLO app\r\nAUTH PLAIN AGppcmEAc2VjcmV0\r\n");
        Assert.DoesNotContain("250-AUTH", script.Said, StringComparison.Ordinal);
        Assert.EndsWith("538 5.7.11 Encryption required for requested authentication mechanism\r\n", script.Said,
            StringComparison.Ordinal);
        script.Feed("STARTTLS\r\n").Feed("EHLO app\r\nAUTH PLAIN AGppcmEAc2VjcmV0\r\n");
        Assert.Equal("jira", script.Session.User);
        Assert.Equal("ESMTPSA", script.Session.Protocol);
    }

    [Fact]
    public void Where_a_login_is_required_no_mail_goes_before_it()
    {
        var script = new ServerScript(Auth with { RequiresAuth = true }).Feed("EHLO app\r\nMAIL FROM:<>\r\n");
        Assert.EndsWith("530 5.7.0 Authentication required\r\n", script.Said, StringComparison.Ordinal);
        script.Feed("AUTH PLAIN AGppcmEAc2VjcmV0\r\nMAIL FROM:<>\r\n");
        Assert.EndsWith("250 2.1.0 Sender ok\r\n", script.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_may_not_relay_and_cannot_log_in_is_turned_away_at_the_door()
    {
        var stranger = ServerScript.Far with { MayRelay = false };
        var script = new ServerScript(peer: stranger).Greeted().Feed("EHLO app\r\n");
        Assert.StartsWith("554 relay.test No mail from your address", script.Said, StringComparison.Ordinal);
        Assert.True(script.IsClosed);

        var guest = new ServerScript(Auth with { OffersTls = true },
            stranger).Greeted().Feed("EHLO app\r\nMAIL FROM:<>\r\n");
        Assert.EndsWith("530 5.7.0 Authentication required\r\n", guest.Said, StringComparison.Ordinal);
    }
}
