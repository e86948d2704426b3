using System.Buffers;
using Postroom.Mail;
using Postroom.Mail.Smtp;
using Xunit;
using static Postroom.Tests.Mail.Smtp.ClientScript;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>What a client asks of which hop, what it does not ask at all, and how the dialogue is told
/// afterwards.</summary>
public sealed class ClientCommandTests
{
    [Theory]
    [InlineData("", "DATA\r\n", false)]
    [InlineData("CHUNKING", "BDAT 9 LAST\r\n", true)]
    public void Content_goes_as_the_hop_takes_it(string offer, string command, bool isBdat)
    {
        var transaction = new ClientTransaction(To(3), Offering(offer), "hop");
        Assert.Equal(command, Written(transaction.WriteContentCommand));
        Assert.Equal((isBdat, 3, 4), (transaction.UsesBdat, transaction.Count, transaction.Commands));
    }

    [Fact]
    public void Whom_the_hop_cannot_address_is_not_asked_for()
    {
        var mail = To(0) with { Recipients = [.. new[] { "ä@c", "1@c", "ö@c", "2@c" }.Select(Plain)] };
        var transaction = new ClientTransaction(mail, Offering("CHUNKING"), "hop");
        Assert.Equal((4, 3), (transaction.Count, transaction.Commands));
        Assert.Equal("MAIL FROM:<a@b>\r\nRCPT TO:<1@c>\r\nRCPT TO:<2@c>\r\n",
            Written(to => transaction.WriteEnvelope(to, reset: false)));
        Assert.False(transaction.WriteRcpt(new ArrayBufferWriter<byte>(), 0));
        Assert.True(transaction.WriteRcpt(new ArrayBufferWriter<byte>(), 1));
        foreach (var reply in (string[])["250 Ok", "250 Ok", "550 5.1.1 No", "250 Queued"])
            transaction.On(Read(reply));
        const string Beyond = "Recipient 5.6.7 5.6.7 the next hop does not take addresses in UTF-8 (SMTPUTF8)";
        Assert.Equal([Beyond, "taken", Beyond, "Recipient 5.1.1 550 5.1.1 No"],
            Enumerable.Range(0, 4).Select(i => Fate(transaction.FailureOf(i))));
        Assert.Equal("hop", transaction.FailureOf(0)!.RemoteMta);
    }

    [Fact]
    public void Whom_the_hop_cannot_address_it_did_not_refuse_with_the_sender()
    {
        var mail = To(0) with { Recipients = [Plain("ä@c"), Plain("1@c")] };
        var transaction = new ClientTransaction(mail, Offering(""), "hop");
        transaction.On(Read("451 4.3.0 Later"));
        Assert.Equal(["5.6.7", "4.3.0"],
            Enumerable.Range(0, 2).Select(i => transaction.FailureOf(i)!.Status.ToString()));
    }

    [Fact]
    public void With_nobody_to_ask_for_it_is_done_before_it_began()
    {
        var mail = To(0) with { Recipients = [Plain("ä@c")] };
        var transaction = new ClientTransaction(mail, Offering(""), "hop");
        Assert.Equal(ClientStage.Done, transaction.Stage);
    }

    [Theory]
    [InlineData("SMTPUTF8 8BITMIME", "a@b", "ä@c", "MAIL FROM:<a@b> SMTPUTF8|RCPT TO:<ä@c>|")]
    [InlineData("SMTPUTF8 8BITMIME", "a@b", "1@c", "MAIL FROM:<a@b>|RCPT TO:<1@c>|")]
    [InlineData("SMTPUTF8 8BITMIME", "ä@b", "1@c", "MAIL FROM:<ä@b> SMTPUTF8|RCPT TO:<1@c>|")]
    public void SMTPUTF8_is_asked_for_where_an_address_needs_it(string offer, string from, string to, string commands)
    {
        var mail = new ClientMail(
            new Envelope(new ReversePath(from), []) { SmtpUtf8 = true }, [Plain(to)], new HeaderFacts(), 9);
        var transaction = new ClientTransaction(mail, Offering(offer), "hop");
        Assert.Equal(commands.Replace("|", "\r\n", StringComparison.Ordinal),
            Written(writer => transaction.WriteEnvelope(writer, reset: false)));
    }

