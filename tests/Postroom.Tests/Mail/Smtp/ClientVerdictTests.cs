using Postroom.Mail;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Xunit;
using static Postroom.Tests.Mail.Smtp.ClientScript;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>Who is at fault for a reply, and with which status: each row of the table, and its neighbours.</summary>
public sealed class ClientVerdictTests
{
    [Theory]
    [InlineData(ClientStage.Mail, "421 4.7.0 Slow down", Fault.NextHop, "4.7.0")]
    [InlineData(ClientStage.End, "421 Bye", Fault.NextHop, "4.3.2")]
    [InlineData(ClientStage.Auth, "421 Bye", Fault.NextHop, "4.3.2")]
    [InlineData(ClientStage.Rcpt, "422 Full", Fault.Recipient, "4.0.0")]
    [InlineData(ClientStage.Connect, "554 No", Fault.NextHop, "5.0.0")]
    [InlineData(ClientStage.Greeting, "550 5.7.1 No", Fault.NextHop, "5.7.1")]
    [InlineData(ClientStage.Hello, "535 5.7.8 No", Fault.NextHop, "5.7.8")]
    [InlineData(ClientStage.StartTls, "454 4.7.0 No", Fault.NextHop, "4.7.0")]
    [InlineData(ClientStage.Reset, "502 What", Fault.NextHop, "5.0.0")]
    [InlineData(ClientStage.Auth, "535 5.7.8 No", Fault.Account, "5.7.8")]
    [InlineData(ClientStage.Auth, "454 4.7.0 Later", Fault.Account, "4.7.0")]
    [InlineData(ClientStage.Auth, "503 What", Fault.Account, "5.0.0")]
    [InlineData(ClientStage.Auth, "250 Ok", Fault.Account, "4.5.0")]
    [InlineData(ClientStage.Mail, "530 5.7.0 Log in", Fault.Account, "5.7.0")]
    [InlineData(ClientStage.Rcpt, "530 5.7.0 Log in", Fault.Account, "5.7.0")]
    [InlineData(ClientStage.Mail, "534 5.7.9 Weak", Fault.Account, "5.7.9")]
    [InlineData(ClientStage.Mail, "535 5.7.8 No", Fault.Account, "5.7.8")]
    [InlineData(ClientStage.Data, "538 5.7.11 Clear", Fault.Account, "5.7.11")]
    [InlineData(ClientStage.Mail, "536 Odd", Fault.Message, "5.0.0")]
    [InlineData(ClientStage.Mail, "550 5.7.57 Log in", Fault.Account, "5.7.57")]
    [InlineData(ClientStage.Rcpt, "550 5.7.57 Log in", Fault.Account, "5.7.57")]
    [InlineData(ClientStage.Mail, "550 5.7.1 No", Fault.Message, "5.7.1")]
    [InlineData(ClientStage.Mail, "550 5.6.57 No", Fault.Message, "5.6.57")]
    [InlineData(ClientStage.Mail, "450 4.7.57 Later", Fault.Message, "4.7.57")]
    [InlineData(ClientStage.Mail, "454 4.7.0 Later", Fault.Account, "4.7.0")]
    [InlineData(ClientStage.Mail, "432 4.7.12 Change it", Fault.Account, "4.7.12")]
    [InlineData(ClientStage.Rcpt, "454 4.7.0 Later", Fault.Recipient, "4.7.0")]
    [InlineData(ClientStage.End, "432 4.7.12 Later", Fault.Message, "4.7.12")]
    [InlineData(ClientStage.End, "454 4.7.0 Later", Fault.Message, "4.7.0")]
    [InlineData(ClientStage.Rcpt, "452 4.3.1 Full", Fault.NextHop, "4.3.1")]
    [InlineData(ClientStage.End, "452 4.3.1 Full", Fault.NextHop, "4.3.1")]
    [InlineData(ClientStage.Mail, "453 4.3.2 Not now", Fault.NextHop, "4.3.2")]
    [InlineData(ClientStage.Mail, "451 4.3.0 Later", Fault.Message, "4.3.0")]
    [InlineData(ClientStage.Mail, "451 4.2.1 Later", Fault.Message, "4.2.1")]
    [InlineData(ClientStage.Mail, "451 4.4.2 Later", Fault.Message, "4.4.2")]
    [InlineData(ClientStage.End, "552 5.3.1 Full", Fault.Message, "5.3.1")]
    [InlineData(ClientStage.End, "554 5.3.2 No", Fault.Message, "5.3.2")]
    [InlineData(ClientStage.Rcpt, "503 5.5.1 Sequence", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.End, "503 5.5.1 Sequence", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.Mail, "502 5.5.1 What", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.End, "502 What", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.Mail, "500 What", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.Rcpt, "500 What", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.Data, "500 5.7.1 What", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.End, "500 Line too long", Fault.Message, "5.0.0")]
    [InlineData(ClientStage.End, "500 5.5.2 What", Fault.Message, "4.5.1")]
    [InlineData(ClientStage.End, "500 5.6.0 Line too long", Fault.Message, "5.6.0")]
    [InlineData(ClientStage.End, "501 5.5.2 What", Fault.Message, "5.5.2")]
    [InlineData(ClientStage.Rcpt, "550 5.1.1 Unknown", Fault.Recipient, "5.1.1")]
    [InlineData(ClientStage.Rcpt, "450 Busy", Fault.Recipient, "4.0.0")]
    [InlineData(ClientStage.Mail, "550 5.1.8 Sender", Fault.Message, "5.1.8")]
    [InlineData(ClientStage.Data, "554 5.7.1 No", Fault.Message, "5.7.1")]
    [InlineData(ClientStage.End, "554 5.7.1 Spam", Fault.Message, "5.7.1")]
    [InlineData(ClientStage.End, "451 4.3.0 Later", Fault.Message, "4.3.0")]
    [InlineData(ClientStage.End, "354 Go on", Fault.Message, "4.5.0")]
    public void Each_reply_has_its_verdict(ClientStage stage, string reply, Fault fault, string status)
    {
        var failure = ClientVerdict.Of(stage, Read(reply), "hop.example");
        Assert.Equal((fault, status, reply, "hop.example"),
            (failure.Fault, failure.Status.ToString(), failure.Diagnostic, failure.RemoteMta));
    }

