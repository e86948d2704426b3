using System.Text;
using CsCheck;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

public class ServerLimitTests
{
    private const string Begun = "HELO app\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\n";

    private static readonly ServerProfile Small = new("relay.test") { MessageSize = 100 };

    [Fact]
    public void A_command_line_is_as_long_as_it_may_be_and_no_longer()
    {
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var script = new ServerScript().Feed(
                $"NOOP {new string('x', 505)}\r\nNOOP {new string('x', 506)}\r\nNOOP {new string('x', 9000)}\r\nNOOP\r\n", cut);
            Assert.Equal(
                "250 2.0.0 Ok\r\n500 5.5.2 Command line too long\r\n500 5.5.2 Command line too long\r\n250 2.0.0 Ok\r\n",
                script.Said);
        }
    }

    [Fact]
    public void A_login_line_may_be_longer()
    {
        var profile = new ServerProfile("relay.test") { Mechanisms = ["PLAIN"] };
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var script = new ServerScript(profile).Feed(
                $"HELO app\r\nAUTH PLAIN\r\n{new string('A', 12_284)}\r\nAUTH PLAIN\r\n{new string('A', 12_288)}\r\nNOOP\r\n", cut);
            Assert.EndsWith("334 \r\n535 5.7.8 Authentication credentials invalid\r\n334 \r\n"
                + "500 5.5.6 Authentication exchange line is too long\r\n250 2.0.0 Ok\r\n", script.Said,
                    StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Recipients_beyond_the_limit_are_deferred_and_the_others_kept()
    {
        var rcpt = string.Concat(Enumerable.Repeat("RCPT TO:<a@example.com>\r\n", 100));
        var script = new ServerScript(new ServerProfile("relay.test") { Recipients = 3 })
            .Feed("HELO app\r\nMAIL FROM:<>\r\n" + rcpt + "DATA\r\n.\r\n");
        Assert.Equal(3, Assert.Single(script.Mails).Envelope.Recipients.Count);
        Assert.Equal(97, script.Said.Split("452 4.5.3 Too many recipients\r\n").Length - 1);
    }

    [Fact]
    public void Too_many_errors_end_the_session()
    {
        var script = new ServerScript(new ServerProfile("relay.test") { Errors = 3 })
            .Feed("X\r\nX\r\nX\r\nX\r\nHELO app\r\n");
        Assert.Equal("500 5.5.2 Command unknown\r\n500 5.5.2 Command unknown\r\n500 5.5.2 Command unknown\r\n"
            + "421 4.7.0 Too many errors, closing\r\n", script.Said);
        Assert.Equal(Ending.TooManyErrors, script.Session.Ending);
    }

    [Fact]
    public void The_third_refused_login_ends_the_session()
    {
        var script = new ServerScript(new ServerProfile("relay.test") { Mechanisms = ["PLAIN"] }).Feed("EHLO app\r\n"
            + string.Concat(Enumerable.Repeat("AUTH PLAIN AGppcmEAd3Jvbmc=\r\n", 4)));
        Assert.EndsWith("535 5.7.8 Authentication credentials invalid\r\n421 4.7.0 Too many failed logins, closing\r\n",
            script.Said, StringComparison.Ordinal);
        Assert.Equal(3, script.Steps.Count(s => s == ServerStep.LoginFailed));
        Assert.True(script.IsClosed);
    }

    [Theory]
    [InlineData(98, true)]
    [InlineData(99, false)]
    public void Mail_is_as_large_as_it_may_be_and_no_larger(int text, bool fits)
    {
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var script = new ServerScript(Small).Feed($"{Begun}DATA\r\n{new string('x', text)}\r\n.\r\nNOOP\r\n", cut);
            Assert.Equal(fits ? 1 : 0, script.Mails.Count);
            Assert.EndsWith(fits ? "250 2.0.0 Taken\r\n250 2.0.0 Ok\r\n"
                : "552 5.3.4 Message size exceeds the limit\r\n250 2.0.0 Ok\r\n", script.Said,
                    StringComparison.Ordinal);
            Assert.False(script.HasOpenBody);
        }
    }

    [Fact]
    public void Mail_without_end_is_not_read_for_ever()
    {
        var script = new ServerScript(Small).Feed($"{Begun}DATA\r\n{new string('x', 201)}");
        Assert.EndsWith("552 5.3.4 Message size exceeds the limit\r\n", script.Said, StringComparison.Ordinal);
        Assert.Equal(Ending.TooLarge, script.Session.Ending);
    }

    [Fact]
    public void Chunks_together_are_held_to_the_limit_and_read_past()
    {
        var script = new ServerScript(Small).Feed(
            $"{Begun}BDAT 60\r\n{new string('x', 60)}BDAT 60 LAST\r\n{new string('x', 60)}NOOP\r\n");
        Assert.EndsWith("250 2.0.0 60 octets received\r\n552 5.3.4 Message size exceeds the limit\r\n250 2.0.0 Ok\r\n",
            script.Said, StringComparison.Ordinal);
        Assert.Contains(ServerStep.DropBody, script.Steps);
        Assert.True(new ServerScript(Small).Feed($"{Begun}BDAT 101 LAST\r\n").IsClosed);
    }

    [Fact]
    public void No_room_is_said_at_MAIL()
    {
        var script = new ServerScript();
        script.Session.HasRoom = false;
        Assert.EndsWith("452 4.3.1 Insufficient system storage\r\n", script.Feed("HELO app\r\nMAIL FROM:<>\r\n").Said,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_TLS_handshake_on_a_clear_port_is_told_so()
    {
        var script = new ServerScript().Feed([0x16, 0x03, 0x01, 0x02]);
        Assert.Equal("554 5.7.0 This port begins in clear text: use STARTTLS; closing\r\n", script.Said);
        Assert.Equal(Ending.ForeignProtocol, script.Session.Ending);
    }

    [Theory]
    [InlineData("NOOP\n", "500 5.5.2", "250 2.0.0")]
    [InlineData("NO\rOP\r\n", "500 5.5.2", "500 5.5.2")]
    [InlineData("NOOP \0\r\n", "500 5.5.2", "500 5.5.2")]
    [InlineData("NOOP  \r\n", "250 2.0.0", "250 2.0.0")]
    public void Command_lines_end_with_CRLF_and_hold_no_control_character(string line, string strict, string lenient)
    {
        Assert.StartsWith(strict, new ServerScript().Feed(line).Said, StringComparison.Ordinal);
        Assert.StartsWith(lenient, new ServerScript(new ServerProfile("x") { Lenient = true }).Feed(line).Said,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_comes_every_reply_is_well_formed_and_nothing_crashes()
    {
        string[] words =
        [
            "EHLO a\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<a@b> SIZE=", "RCPT TO:<a@b>\r\n", "DATA\r\n", "BDAT ",
                "5 LAST", "7",
            ".\r\n", "\r\n", "\r", "\n", "AUTH PLAIN\r\n", "AUTH SCRAM-SHA-256 ", "=", "*\r\n", "STARTTLS\r\n", "QUIT",
                "RSET\r\n",
            "\0", "é", "<", "@", "\"", "[", ":", " ", "VRFY x\r\n", "NOTIFY=", "ORCPT=utf-8;", "+2", "HELP\r\n",
        ];
        var profile = new ServerProfile("relay.test") { OffersTls = true,
            Mechanisms = ["SCRAM-SHA-256", "PLAIN", "LOGIN"], MessageSize = 200 };
        var octets = Gen.OneOf(Gen.Int[0, words.Length - 1].Select(i => ServerScript.Latin(words[i])),
            Gen.Byte.Array[0, 4]).Array[0, 40]
            .Select(pieces => pieces.SelectMany(p => p).ToArray());
        Gen.Select(octets, Gen.Bool, Gen.Enum<Cut>()).Sample((input, lenient, cut) =>
        {
            var script = new ServerScript(profile with { Lenient = lenient }).Greeted().Feed(input, cut);
            foreach (var line in script.Said.Split("\r\n")[..^1])
                Assert.Matches(@"\A[2-5][0-9][0-9][ -][^\r\n]*\z", line);
            Assert.EndsWith("\r\n", script.Said, StringComparison.Ordinal);
        }, iter: 3000, threads: 1);
    }

    [Fact]
    public void A_reply_of_several_lines_carries_its_codes_on_each()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        ServerReplies.Write(new(550, new(5, 7, 1), ["No", "and no"]), output);
        Assert.Equal("550-5.7.1 No\r\n550 5.7.1 and no\r\n", Encoding.ASCII.GetString(output.WrittenSpan));
    }
}
