using Postroom.Mail;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>The parameters of MAIL and RCPT, one by one and at their limits.</summary>
public class ServerParameterTests
{
    private const string Bad = "501 5.5.4 Bad value of a parameter, or given twice";
    private const string Unknown = "555 5.5.4 Parameter unknown";
    private const string SenderOk = "250 2.1.0 Sender ok";
    private const string RecipientOk = "250 2.1.5 Recipient ok";

    private static string Answer(string commands) =>
        new ServerScript().Feed($"HELO app\r\n{commands}\r\n").Said.Split("\r\n")[^2];

    private static string Long(string text) => text
        .Replace("{100}", new string('x', 100), StringComparison.Ordinal)
        .Replace("{493}", new string('x', 493), StringComparison.Ordinal);

    [Theory]
    [InlineData("SIZE=5", SenderOk)]
    [InlineData("SIZE=0", SenderOk)]
    [InlineData("SIZE=50000000", SenderOk)]
    [InlineData("SIZE=50000001", "552 5.3.4 Message size exceeds the limit")]
    [InlineData("SIZE=00000000000000000005", SenderOk)]
    [InlineData("SIZE=000000000000000000005", Bad)]
    [InlineData("SIZE", Bad)]
    [InlineData("SIZE=", Bad)]
    [InlineData("SIZE=+5", Bad)]
    [InlineData("SIZE=5 SIZE=5", Bad)]
    [InlineData("BODY=7BIT", SenderOk)]
    [InlineData("body=8bitmime", SenderOk)]
    [InlineData("BODY", Bad)]
    [InlineData("BODY=", Bad)]
    [InlineData("BODY=7BIT BODY=8BITMIME", Bad)]
    [InlineData("BODY=8BITMIME BODY=7BIT", Bad)]
    [InlineData("SMTPUTF8", SenderOk)]
    [InlineData("SMTPUTF8=", Bad)]
    [InlineData("SMTPUTF8=1", Bad)]
    [InlineData("SMTPUTF8 SMTPUTF8", Bad)]
    [InlineData("RET=FULL", SenderOk)]
    [InlineData("RET", Bad)]
    [InlineData("RET=SOME", Bad)]
    [InlineData("RET=FULL RET=HDRS", Bad)]
    [InlineData("RET=HDRS RET=FULL", Bad)]
    [InlineData("ENVID={100}", SenderOk)]
    [InlineData("ENVID={100}x", Bad)]
    [InlineData("ENVID", Bad)]
    [InlineData("ENVID=", Bad)]
    [InlineData("ENVID=a+", Bad)]
    [InlineData("ENVID=\u00e9", Bad)]
    [InlineData("ENVID=a ENVID=a", Bad)]
    [InlineData("AUTH=<>", SenderOk)]
    [InlineData("AUTH=a@b", SenderOk)]
    [InlineData("AUTH", Bad)]
    [InlineData("AUTH=", Bad)]
    [InlineData("AUTH=a=b", Bad)]
    [InlineData("AUTH=<> AUTH=<>", Bad)]
    [InlineData("=", Unknown)]
    [InlineData("=SIZE", Unknown)]
    [InlineData("SIZED=5", Unknown)]
    [InlineData("  SIZE=5   BODY=7BIT  ", SenderOk)]
    public void Of_MAIL(string parameters, string answer) =>
        Assert.Equal(answer, Answer($"MAIL FROM:<a@example.com> {Long(parameters)}"));

