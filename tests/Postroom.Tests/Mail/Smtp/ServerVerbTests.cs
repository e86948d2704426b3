using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>Every verb by itself: what it answers, and what EHLO says of it.</summary>
public class ServerVerbTests
{
    private static readonly ServerProfile All = new("relay.test")
    {
        OffersTls = true, Mechanisms = ["SCRAM-SHA-256", "LOGIN"],
    };

    private static readonly PeerFacts Stranger = ServerScript.Far with { MayRelay = false };

    [Theory]
    [InlineData("HELP", "214 2.0.0 EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT STARTTLS AUTH; RFC 5321")]
    [InlineData("NOOP", "250 2.0.0 Ok")]
    [InlineData("RSET", "250 2.0.0 Ok")]
    [InlineData("QUIT", "221 2.0.0 Bye")]
    [InlineData("EXPN", "502 5.5.1 EXPN not implemented")]
    [InlineData("VRFY", "501 5.5.4 Syntax error in parameters")]
    [InlineData("VRFY a", "252 2.0.0 Not verified; send mail to find out")]
    [InlineData("HELO", "501 5.5.4 Syntax error in parameters")]
    [InlineData("EHLO", "501 5.5.4 Syntax error in parameters")]
    [InlineData("HELO a", "250 relay.test")]
    [InlineData("MAIL FROM:<>", "503 5.5.1 Send EHLO first")]
    [InlineData("RCPT TO:<a@b>", "503 5.5.1 Send EHLO first")]
    [InlineData("STARTTLS", "503 5.5.1 Send EHLO first")]
    [InlineData("AUTH LOGIN", "503 5.5.1 Send EHLO first")]
    [InlineData("DATA", "503 5.5.1 Send MAIL first")]
    [InlineData("BDAT 0", "503 5.5.1 Send MAIL first")]
    [InlineData("HELO a\r\nSTARTTLS", "220 2.0.0 Ready to start TLS")]
    [InlineData("HELO a\r\nSTARTTLS now", "501 5.5.4 Syntax error in parameters")]
    [InlineData("HELO a\r\nAUTH LOGIN", "334 VXNlcm5hbWU6")]
    [InlineData("HELO a\r\nAUTH LOGIN =", "334 VXNlcm5hbWU6")] // an empty response, RFC 4954 §4
    [InlineData("HELO a\r\nAUTH PLAIN", "504 5.5.4 Authentication mechanism unknown")] // known, but not offered
    [InlineData("HELO a\r\nMAIL FROM:<>\r\nEHLO b\r\nMAIL FROM:<>", "250 2.1.0 Sender ok")]
    [InlineData("HELO a\r\nMAIL FROM:<>\r\nHELO b\r\nRCPT TO:<a@b>", "503 5.5.1 Send MAIL first")]
    [InlineData(" NOOP", "500 5.5.2 Command unknown")]
    [InlineData("NOOPS", "500 5.5.2 Command unknown")]
    public void Each_verb_has_its_answer(string client, string answer)
    {
        foreach (var cut in Enum.GetValues<Cut>())
            Assert.Equal(answer, new ServerScript(All).Feed(client + "\r\n", cut).Said.Split("\r\n")[^2]);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("CONNECT")]
    [InlineData("OPTIONS")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("TRACE")]
    public void A_browser_is_told_so(string method)
    {
        var script = new ServerScript().Feed($"{method} / HTTP/1.1\r\nQUIT\r\n");
        Assert.Equal("421 4.7.0 This is SMTP, not HTTP; closing\r\n", script.Said);
        Assert.Equal(Ending.ForeignProtocol, script.Session.Ending);
        Assert.Equal("500 5.5.2 Command unknown\r\n", new ServerScript().Feed(method.ToLowerInvariant() + "\r\n").Said);
    }

    [Theory]
    [InlineData(true, true, "250-STARTTLS\r\n250-AUTH SCRAM-SHA-256 LOGIN\r\n", "250-AUTH SCRAM-SHA-256 LOGIN\r\n")]
    [InlineData(true, false, "250-STARTTLS\r\n", "250-AUTH SCRAM-SHA-256 LOGIN\r\n")]
    [InlineData(false, true, "250-AUTH SCRAM-SHA-256 LOGIN\r\n", null)]
    [InlineData(false, false, "", null)]
    public void EHLO_offers_what_can_be_had(bool tls, bool local, string offered, string? underTls)
    {
        var script = new ServerScript(All with { OffersTls = tls }, local ? ServerScript.Local : ServerScript.Far);
        string Hello()
        {
            var before = script.Said.Length;
            return script.Feed("EHLO app\r\n").Said[before..];
        }

        string Offering(string some) => "250-relay.test\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n"
            + $"250-SMTPUTF8\r\n250-DSN\r\n250-CHUNKING\r\n{some}250 ENHANCEDSTATUSCODES\r\n";

        Assert.Equal(Offering(offered), Hello());
        script.Feed("STARTTLS\r\n");
        Assert.Equal(Offering(underTls ?? offered), Hello());
    }

    // Who may not relay may come in only where a login, now or under TLS, is to be had.
    [Theory]
    [InlineData(true, true, false, true)]
    [InlineData(true, false, true, true)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, true, false)]
    [InlineData(false, true, false, false)]
    [InlineData(false, false, true, false)]
    public void A_stranger_comes_in_to_log_in(bool auth, bool tls, bool local, bool comesIn)
    {
        var profile = All with { OffersTls = tls, Mechanisms = auth ? All.Mechanisms : [] };
        var script = new ServerScript(profile, Stranger with { IsLocal = local }).Greeted().Feed("");
        Assert.StartsWith(comesIn ? "220 relay.test" : "554 relay.test", script.Said, StringComparison.Ordinal);
        Assert.Equal(comesIn ? Ending.None : Ending.NotAllowed, script.Session.Ending);
    }

    [Theory]
    [InlineData("app.example", "app.example")]
    [InlineData("[192.0.2.1]", "[192.0.2.1]")]
    [InlineData("a b", "a?b")]
    [InlineData("!~\u0080\u00ff", "!~??")]
    public void The_name_of_a_client_is_made_fit_to_show(string name, string shown) =>
        Assert.Equal(shown, new ServerScript().Feed($"EHLO {name}\r\n").Session.Helo);

    [Theory]
    [InlineData(254)]
    [InlineData(255)]
    [InlineData(256)]
    public void The_name_of_a_client_is_cut_to_what_a_domain_may_have(int length) => Assert.Equal(
        new string('x', Math.Min(length, 255)), new ServerScript().Feed($"EHLO {new string('x', length)}\r\n").Session.Helo);
}
