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

    // What providers say about the account, whatever the code: nothing may bounce because of it.
    [Theory]
    [InlineData(ClientStage.Mail, "550 5.7.30 Basic authentication is not supported for Client Submission.")]
    [InlineData(ClientStage.End, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; no")]
    [InlineData(ClientStage.Mail, "554 5.2.0 User me@site.example has exceeded its 24-hour sending limit.")]
    [InlineData(ClientStage.End, "554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; RefuseQuota, Show")]
    [InlineData(ClientStage.End, "430 4.2.0 STOREDRV; mailbox logon failure; STOREDRV.Submission.Exception")]
    [InlineData(ClientStage.Mail, "554 5.2.2 mailbox full")]
    [InlineData(ClientStage.Mail, "552 5.2.2 Over quota")]
    [InlineData(ClientStage.End, "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException")]
    [InlineData(ClientStage.Mail, "550 5.2.251 Sender throttled due to continuous mailbox full errors.")]
    [InlineData(ClientStage.Rcpt, "550 5.2.252 Sender throttled due to continuous send as denied errors.")]
    [InlineData(ClientStage.End, "550 5.2.253 Sender throttled due to continuous invalid license errors.")]
    [InlineData(ClientStage.End, "550 5.2.254 Sender throttled due to continuous too many recipients errors.")]
    [InlineData(ClientStage.Data, "550 5.2.255 Sender throttled due to continuous invalid recipients errors.")]
    [InlineData(ClientStage.Mail, "550 5.1.8 Access denied, bad outbound sender AS(42004)")]
    [InlineData(ClientStage.Rcpt, "550 5.1.8 Access denied, bad outbound sender AS(42004)")]
    [InlineData(ClientStage.End, "550 5.7.232 Your message can't be sent because your trial tenant has exceeded")]
    [InlineData(ClientStage.Rcpt, "550 5.7.233 Your message can't be sent because your tenant exceeded")]
    [InlineData(ClientStage.Mail, "550 5.7.705 Access denied, tenant has exceeded threshold")]
    [InlineData(ClientStage.Rcpt, "550 5.7.708 Access denied, traffic not accepted from this IP")]
    [InlineData(ClientStage.End, "550 5.4.5 Daily user sending limit exceeded. - gsmtp")]
    [InlineData(ClientStage.Rcpt, "550 5.4.5 Daily SMTP relay limit exceeded for user. - gsmtp")]
    [InlineData(ClientStage.Rcpt, "550 5.7.1 Daily SMTP relay limit exceeded for customer. - gsmtp")]
    [InlineData(ClientStage.Mail, "550 5.7.1 Invalid credentials for relay [192.0.2.1]. - gsmtp")]
    [InlineData(ClientStage.Mail, "550 5.7.0 Mail relay denied [192.0.2.1]. - gsmtp")]
    [InlineData(ClientStage.Rcpt, "450 4.2.1 Peak SMTP relay limit exceeded for customer. - gsmtp")]
    [InlineData(ClientStage.End, "454 Throttling failure: Daily message quota exceeded.")]
    [InlineData(ClientStage.Rcpt, "451 Authentication failed: Maximum credits exceeded")]
    public void What_is_about_the_account_is_no_verdict_on_a_mail(ClientStage stage, string reply)
    {
        var failure = ClientVerdict.Of(stage, Read(reply), "hop.example");
        Assert.Equal((Fault.Account, reply), (failure.Fault, failure.Diagnostic));
        Assert.False(failure.IsPermanent);
        Assert.NotNull(Explanation.Of(failure));
    }

    // The same status, or nearly the same words, from somebody who means the mail or its recipient.
    [Theory]
    [InlineData(ClientStage.End, "550 5.7.30 DKIM did not pass", Fault.Message)]
    [InlineData(ClientStage.Mail, "550 5.7.31 Basic authentication", Fault.Message)]
    [InlineData(ClientStage.End, "421 4.7.0 Daily SMTP relay limit exceeded, Throttling failure", Fault.NextHop)]
    [InlineData(ClientStage.Reset, "454 Throttling failure", Fault.NextHop)]
    [InlineData(ClientStage.End, "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException", Fault.Message)]
    [InlineData(ClientStage.Mail, "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        Fault.Message)]
    [InlineData(ClientStage.Rcpt, "550 5.2.0 Mailbox disabled", Fault.Recipient)]
    [InlineData(ClientStage.Rcpt, "554 5.2.2 mailbox full", Fault.Recipient)]
    [InlineData(ClientStage.End, "552 5.2.2 mailbox full", Fault.Message)]
    [InlineData(ClientStage.Rcpt, "550 5.2.25 No", Fault.Recipient)]
    [InlineData(ClientStage.Mail, "550 5.1.8 Domain not found", Fault.Message)]
    [InlineData(ClientStage.Rcpt, "450 4.1.8 <a@b.example>: Sender address rejected: Domain not found", Fault.Message)]
    [InlineData(ClientStage.Rcpt, "553 5.7.1 <a@b.example>: Sender address rejected: not owned by user c@b.example",
        Fault.Message)]
    [InlineData(ClientStage.Rcpt, "550 5.4.5 System congested", Fault.Recipient)]
    [InlineData(ClientStage.Rcpt, "550 5.7.1 Spam", Fault.Recipient)]
    [InlineData(ClientStage.Rcpt, "450 4.2.1 The user is receiving mail too quickly", Fault.Recipient)]
    [InlineData(ClientStage.Rcpt, "450 4.2.0 Greylisted", Fault.Recipient)]
    [InlineData(ClientStage.End, "554 Message rejected: Email address is not verified.", Fault.Message)]
    [InlineData(ClientStage.End, "451 Temporary service failure", Fault.Message)]
    [InlineData(ClientStage.End, "454 Throttling failure: Maximum sending rate exceeded.", Fault.NextHop)]
    [InlineData(ClientStage.Mail, "454 Throttling failure: Maximum sending rate exceeded.", Fault.NextHop)]
    public void A_status_alone_is_not_taken_for_what_one_provider_means_by_it(
        ClientStage stage, string reply, Fault fault) =>
        Assert.Equal(fault, ClientVerdict.Of(stage, Read(reply), "hop.example").Fault);

    [Theory]
    [InlineData("smtp.office365.com", Fault.Account)]
    [InlineData("example-com.mail.protection.outlook.com", Fault.Message)] // takes mail for recipients
    [InlineData("mx.example.com", Fault.Message)]
    public void A_full_mailbox_after_the_mail_is_the_senders_only_where_one_hands_mail_over(string host, Fault fault) =>
        Assert.Equal(fault, ClientVerdict.Of(ClientStage.End, Read("554 5.2.2 mailbox full"), host).Fault);

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