    [Theory]
    [InlineData("8BITMIME", false, BodyKind.SevenBit, "MAIL FROM:<a@b>")]
    [InlineData("8BITMIME", true, BodyKind.SevenBit, "MAIL FROM:<a@b> BODY=8BITMIME")]
    [InlineData("8BITMIME", false, BodyKind.EightBitMime, "MAIL FROM:<a@b> BODY=8BITMIME")]
    [InlineData("8BITMIME", true, BodyKind.EightBitMime, "MAIL FROM:<a@b> BODY=8BITMIME")]
    [InlineData("", false, BodyKind.EightBitMime, "MAIL FROM:<a@b>")]
    public void A_body_of_8_bits_is_declared_where_that_is_understood(
        string offer, bool isEightBit, BodyKind declared, string command)
    {
        var mail = To(1) with
        {
            Envelope = new Envelope(new ReversePath("a@b"), []) { Body = declared },
            Header = new HeaderFacts { EightBit = isEightBit },
        };
        Assert.Equal(command + "\r\n", Written(new ClientTransaction(mail, Offering(offer), "hop").WriteMail));
    }

    [Theory]
    [InlineData(false, true, "a@b", false)]
    [InlineData(false, false, "ä@b", false)]
    [InlineData(true, false, "a@b", false)]
    [InlineData(true, true, "a@b", true)]
    [InlineData(true, false, "ä@b", true)]
    public void SMTPUTF8_is_needed_where_it_was_declared_and_something_is_to_it(
        bool isDeclared, bool isHeaderOf8Bits, string from, bool isNeeded) =>
        Assert.Equal(isNeeded, new ClientMail(
            new Envelope(new ReversePath(from), []) { SmtpUtf8 = isDeclared }, [],
            new HeaderFacts { EightBitHeader = isHeaderOf8Bits }, 9).NeedsUtf8);

    [Theory]
    [InlineData("DSN", Return.Full, null, "MAIL FROM:<a@b> RET=FULL")]
    [InlineData("DSN", Return.Headers, null, "MAIL FROM:<a@b> RET=HDRS")]
    [InlineData("DSN", Return.Unspecified, "id", "MAIL FROM:<a@b> ENVID=id")]
    [InlineData("DSN", Return.Unspecified, "", "MAIL FROM:<a@b>")]
    [InlineData("DSN", Return.Unspecified, "two words", "MAIL FROM:<a@b>")]
    [InlineData("DSN", Return.Unspecified, "ä", "MAIL FROM:<a@b>")]
    [InlineData("", Return.Full, "id", "MAIL FROM:<a@b>")]
    public void What_a_report_should_hold_is_passed_on(string offer, Return part, string? id, string command)
    {
        var mail = To(1) with
        {
            Envelope = new Envelope(new ReversePath("a@b"), []) { Return = part, EnvelopeId = id },
        };
        Assert.Equal(command + "\r\n", Written(new ClientTransaction(mail, Offering(offer), "hop").WriteMail));
    }

    [Theory]
    [InlineData(500, true)]
    [InlineData(501, false)]
    public void An_id_is_passed_on_up_to_500_characters(int length, bool isPassedOn)
    {
        var id = new string('x', length);
        var mail = To(1) with { Envelope = new Envelope(new ReversePath("a@b"), []) { EnvelopeId = id } };
        Assert.Equal(isPassedOn ? $"MAIL FROM:<a@b> ENVID={id}\r\n" : "MAIL FROM:<a@b>\r\n",
            Written(new ClientTransaction(mail, Offering("DSN"), "hop").WriteMail));
    }

    [Theory]
    [InlineData("DSN", Notify.Never, null, "RCPT TO:<1@c> NOTIFY=NEVER")]
    [InlineData("DSN", Notify.Success, null, "RCPT TO:<1@c> NOTIFY=SUCCESS")]
    [InlineData("DSN", Notify.Failure, null, "RCPT TO:<1@c> NOTIFY=FAILURE")]
    [InlineData("DSN", Notify.Delay, null, "RCPT TO:<1@c> NOTIFY=DELAY")]
    [InlineData("DSN", Notify.Success | Notify.Failure | Notify.Delay, null,
        "RCPT TO:<1@c> NOTIFY=SUCCESS,FAILURE,DELAY")]
    [InlineData("DSN", Notify.Failure | Notify.Delay, "rfc822;x@c",
        "RCPT TO:<1@c> NOTIFY=FAILURE,DELAY ORCPT=rfc822;x@c")]
    [InlineData("DSN", Notify.Unspecified, "rfc822;x y", "RCPT TO:<1@c>")]
    [InlineData("", Notify.Never, "rfc822;x@c", "RCPT TO:<1@c>")]
    public void Who_is_to_be_told_is_passed_on(string offer, Notify notify, string? original, string command)
    {
        var mail = To(0) with { Recipients = [new Recipient(new ForwardPath("1@c"), notify, original)] };
        var transaction = new ClientTransaction(mail, Offering(offer), "hop");
        Assert.Equal(command + "\r\n", Written(to => transaction.WriteRcpt(to, 0)));
    }

