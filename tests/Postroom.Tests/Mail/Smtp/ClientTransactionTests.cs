using Postroom.Mail;
using Postroom.Mail.Smtp;
using Xunit;
using static Postroom.Tests.Mail.Smtp.ClientScript;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>One transaction, reply by reply: what each is taken for, and what becomes of each recipient.</summary>
public sealed class ClientTransactionTests
{
    /// <summary>
    /// What is offered, how many recipients, the replies; then what stands after each, and at the end. * marks a
    /// reply after which the transaction is done.
    /// </summary>
    public static TheoryData<string, int, string> Dialogues => new()
    {
        {
            "", 2,
            """
            250 2.1.0 Ok → More: Rcpt, might be taken
            250 2.1.5 Ok → More: Rcpt, takers, might be taken
            550 5.1.1 No such user → More: Data, takers, might be taken
            354 Go → SendData: End, takers, might be taken
            250 2.0.0 Queued → Done: Done, takers, might be taken, taken
            1: taken
            2: Recipient 5.1.1 550 5.1.1 No such user
            """
        },
        {
            "CHUNKING", 2,
            """
            250 Ok → More: Rcpt, might be taken
            550 5.1.1 No such user → More: Rcpt, might be taken
            250 Ok → More: End, takers, might be taken
            250 Queued → Done: Done, takers, might be taken, taken
            1: Recipient 5.1.1 550 5.1.1 No such user
            2: taken
            """
        },
        {
            "", 2,
            """
            550 5.1.8 Sender → More: Rcpt, refused
            503 5.5.1 Sequence → More: Rcpt, refused
            250 Ok → More: Data, refused
            503 5.5.1 Sequence → Done: Done, refused, needs reset
            1: Message 5.1.8 550 5.1.8 Sender
            2: Message 5.1.8 550 5.1.8 Sender
            """
        },
        {
            "CHUNKING", 1,
            """
            451 4.3.0 Later → More: Rcpt, refused
            250 Ok → More: End, refused
            503 5.5.1 Sequence → Done: Done, refused, needs reset
            1: Message 4.3.0 451 4.3.0 Later
            """
        },
        {
            "", 2,
            """
            250 Ok → More: Rcpt, might be taken
            550 5.1.1 No → More: Rcpt, might be taken
            550 5.1.1 No → More: Data
            554 5.5.1 No valid recipients → Done: Done, needs reset
            1: Recipient 5.1.1 550 5.1.1 No
            2: Recipient 5.1.1 550 5.1.1 No
            """
        },
        {
            "", 1,
            """
            250 Ok → More: Rcpt, might be taken
            550 5.1.1 No → More: Data
            354 Go → SendData: End
            250 Empty → Done: Done
            1: Recipient 5.1.1 550 5.1.1 No
            """
        },
        {
            "", 1,
            """
            250 Ok → More: Rcpt, might be taken
            550 5.1.1 No → More: Data
            354 Go → SendData: End
            554 5.6.0 Empty → Done: Done
            1: Recipient 5.1.1 550 5.1.1 No
            """
        },
        {
            "", 2,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: Rcpt, takers, might be taken
            452 4.5.3 Too many → More: Data, takers, might be taken
            354 Go → SendData: End, takers, might be taken
            250 Queued → Done: Done, takers, might be taken, taken
            1: taken
            2: left over, Recipient 4.5.3 452 4.5.3 Too many
            """
        },
        {
            "CHUNKING", 2,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: Rcpt, takers, might be taken
            452 Enough → More: End, takers, might be taken
            250 Queued → Done: Done, takers, might be taken, taken
            1: taken
            2: left over, Recipient 4.5.3 452 Enough
            """
        },
        {
            "", 2,
            """
            250 Ok → More: Rcpt, might be taken
            552 5.5.3 Too many → More: Rcpt, might be taken
            552 5.5.3 Too many → More: Data
            503 Sequence → Done: Done, needs reset
            1: Recipient 4.5.3 552 5.5.3 Too many
            2: Recipient 4.5.3 552 5.5.3 Too many
            """
        },
        {
            "", 2,
            """
            250 Ok → More: Rcpt, might be taken
            452 Full → More: Rcpt, might be taken
            250 Ok → More: Data, takers, might be taken
            451 4.3.0 Later → Done: Done, takers, might be taken, needs reset
            1: Recipient 4.0.0 452 Full
            2: Message 4.3.0 451 4.3.0 Later
            """
        },
        {
            "", 1,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: Data, takers, might be taken
            354 Go → SendData: End, takers, might be taken
            554 5.7.1 Spam → Done: Done, takers, might be taken
            1: Message 5.7.1 554 5.7.1 Spam
            """
        },
        {
            "CHUNKING", 1,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: End, takers, might be taken
            552 5.3.4 Too big → Done: Done, takers, might be taken, needs reset
            1: Message 5.3.4 552 5.3.4 Too big
            """
        },
        {
            "", 2,
            """
            421 4.3.2 Closing → Closing: Done, refused, untouched
            1: NextHop 4.3.2 421 4.3.2 Closing
            2: NextHop 4.3.2 421 4.3.2 Closing
            """
        },
        {
            "", 2,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: Rcpt, takers, might be taken
            421 4.3.2 Closing → Closing: Done, takers, might be taken
            1: NextHop 4.3.2 421 4.3.2 Closing
            2: NextHop 4.3.2 421 4.3.2 Closing
            """
        },
        {
            "", 1,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: Data, takers, might be taken
            421 4.3.2 Closing → Closing: Done, takers, might be taken
            1: NextHop 4.3.2 421 4.3.2 Closing
            """
        },
        {
            "", 2,
            """
            250 Ok → More: Rcpt, might be taken
            550 5.1.1 No → More: Rcpt, might be taken
            250 Ok → More: Data, takers, might be taken
            354 Go → SendData: End, takers, might be taken
            421 4.3.2 Closing → Closing: Done, takers, might be taken
            1: Recipient 5.1.1 550 5.1.1 No
            2: NextHop 4.3.2 421 4.3.2 Closing
            """
        },
        {
            "", 1,
            """
            354 Go → Spoiled: Done, might be taken
            1: NextHop 4.5.0 not a reply that can be here: 354 Go
            """
        },
        {
            "", 1,
            """
            250 Ok → More: Rcpt, might be taken
            354 Go → Spoiled: Done, might be taken
            1: NextHop 4.5.0 not a reply that can be here: 354 Go
            """
        },
        {
            "", 1,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: Data, takers, might be taken
            250 Ok → Spoiled: Done, takers, might be taken
            1: NextHop 4.5.0 not a reply that can be here: 250 Ok
            """
        },
        {
            "", 1,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: Data, takers, might be taken
            334 Hm → Spoiled: Done, takers, might be taken
            1: NextHop 4.5.0 not a reply that can be here: 334 Hm
            """
        },
        {
            "CHUNKING", 1,
            """
            250 Ok → More: Rcpt, might be taken
            251 Will forward → More: End, takers, might be taken
            354 Go → Spoiled: Done, takers, might be taken
            1: NextHop 4.5.0 not a reply that can be here: 354 Go
            """
        },
        {
            "CHUNKING", 1,
            """
            250 Ok → More: Rcpt, might be taken
            250 Ok → More: End, takers, might be taken
            221 Bye → Done: Done, takers, might be taken, taken
            1: taken
            """
        },
    };

