using System.Diagnostics;
using System.Text;
using Postroom.Mail.Sasl;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>AUTH in every wrong way: nobody gets in who should not, and the session stays in step.</summary>
public class LoginAbuseTests
{
    private const string Right = "AUTH PLAIN AGppcmEAc2VjcmV0\r\n";

    private const string Later = "454 4.7.0 Too many failed logins from your address, try later\r\n";

    private static readonly ServerProfile WithLogin = new("relay.test")
    {
        OffersTls = true, RequiresAuth = true, Mechanisms = ["SCRAM-SHA-256", "PLAIN", "LOGIN"], FailedLogins = 50,
    };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    // What was said after the answer to EHLO.
    private static string Ask(string client, PeerFacts? peer = null, ServerProfile? profile = null)
    {
        var script = new ServerScript(profile ?? WithLogin, peer).Feed("EHLO app\r\n");
        var hello = script.Said.Length;
        script.Feed(client);
        Assert.Empty(script.Mails);
        return script.Said[hello..];
    }

    [Theory]
    [InlineData("AUTH PLAIN\r\n")]
    [InlineData("AUTH LOGIN\r\n")]
    [InlineData("AUTH LOGIN\r\namlyYQ==\r\n")]
    [InlineData("AUTH SCRAM-SHA-256\r\n")]
    [InlineData("AUTH SCRAM-SHA-256 biwsbj1qaXJhLHI9YWJj\r\n")]
    public void An_exchange_can_be_cancelled_at_each_step_and_begun_anew(string begun)
    {
        var said = Ask(begun + "*\r\n" + Right);
        Assert.EndsWith("501 5.7.0 Authentication cancelled\r\n235 2.7.0 Authentication succeeded\r\n", said,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("!!!")]
    [InlineData("A")]
    [InlineData("AGppcmEAc2VjcmV0=")]
    [InlineData("AGppcmEAc2Vjcm V0")]
    [InlineData("AGppcmEAc2VjcmV0\tx")]
    [InlineData("====")]
    [InlineData("*x")]
    [InlineData("**")]
    [InlineData("AGppcmEAc2VjcmV0\u00C0")]
    public void What_is_not_base64_ends_the_exchange_at_each_step(string garbage)
    {
        foreach (var begun in (string[])["AUTH PLAIN\r\n", "AUTH LOGIN\r\n", "AUTH LOGIN\r\namlyYQ==\r\n",
            "AUTH SCRAM-SHA-256\r\n", "AUTH SCRAM-SHA-256 biwsbj1qaXJhLHI9YWJj\r\n", "AUTH PLAIN "])
        {
            var answers = Ask(begun + garbage + "\r\n" + Right).Split("\r\n")[..^1];
            Assert.Contains(answers[^2][..9], (string[])["501 5.5.2", "500 5.5.2"]); // a TAB is not even a command's
            Assert.Equal("235 2.7.0 Authentication succeeded", answers[^1]);
        }
    }

    [Theory]
    [InlineData(12_286, "535 5.7.8")]
    [InlineData(12_288, "501 5.5.2")] // as long as RFC 4954 §4 allows, CRLF included; no base64 is so long
    [InlineData(12_289, "500 5.5.6")]
    [InlineData(13_000, "500 5.5.6")]
    [InlineData(300_000, "500 5.5.6")]
    public void A_line_of_an_exchange_is_as_long_as_it_may_be(int length, string answer)
    {
        var line = new string('A', length - 2) + "\r\n";
        var answers = Ask("AUTH PLAIN\r\n" + line + Right).Split("\r\n")[..^1];
        Assert.StartsWith(answer, answers[^2], StringComparison.Ordinal);
        Assert.StartsWith("235", answers[^1], StringComparison.Ordinal); // nothing of the line was a command
    }

    [Theory]
    [InlineData("root\0jira\0secret")]
    [InlineData("postmaster@example.com\0jira\0secret")]
    [InlineData("\0jira\0secret\0")]
    [InlineData("\0jira\0secret\0root")]
    [InlineData("\0jira\0sec\0ret")]
    [InlineData("\0\0jira\0secret")]
    [InlineData("\0jira\0\0secret")]
    [InlineData("\0jira\0")]
    [InlineData("jira\0secret")]
    [InlineData("\0ji\u0000ra\0secret")]
    [InlineData("\0jira \0secret")]
    [InlineData("\0JIRA\0secret")]
    [InlineData("\0jira\r\n\0secret")]
    [InlineData("\0root\0secret")]
    [InlineData("\0\0\0")]
    [InlineData("")]
    public void PLAIN_is_refused_with_one_answer_whatever_is_wrong(string response)
    {
        var encoded = response.Length == 0 ? "" : Base64(response);
        Assert.Equal("334 \r\n535 5.7.8 Authentication credentials invalid\r\n",
            Ask("AUTH PLAIN\r\n" + encoded + "\r\n"));
    }

    [Theory]
    [InlineData("root", "secret")]
    [InlineData("jira\0", "secret")]
    [InlineData("jira", "secret\0")]
    [InlineData("jira", "")]
    [InlineData("", "secret")]
    [InlineData("jira\0jira", "secret")]
    [InlineData("jira", "wrong")]
    public void LOGIN_is_refused_with_one_answer_whatever_is_wrong(string user, string password) =>
        Assert.EndsWith("334 UGFzc3dvcmQ6\r\n535 5.7.8 Authentication credentials invalid\r\n",
            Ask($"AUTH LOGIN\r\n{Base64(user)}\r\n{Base64(password)}\r\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("n,a=root,n=jira,r=abc")]
    [InlineData("p=tls-unique,,n=jira,r=abc")]
    [InlineData("n,,n=jira")]
    [InlineData("n,,m=ext,n=jira,r=abc")]
    [InlineData("n,,n=ji\0ra,r=abc")]
    [InlineData("n,,n=j=00a,r=abc")]
    [InlineData("n,,n=jira,r=")]
    [InlineData("n,,n=,r=abc")]
    [InlineData("n,,n=jira,r=a\0b")]
    public void SCRAM_does_not_begin_for_somebody_else_or_with_a_broken_name(string first) =>
        Assert.Equal("535 5.7.8 Authentication credentials invalid\r\n",
            Ask($"AUTH SCRAM-SHA-256 {Base64(first)}\r\n"));

    [Theory]
    [InlineData("AUTH PLAIN AGppcmEAc2VjcmV0\r\n", "AUTH PLAIN AHJvb3QAc2VjcmV0\r\n")]
    [InlineData("AUTH LOGIN\r\namlyYQ==\r\nd3Jvbmc=\r\n", "AUTH LOGIN\r\ncm9vdA==\r\nd3Jvbmc=\r\n")]
    public void A_user_who_does_not_exist_is_answered_like_a_wrong_password(string wrong, string unknown) =>
        Assert.Equal(Ask(wrong.Replace("c2VjcmV0", "d3Jvbmc=", StringComparison.Ordinal)), Ask(unknown));

    // The same salt each time, and as many rounds: what a stranger could compare is all the same.
    [Fact]
    public void SCRAM_shows_a_user_who_does_not_exist_a_salt_that_stays()
    {
        var seen = new List<string[]>();
        foreach (var user in (string[])["jira", "root", "root", "admin"])
        {
            var server = ServerMechanism.Create("SCRAM-SHA-256", ServerScript.Users, new byte[18],
                "pepper"u8.ToArray())!;
            var first = Encoding.UTF8.GetString(server.Step(Encoding.UTF8.GetBytes($"n,,n={user},r=abc")).Challenge);
            seen.Add(first.Split(','));
        }

        Assert.Equal(seen[1], seen[2]);
        Assert.NotEqual(seen[1][1], seen[3][1]);
        Assert.All(seen, parts => Assert.Equal((3, "i=4096", seen[0][1].Length),
            (parts.Length, parts[2], parts[1].Length)));
    }

    // No limit in seconds: one against the other, turn by turn. Without the work for nobody it is a thousandth.
    [Fact]
    public void A_user_who_does_not_exist_costs_as_much_work()
    {
        var kept = StoredPassword.Hash("secret", new byte[16], StoredPassword.DefaultIterations);
        var costs = new Dictionary<string, TimeSpan> { ["jira"] = default, ["root"] = default };
        for (var i = 0; i < 60; i++)
        foreach (var user in (string[])["jira", "root"])
        {
            var begin = Stopwatch.GetTimestamp();
            ServerMechanism.Create("PLAIN", name => name == "jira" ? kept : null, new byte[18])!
                .Step(Encoding.UTF8.GetBytes($"\0{user}\0wrong"));
            costs[user] += Stopwatch.GetElapsedTime(begin);
        }

        Assert.InRange(costs["root"] / costs["jira"], 0.1, 10);
    }

    [Theory]
    [InlineData("", "503 5.5.1 Send EHLO first\r\n")]
    [InlineData("EHLO app\r\n" + Right, "503 5.5.1 Already authenticated\r\n")]
    [InlineData("EHLO app\r\n" + Right + "MAIL FROM:<>\r\n", "503 5.5.1 Already authenticated\r\n")]
    [InlineData("EHLO app\r\nAUTH PLAIN\r\n" + Right, "501 5.5.2 Not base64\r\n235 2.7.0 Authentication succeeded\r\n")]
    public void AUTH_at_the_wrong_time_is_refused(string before, string answer) =>
        Assert.EndsWith(answer, new ServerScript(WithLogin).Feed(before + Right).Said, StringComparison.Ordinal);

    [Fact]
    public void AUTH_within_a_mail_is_refused() => Assert.EndsWith("503 5.5.1 Not during a mail transaction\r\n",
        new ServerScript(WithLogin with { RequiresAuth = false }).Feed("EHLO app\r\nMAIL FROM:<>\r\n" + Right).Said,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("AUTH PLAIN AGppcmEAc2VjcmV0\r\n")]
    [InlineData("AUTH PLAIN\r\n")]
    [InlineData("AUTH LOGIN\r\n")]
    [InlineData("AUTH SCRAM-SHA-256 biwsbj1qaXJhLHI9YWJj\r\n")]
    public void Off_this_machine_no_exchange_begins_before_TLS(string begun) =>
        Assert.Equal("538 5.7.11 Encryption required for requested authentication mechanism\r\n",
            Ask(begun, ServerScript.Far));

    [Fact]
    public void An_exchange_does_not_outlast_the_gate()
    {
        var script = new ServerScript(WithLogin).Feed("EHLO app\r\nAUTH LOGIN amlyYQ==\r\n");
        script.Session.IsLoginBlocked = true;
        script.Feed("c2VjcmV0\r\n" + Right + "NOOP\r\n");
        script.Session.IsLoginBlocked = false;
        Assert.EndsWith("334 UGFzc3dvcmQ6\r\n" + Later + Later + "250 2.0.0 Ok\r\n235 2.7.0 Authentication succeeded\r\n",
            script.Feed(Right).Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AUTH ANONYMOUS\r\n")]
    [InlineData("AUTH EXTERNAL =\r\n")]
    [InlineData("AUTH XOAUTH2 dXNlcj1qaXJh\r\n")]
    [InlineData("AUTH SCRAM-SHA-256-PLUS\r\n")]
    [InlineData("AUTH PLAIN\u00A0x\r\n")]
    [InlineData("AUTH plain,login\r\n")]
    public void What_we_do_not_offer_does_not_begin(string begun) =>
        Assert.StartsWith("504 5.5.4", Ask(begun), StringComparison.Ordinal);

    [Fact]
    public void What_was_said_in_the_clear_is_forgotten_under_TLS_the_login_too()
    {
        var script = new ServerScript(WithLogin).Feed("EHLO app\r\n" + Right + "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\n");
        Assert.Equal("jira", script.Session.User);
        script.Feed("STARTTLS\r\n");
        Assert.Equal((null, null), (script.Session.User, script.Session.Helo));
        var before = script.Said.Length;
        script.Feed("DATA\r\nRCPT TO:<a@b>\r\nMAIL FROM:<>\r\nEHLO app\r\nMAIL FROM:<>\r\n");
        Assert.Equal(["503", "503", "503", "530"], script.Said[before..].Split("\r\n")[..^1]
            .Where(line => line[0] == '5').Select(line => line[..3]));
    }
}