    // RFC 5321 §4.5.3.1.10: too many recipients, said in five ways, or something else that looks like it.
    [Theory]
    [InlineData("452 4.5.3 Too many", false, "4.5.3")]
    [InlineData("552 5.5.3 Too many", false, "4.5.3")]
    [InlineData("552 5.5.3 Too many", true, "4.5.3")]
    [InlineData("452 Too many", true, "4.5.3")]
    [InlineData("552 Too many", true, "4.5.3")]
    [InlineData("452 Full", false, "4.0.0")]
    [InlineData("552 Full", false, "5.0.0")]
    [InlineData("452 4.2.2 Full", true, "4.2.2")]
    [InlineData("552 5.2.3 Too long", true, "5.2.3")]
    [InlineData("552 5.5.4 Argument", true, "5.5.4")]
    [InlineData("451 4.5.3 Later", true, "4.5.3")]
    [InlineData("550 5.5.3 No", true, "5.5.3")]
    public void Too_many_recipients_is_no_verdict_on_this_one(string reply, bool isBehindOthers, string status)
    {
        var failure = ClientVerdict.OfRecipient(Read(reply), isBehindOthers, "hop.example");
        Assert.Equal((Fault.Recipient, status, reply, "hop.example"),
            (failure.Fault, failure.Status.ToString(), failure.Diagnostic, failure.RemoteMta));
    }

    [Theory]
    [InlineData("452 4.5.3 Too many", true)]
    [InlineData("552 5.5.3 Too many", true)]
    [InlineData("452 Full", true)]
    [InlineData("452 4.3.1 Full", false)]
    [InlineData("452 4.5.4 Hm", false)]
    [InlineData("451 4.5.3 Hm", false)]
    public void Too_many_recipients_is_told_by_code_and_status(string reply, bool isIt) =>
        Assert.Equal(isIt, ClientVerdict.IsTooManyRecipients(Read(reply)));

    [Fact]
    public void A_hop_that_says_nothing_is_a_fault_of_the_hop() => Assert.Equal(
        new Failure(Fault.NextHop, new EnhancedStatus(4, 4, 2), "gone", "hop.example"),
        ClientVerdict.NextHop(new EnhancedStatus(4, 4, 2), "gone", "hop.example"));
}