    [Theory]
    [MemberData(nameof(Dialogues))]
    public void Each_reply_is_taken_for_what_it_is(string offer, int recipients, string dialogue)
    {
        var transaction = new ClientTransaction(To(recipients), Offering(offer), "hop");
        Assert.Equal("Mail, might be taken, untouched", Standing(transaction));
        var played = new List<string>();
        foreach (var line in dialogue.ReplaceLineEndings("\n").Split('\n').Where(line => line.Contains('→')))
        {
            var reply = line[..line.IndexOf(" →", StringComparison.Ordinal)];
            played.Add($"{reply} → {transaction.On(Read(reply))}: {Standing(transaction)}");
        }

        for (var i = 0; i < recipients; i++)
            played.Add($"{i + 1}: {(transaction.IsLeftOver(i) ? "left over, " : "")}{Fate(transaction.FailureOf(i))}");
        Assert.Equal(dialogue.ReplaceLineEndings("\n"), string.Join('\n', played));
        Assert.Equal(ClientAdvice.Spoiled, transaction.On(Read("250 Once too often")));
    }

    [Fact]
    public void RSET_goes_before_and_its_reply_touches_no_mail()
    {
        var transaction = new ClientTransaction(To(1), Offering(""), "hop");
        var written = Written(to => transaction.WriteEnvelope(to, reset: true));
        Assert.Equal("RSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<1@c>\r\n", written);
        Assert.Equal((ClientStage.Reset, ClientAdvice.More), (transaction.Stage, transaction.On(Read("200 Ok"))));
        Assert.Equal("Mail, might be taken, untouched", Standing(transaction));
        transaction.On(Read("250 Ok"));
        Assert.Equal("Rcpt, might be taken", Standing(transaction));
    }