    [Theory]
    [InlineData("SIZE 8", "Message 5.3.4 5.3.4 the mail has 9 octets; the next hop takes 8 (SIZE)")]
    [InlineData("SIZE 9", "taken")]
    [InlineData("SIZE 9000", "taken")]
    public void A_mail_too_large_is_not_sent(string offer, string fate)
    {
        var transaction = new ClientTransaction(To(1), Offering(offer), "hop");
        Assert.Equal(fate, Fate(transaction.FailureOf(0)));
        Assert.Equal(fate == "taken" ? 2 : 1, transaction.Commands);
    }

    [Theory]
    [InlineData(false, false, "Message 5.6.3 5.6.3 the mail is of 8 bits, and the next hop does not offer 8BITMIME")]
    [InlineData(true, false, "Message 5.6.7 5.6.7 the mail needs SMTPUTF8, which the next hop does not offer")]
    [InlineData(true, true, "taken")]
    public void A_mail_of_8_bits_is_sent_only_to_who_takes_it(bool isDeclared, bool isOffered, string fate)
    {
        var mail = new ClientMail(new Envelope(new ReversePath("a@b"), []) { SmtpUtf8 = isDeclared },
            [Plain("1@c")], new HeaderFacts { EightBit = true, EightBitHeader = true }, 9);
        var hop = Offering(isOffered ? "8BITMIME SMTPUTF8" : "");
        Assert.Equal(fate, Fate(new ClientTransaction(mail, hop, "hop").FailureOf(0)));
    }

    [Theory]
    [InlineData("", "250 Ok|250 Ok|550 No|354 Go|250 Queued",
        "C MAIL FROM:<a@b>|S 250 Ok|C RCPT TO:<1@c>|S 250 Ok|C RCPT TO:<2@c>|S 550 No|C DATA|S 354 Go|S 250 Queued")]
    [InlineData("CHUNKING", "250 Ok|250 Ok|250 Ok|250 Queued",
        "C MAIL FROM:<a@b>|S 250 Ok|C RCPT TO:<1@c>|S 250 Ok|C RCPT TO:<2@c>|S 250 Ok|C BDAT 9 LAST|S 250 Queued")]
    [InlineData("", "421 Bye", "C MAIL FROM:<a@b>|S 421 Bye|C RCPT TO:<1@c>|C RCPT TO:<2@c>")]
    [InlineData("", "250 Ok|421 Bye", "C MAIL FROM:<a@b>|S 250 Ok|C RCPT TO:<1@c>|S 421 Bye|C RCPT TO:<2@c>")]
    [InlineData("", "250 Ok|250 Ok|250 Ok|421 Bye",
        "C MAIL FROM:<a@b>|S 250 Ok|C RCPT TO:<1@c>|S 250 Ok|C RCPT TO:<2@c>|S 250 Ok|C DATA|S 421 Bye")]
    [InlineData("", "250 Ok|250 Ok|250 Ok|354 Go|421 Bye",
        "C MAIL FROM:<a@b>|S 250 Ok|C RCPT TO:<1@c>|S 250 Ok|C RCPT TO:<2@c>|S 250 Ok|C DATA|S 354 Go|S 421 Bye")]
    public void The_dialogue_is_recounted_as_far_as_it_went(string offer, string replies, string recounted)
    {
        var transaction = new ClientTransaction(To(2), Offering(offer), "hop");
        Reply? last = null;
        foreach (var reply in replies.Split('|'))
            transaction.On(last = Read(reply));
        var lines = new List<string>();
        transaction.Recount((isOurs, text) => lines.Add($"{(isOurs ? 'C' : 'S')} {text}"));
        Assert.Equal(recounted, string.Join('|', lines));
        Assert.Equal(lines[^2].StartsWith("C BDAT", StringComparison.Ordinal) || replies.Contains("354") ? last : null,
            transaction.EndReply);
    }

    [Fact]
    public void Whom_nobody_was_asked_for_is_not_recounted()
    {
        var mail = To(0) with { Recipients = [Plain("ä@c"), Plain("1@c")] };
        var transaction = new ClientTransaction(mail, Offering(""), "hop");
        transaction.On(Read("250 Ok"));
        var lines = new List<string>();
        transaction.Recount((_, text) => lines.Add(text));
        Assert.Equal(["MAIL FROM:<a@b>", "250 Ok", "RCPT TO:<1@c>"], lines);
    }
}
