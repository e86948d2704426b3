using System.Buffers;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>The session and its host: which step answers which.</summary>
public class ServerStepTests
{
    private const string Mail = "MAIL FROM:<>\r\nRCPT TO:<a@example.com>\r\n";
    private const string Plain = "AUTH PLAIN AGppcmEAc2VjcmV0\r\n";

    private static readonly Reply Taken = new(250, new EnhancedStatus(2, 0, 0), "Taken");
    private static readonly ServerProfile Tls = new("relay.test") { OffersTls = true, Mechanisms = ["PLAIN"] };

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly ServerSession _session = new(Tls, ServerScript.Local, null);

    private ServerStep Next(string text)
    {
        var input = new ReadOnlySequence<byte>(ServerScript.Latin(text));
        return _session.Next(ref input, _output);
    }

    private (bool InData, bool BetweenMails) Where => (_session.IsInData, _session.IsBetweenMails);

    [Theory]
    [InlineData("", false, true)]
    [InlineData("NOO", false, true)]
    [InlineData("HELO app\r\n", false, true)]
    [InlineData("HELO app\r\nAUTH PLAIN\r\n", false, false)]
    [InlineData("HELO app\r\nMAIL FROM:<>\r\n", false, false)]
    [InlineData("HELO app\r\nMAIL FROM:<>\r\nRSET\r\n", false, true)]
    [InlineData("HELO app\r\nMAIL FROM:<>\r\nHELO app\r\n", false, true)]
    [InlineData("HELO app\r\n" + Mail + "DATA\r\nx", true, false)]
    [InlineData("HELO app\r\n" + Mail + "DATA\r\nx\r\n.\r\n", false, true)]
    [InlineData("HELO app\r\n" + Mail + "BDAT 2\r\nx", true, false)]
    [InlineData("HELO app\r\n" + Mail + "BDAT 1\r\nx", false, false)]
    [InlineData("HELO app\r\n" + Mail + "BDAT 1 LAST\r\nx", false, true)]
    [InlineData("HELO app\r\nBDAT 2\r\nx", true, false)] // refused, and read past
    [InlineData("HELO app\r\nBDAT 1\r\nx", false, true)]
    [InlineData("QUIT\r\n", false, false)]
    public void The_host_knows_where_a_session_is(string client, bool inData, bool betweenMails)
    {
        foreach (var cut in Enum.GetValues<Cut>())
        {
            var session = new ServerScript(Tls).Feed(client, cut).Session;
            Assert.Equal((inData, betweenMails), (session.IsInData, session.IsBetweenMails));
        }
    }

    [Theory]
    [InlineData("HELO app\r\n", false, "SMTP")]
    [InlineData("EHLO app\r\n", false, "ESMTP")]
    [InlineData("EHLO app\r\n", true, "ESMTPS")]
    [InlineData("EHLO app\r\n" + Plain, false, "ESMTPA")]
    [InlineData("EHLO app\r\n" + Plain, true, "ESMTPSA")]
    [InlineData("EHLO app\r\nMAIL FROM:<> SMTPUTF8\r\n", false, "UTF8SMTP")]
    [InlineData("EHLO app\r\n" + Plain + "MAIL FROM:<> SMTPUTF8\r\n", true, "UTF8SMTPSA")]
    [InlineData("EHLO app\r\n" + Plain + "MAIL FROM:<> SMTPUTF8\r\nRSET\r\n", true, "ESMTPSA")]
    [InlineData("HELO app\r\n" + Plain + "MAIL FROM:<> SMTPUTF8\r\n", true, "SMTP")]
    public void The_protocol_is_named_as_it_was_spoken(string client, bool secure, string protocol) => Assert.Equal(
        protocol, new ServerScript(Tls, ServerScript.Local with { IsSecure = secure }).Feed(client).Session.Protocol);

    [Fact]
    public void Under_TLS_the_protocol_begins_anew()
    {
        var script = new ServerScript(Tls).Feed("EHLO app\r\nSTARTTLS\r\n");
        Assert.Equal((true, "SMTP"), (script.Session.IsSecure, script.Session.Protocol));
    }

    [Fact]
    public void A_step_that_nobody_asked_for_is_refused()
    {
        void Refused(Action step) => Assert.Equal("nobody asked for this step",
            Assert.Throws<InvalidOperationException>(step).Message);

        Refused(() => _session.OpenBody(new ArrayBufferWriter<byte>(), _output));
        Refused(() => _session.Complete(Taken, _output));
        Refused(() => _session.Complete(ServerReplies.DiskFull, _output));
        Refused(_session.TlsStarted);
        Assert.Equal(0, _output.WrittenCount);

        Assert.Equal(ServerStep.BeginBody, Next($"HELO app\r\n{Mail}DATA\r\n"));
        Refused(() => _session.Complete(Taken, _output)); // a receipt before the mail
        Refused(_session.TlsStarted);
    }

    [Fact]
    public void A_step_is_answered_before_the_next()
    {
        void Refused(string due) => Assert.Equal($"the last step has to be answered first ({due})",
            Assert.Throws<InvalidOperationException>(() => Next("NOOP\r\n")).Message);

        Assert.Equal(ServerStep.BeginBody, Next($"HELO app\r\n{Mail}DATA\r\n"));
        Refused("Body");
        _session.OpenBody(new ArrayBufferWriter<byte>(), _output);
        Assert.Equal(ServerStep.Commit, Next(".\r\n"));
        Refused("Answer");
        _session.Complete(Taken, _output);
        Assert.Equal(ServerStep.StartTls, Next("STARTTLS\r\n"));
        Refused("Tls");
        _session.TlsStarted();
        Assert.Equal(ServerStep.NeedInput, Next("NOOP\r\n"));
    }

    // Only of a refused chunk something is left to read past.
    [Theory]
    [InlineData("DATA\r\n", false)]
    [InlineData("BDAT 2 LAST\r\n", true)]
    public void A_refusal_at_the_beginning_ends_the_mail(string command, bool inData)
    {
        Assert.Equal(ServerStep.BeginBody, Next($"HELO app\r\n{Mail}{command}"));
        _session.Complete(ServerReplies.DiskFull, _output);
        Assert.Equal((inData, !inData), Where);
    }

    [Theory]
    [InlineData("DATA\r\n", ".\r\n")]
    [InlineData("BDAT 2 LAST\r\n", "\r\n")]
    public void The_answer_ends_the_mail(string command, string data)
    {
        Assert.Equal(ServerStep.BeginBody, Next($"HELO app\r\n{Mail}{command}"));
        _session.OpenBody(new ArrayBufferWriter<byte>(), _output);
        Assert.Equal(ServerStep.Commit, Next(data));
        Assert.Equal((false, false), Where);
        _session.Complete(Taken, _output);
        Assert.Equal((false, true), Where);
        Assert.EndsWith("250 2.0.0 Taken\r\n", Encoding.ASCII.GetString(_output.WrittenSpan), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_answer_of_421_closes(bool before)
    {
        var gone = ServerReplies.MemoryGone;
        var script = new ServerScript { Refusal = before ? gone : null, Answer = gone }
            .Feed($"HELO app\r\n{Mail}DATA\r\n.\r\nNOOP\r\n");
        Assert.EndsWith("\r\n421 4.3.1 Out of memory, come back later\r\n", script.Said, StringComparison.Ordinal);
        Assert.Equal((true, Ending.Unavailable), (script.IsClosed, script.Session.Ending));
    }

    [Fact]
    public void There_is_no_session_without_a_profile() =>
        Assert.Throws<ArgumentNullException>("profile", () => new ServerSession(null!, ServerScript.Local, null));
}