    [Theory]
    [InlineData("354 Go", "Spoiled: NextHop 4.5.0 not a reply that can be here: 354 Go")]
    [InlineData("502 What", "Spoiled: NextHop 4.5.0 not a reply that can be here: 502 What")]
    [InlineData("421 Bye", "Closing: NextHop 4.3.2 421 Bye")]
    public void A_hop_that_does_not_know_RSET_cannot_be_used(string reply, string outcome)
    {
        var transaction = new ClientTransaction(To(1), Offering(""), "hop");
        Written(transaction.WriteReset);
        Assert.Equal(outcome, $"{transaction.On(Read(reply))}: {Fate(transaction.FailureOf(0))}");
        Assert.True(transaction is { IsUntouched: true, Stage: ClientStage.Done });
    }

    [Fact]
    public void A_mail_that_nobody_takes_is_abandoned_and_reset()
    {
        var transaction = new ClientTransaction(To(1), Offering(""), "hop");
        transaction.On(Read("250 Ok"));
        transaction.On(Read("550 5.1.1 No"));
        transaction.Abandon();
        Assert.Equal("Done, needs reset", Standing(transaction));

        transaction = new ClientTransaction(To(1), Offering(""), "hop");
        transaction.On(Read("550 5.1.8 Sender"));
        transaction.On(Read("503 5.5.1 Sequence"));
        transaction.Abandon();
        Assert.Equal("Done, refused", Standing(transaction));
    }

    [Fact]
    public void A_reason_from_outside_is_for_those_not_refused_yet()
    {
        var transaction = new ClientTransaction(To(2), Offering(""), "hop");
        transaction.On(Read("250 Ok"));
        transaction.On(Read("550 5.1.1 No"));
        transaction.Decide(ClientVerdict.NextHop(new EnhancedStatus(4, 4, 2), "gone", "hop"));
        Assert.Equal(["Recipient 5.1.1 550 5.1.1 No", "NextHop 4.4.2 gone"],
            Enumerable.Range(0, 2).Select(i => Fate(transaction.FailureOf(i))));
        Assert.Equal(ClientStage.Done, transaction.Stage);
    }

    [Theory]
    [InlineData("DSN", Notify.Success, true)]
    [InlineData("DSN", Notify.Never, true)]
    [InlineData("DSN", Notify.Unspecified, false)]
    [InlineData("", Notify.Success, false)]
    public void The_hop_reports_where_it_was_asked_to(string offer, Notify notify, bool isPassedOn)
    {
        var mail = To(0) with
        {
            Recipients = [new Recipient(new ForwardPath("1@c"), notify), new Recipient(new ForwardPath("2@c"), notify)],
        };
        var transaction = new ClientTransaction(mail, Offering(offer), "hop");
        foreach (var reply in (string[])["250 Ok", "250 Ok", "550 5.1.1 No", "354 Go", "250 Queued"])
            transaction.On(Read(reply));
        Assert.Equal((isPassedOn, false), (transaction.PassedDsnOn(0), transaction.PassedDsnOn(1)));
    }
}
