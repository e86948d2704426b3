using System.Text;
using CsCheck;
using Postroom.Mail;
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

    [Theory]
    [InlineData("NOOP ", 511, 512)]
    [InlineData("MAIL ", 1_211, 1_212)]
    [InlineData("RCPT ", 1_211, 1_212)]
    [InlineData("mail ", 1_211, 1_212)]
    [InlineData("AUTH ", 12_287, 12_288)]
    public void A_command_line_without_end_is_not_waited_for(string verb, int waits, int refused)
    {
        foreach (var cut in (Cut[])[Cut.Whole, Cut.Segments])
        foreach (var before in (string[])["", "RSET\r\n", "QUITS\r\n"]) // the verb begins anywhere in a segment
        {
            Assert.DoesNotContain("too long", new ServerScript().Feed(before + verb.PadRight(waits, 'x'), cut).Said,
                StringComparison.Ordinal);
            Assert.EndsWith("500 5.5.2 Command line too long\r\n",
                new ServerScript().Feed(before + verb.PadRight(refused, 'x'), cut).Said, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("MAIL FROM:<")]
    [InlineData("RCPT TO:<")]
    public void What_carries_parameters_may_be_longer_by_700_octets(string command)
    {
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var begun = command[0] == 'M' ? "HELO app\r\n" : "HELO app\r\nMAIL FROM:<>\r\n";
            string Said(int octets) =>
                new ServerScript().Feed($"{begun}{command.PadRight(octets - 5, 'x')}@b>\r\nNOOP\r\n", cut).Said;
            Assert.EndsWith(" ok\r\n250 2.0.0 Ok\r\n", Said(1_212), StringComparison.Ordinal);
            Assert.EndsWith("500 5.5.2 Command line too long\r\n250 2.0.0 Ok\r\n", Said(1_213),
                StringComparison.Ordinal);
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

    [Theory]
    [InlineData("AUTH X\r\nAUTH PLAIN !\r\n")]
    [InlineData("AUTH PLAIN\r\n*\r\nAUTH X\r\n")]
    [InlineData("AUTH PLAIN\r\n{long}\r\nAUTH PLAIN\r\n{long}\r\n")]
    [InlineData("AUTH PLAIN\r\n{long}\r\n\n")]
    public void What_goes_wrong_in_an_exchange_is_an_error_like_others(string client)
    {
        var profile = new ServerProfile("relay.test") { Mechanisms = ["PLAIN"], Errors = 2 };
        var octets = "EHLO app\r\n" + client.Replace("{long}", new string('A', 12_288), StringComparison.Ordinal);
        foreach (var cut in (Cut[])[Cut.Whole, Cut.Lines, Cut.Segments])
        {
            var script = new ServerScript(profile).Feed(octets + "NOOP\r\n", cut);
            Assert.EndsWith("\r\n421 4.7.0 Too many errors, closing\r\n", script.Said, StringComparison.Ordinal);
            Assert.Equal(Ending.TooManyErrors, script.Session.Ending);
        }
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

    [Theory]
    [InlineData(200, false)]
    [InlineData(201, true)]
    public void Mail_without_end_is_not_read_for_ever(int octets, bool ends)
    {
        var script = new ServerScript(Small).Feed($"{Begun}DATA\r\n{new string('x', octets)}");
        Assert.EndsWith(ends ? "552 5.3.4 Message size exceeds the limit\r\n" : "354 End data with <CR><LF>.<CR><LF>\r\n",
            script.Said, StringComparison.Ordinal);
        Assert.Equal(ends ? Ending.TooLarge : Ending.None, script.Session.Ending);
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

    [Fact]
    public void After_the_greeting_and_under_TLS_its_first_octet_is_a_control_character_like_others()
    {
        const string BadLine = "500 5.5.2 Control character in command, or no CRLF after it\r\n";
        Assert.EndsWith(BadLine, new ServerScript().Feed("HELO app\r\n\u0016\r\n").Said, StringComparison.Ordinal);
        Assert.Equal(BadLine, new ServerScript(peer: ServerScript.Local with { IsSecure = true }).Feed("\u0016\r\n").Said);
    }

    [Theory]
    [InlineData("NOOP\n", "500 5.5.2", "250 2.0.0")]
    [InlineData("\n", "500 5.5.2 Control", "500 5.5.2 Command unknown")]
    [InlineData("\r\n", "500 5.5.2 Command unknown", "500 5.5.2 Command unknown")]
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
    public void What_the_host_refuses_with_says_why() => Assert.Equal(
        [
            "452 4.3.1 Insufficient system storage", "451 4.3.0 Cannot store mail now, try later",
            "421 4.3.1 Out of memory, come back later", "554 5.4.6 Too many hops: mail loop",
        ],
        ((Reply[])[ServerReplies.DiskFull, ServerReplies.StoreFailed, ServerReplies.MemoryGone, ServerReplies.Loop])
            .Select(reply => reply.ToString()));

    [Fact]
    public void A_reply_of_several_lines_carries_its_codes_on_each()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        ServerReplies.Write(new(550, new(5, 7, 1), ["No", "and no"]), output);
        Assert.Equal("550-5.7.1 No\r\n550 5.7.1 and no\r\n", Encoding.ASCII.GetString(output.WrittenSpan));
    }
}