    [Theory]
    [InlineData("NOTIFY=NEVER", RecipientOk)]
    [InlineData("notify=success,failure,delay", RecipientOk)]
    [InlineData("NOTIFY", Bad)]
    [InlineData("NOTIFY=", Bad)]
    [InlineData("NOTIFY=LATER", Bad)]
    [InlineData("NOTIFY=DELAY,", Bad)]
    [InlineData("NOTIFY=DELAY,LATER", Bad)]
    [InlineData("NOTIFY=DELAY,DELAY", Bad)]
    [InlineData("NOTIFY=DELAY,NEVER", Bad)]
    [InlineData("NOTIFY=DELAY NOTIFY=DELAY", Bad)]
    [InlineData("ORCPT=x;a", RecipientOk)]
    [InlineData("ORCPT=rfc822;{493}", RecipientOk)] // 500 in all
    [InlineData("ORCPT=rfc822;{493}x", Bad)]
    [InlineData("ORCPT", Bad)]
    [InlineData("ORCPT=", Bad)]
    [InlineData("ORCPT=;a", Bad)]
    [InlineData("ORCPT=rfc822;", Bad)]
    [InlineData("ORCPT=rfc822;a+zz", Bad)]
    [InlineData("ORCPT=\u00c3\u00a9;a", Bad)]
    [InlineData("ORCPT=x;a ORCPT=x;a", Bad)]
    [InlineData("ORCPT=utf-8;a+zz", RecipientOk)] // RFC 6533 §3: no xtext
    [InlineData("ORCPT=utf-8;\u00c3\u00a9", Bad)]
    [InlineData("ORCPT=UTF-8;\u00c3\u00a9", RecipientOk, "SMTPUTF8")]
    [InlineData("ORCPT=utf-8;\u00e9", Bad, "SMTPUTF8")] // no UTF-8
    [InlineData("ORCPT=rfc822;\u00c3\u00a9", Bad, "SMTPUTF8")]
    [InlineData("ORCPT=rfc822;a+zz", Bad, "SMTPUTF8")]
    [InlineData("=", Unknown)]
    [InlineData("=NOTIFY", Unknown)]
    public void Of_RCPT(string parameters, string answer, string mail = "") =>
        Assert.Equal(answer, Answer($"MAIL FROM:<> {mail}\r\nRCPT TO:<b@example.com> {Long(parameters)}"));

    [Theory]
    [InlineData("RCPT", "501 5.5.4 Syntax error in parameters")]
    [InlineData("RCPT TO:", "501 5.5.4 Syntax error in parameters")]
    [InlineData("RCPT FROM:<b@example.com>", "501 5.5.4 Syntax error in parameters")]
    [InlineData("RCPT TO:x", "501 5.1.3 Bad recipient address syntax")]
    [InlineData("RCPT TO:<b@example.com>x", Bad)]
    public void Without_a_path_there_is_no_recipient(string command, string answer) =>
        Assert.Equal(answer, Answer($"MAIL FROM:<>\r\n{command}"));

    [Theory]
    [InlineData("MAIL FROM:", "501 5.5.4 Syntax error in parameters")]
    [InlineData("MAIL TO:<a@example.com>", "501 5.5.4 Syntax error in parameters")]
    [InlineData("MAIL FROM:x", "501 5.1.7 Bad sender address syntax")]
    public void Without_a_path_there_is_no_sender(string command, string answer) =>
        Assert.Equal(answer, Answer(command));

    [Theory]
    [InlineData("RET=FULL BODY=7BIT", Return.Full, BodyKind.SevenBit)]
    [InlineData("RET=HDRS BODY=8BITMIME", Return.Headers, BodyKind.EightBitMime)]
    [InlineData("", Return.Unspecified, BodyKind.SevenBit)]
    public void What_was_said_is_in_the_envelope(string parameters, Return asked, BodyKind body)
    {
        var script = new ServerScript().Feed(
            $"HELO app\r\nMAIL FROM:<> {parameters}\r\nRCPT TO:<b@example.com> NOTIFY=DELAY\r\nDATA\r\n.\r\n");
        var envelope = Assert.Single(script.Mails).Envelope;
        Assert.Equal((asked, body, null, false),
            (envelope.Return, envelope.Body, envelope.EnvelopeId, envelope.SmtpUtf8));
        Assert.Equal(Notify.Delay, Assert.Single(envelope.Recipients).Notify);
    }
}
