using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Xunit;

namespace Postroom.Tests.Relay.Queue;

/// <summary>
/// Who gets a report: RFC 3461 §4.1, RFC 5321 §4.5.5. In every story the report itself is delivered too.
/// </summary>
public class ReportTests
{
    private static readonly Failure Unknown =
        House.Failure(Fault.Recipient, 5, "550 5.1.1 no such user", "mx.example.com");
    private static readonly Failure Busy = House.Failure(Fault.Recipient, 4, "451 4.7.1 greylisted", "mx.example.com");

    [Theory]
    [InlineData(Notify.Unspecified, "failed")]
    [InlineData(Notify.Failure, "failed")]
    [InlineData(Notify.Success | Notify.Delay, null)]
    [InlineData(Notify.Never, null)]
    public async Task A_refused_mail_is_reported_unless_the_sender_asked_not_to(Notify notify, string? action)
    {
        await using var house = new House();
        house.Courier.Answer = Answering(Unknown);
        await ActionIs(house, house.Put(notify: notify), action);
    }

    [Theory]
    [InlineData(Notify.Success, false, "relayed")]
    [InlineData(Notify.Success, true, null)]       // the next hop reports, not we (RFC 3461 §5.2.2)
    [InlineData(Notify.Unspecified, false, null)]
    [InlineData(Notify.Failure, false, null)]
    public async Task A_success_is_reported_where_asked_and_where_nobody_behind_us_does(
        Notify notify, bool passedOn, string? action)
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) => Task.FromResult(new Outcome(
            [.. mail.Recipients.Select(r => new RecipientResult(r.Index, "250 2.0.0 ok", null, passedOn))],
            null, null));
        await ActionIs(house, house.Put(notify: notify), action);
    }

    [Theory]
    [InlineData(Notify.Delay, 4.0, false, "delayed")]
    [InlineData(Notify.Delay, 3.9, false, null)]
    [InlineData(Notify.Delay, 9.0, true, null)]    // once is enough
    [InlineData(Notify.Unspecified, 9.0, false, null)]
    public async Task A_delay_is_reported_once_where_asked(Notify notify, double hours, bool before, string? action)
    {
        await using var house = new House();
        house.Courier.Answer = Answering(Busy);
        var mail = house.Put(age: TimeSpan.FromHours(hours), notify: notify);
        mail.Only.DelayReported = before;
        await ActionIs(house, mail, action);
        Assert.Equal(before || action is not null, mail.Only.DelayReported);
        Assert.Equal(State.Waiting, mail.Only.State);
    }

    [Fact]
    public async Task An_expired_mail_comes_back_with_the_last_words_of_the_other_side()
    {
        await using var house = new House();
        house.Courier.Answer = Answering(Busy);
        var mail = house.Put(age: TimeSpan.FromDays(6));
        mail.Only.FailedTries = 70;
        var report = (await ActionIs(house, mail, "failed"))!;
        Assert.Contains("451 4.7.1 greylisted", report.Text, StringComparison.Ordinal);
        Assert.Contains("Status: 4.2.2", report.Text, StringComparison.Ordinal);
        var returned = report.Text.Split("\r\n--=_")[^2];
        Assert.EndsWith("hello\r\n", returned, StringComparison.Ordinal);
        Assert.Equal(State.Expired, mail.Only.State);
    }

    [Fact]
    public async Task The_report_travels_from_the_null_path_to_the_sender_and_is_never_reported_on()
    {
        await using var house = new House();
        house.Courier.Answer = Answering(Unknown);
        var report = (await ActionIs(house, house.Put(), "failed"))!;
        Assert.True(report.Envelope.From.IsNull);
        Assert.Equal(("jira@example.com", Notify.Never), (report.Envelope.Recipients[0].Path.Address,
            report.Envelope.Recipients[0].Notify));
        Assert.Contains("<postmaster@relay.example.com>", report.Text, StringComparison.Ordinal);
        Assert.Equal(2, house.Spool.Mails.Count);
        var draft = Assert.Single(house.Spool.Settlements.SelectMany(s => s.Reports));
        Assert.Equal(("postroom", "report"), (draft.Origin.Listener, draft.Origin.Client));
        Assert.Contains(draft.Header.MessageId!, report.Text, StringComparison.Ordinal);
        Assert.Empty(draft.TraceBlock(report.Id, House.Noon).Fields);
    }

    [Fact]
    public async Task What_cannot_be_returned_is_kept_on_the_timeline()
    {
        await using var house = new House();
        house.Courier.Answer = Answering(Unknown);
        var mail = house.Spool.Put(new Envelope(
            ReversePath.Null, [new Recipient(new ForwardPath("alice@example.com"))]));
        await ActionIs(house, mail, null);
        Assert.Equal(State.Failed, mail.Only.State);
        var kept = Assert.Single(house.Spool.Trail);
        Assert.Equal((EventKind.ReportKept, mail.Id, 0), (kept.Kind, kept.Mail!.Value, kept.Recipient!.Value));
    }

    [Fact]
    public async Task Several_recipients_of_a_parcel_share_one_report()
    {
        await using var house = new House();
        house.Courier.Answer = Answering(Unknown);
        var mail = house.Spool.Put(new Envelope(new ReversePath("jira@example.com"),
            [new(new ForwardPath("alice@example.com")), new(new ForwardPath("bob@example.com"))]));
        var report = (await ActionIs(house, mail, "failed"))!;
        Assert.Contains("alice@example.com", report.Text, StringComparison.Ordinal);
        Assert.Contains("bob@example.com", report.Text, StringComparison.Ordinal);
        Assert.Equal(2, house.Spool.Mails.Count);
    }

    [Theory]
    [InlineData(Fault.Account)]
    [InlineData(Fault.NextHop)]
    [InlineData(Fault.Ourselves)]
    public async Task No_shared_fault_is_ever_reported_to_a_sender(Fault fault)
    {
        await using var house = new House();
        house.Courier.Answer = Answering(House.Failure(fault, 5, "no"));
        await ActionIs(house, house.Put(age: TimeSpan.FromDays(9), notify: Notify.Failure | Notify.Delay), null);
    }

    // Everybody but the sender gets this answer; so a report finds its way.
    private static Func<Assignment, CancellationToken, Task<Outcome>> Answering(Failure failure) => (mail, _) =>
        Task.FromResult(mail.Envelope.From.IsNull && mail.Recipients[0].Recipient.Path.Address == "jira@example.com"
            ? StoryCourier.Took(mail)
            : StoryCourier.Failed(mail, failure));

    private static async Task<StoryMail?> ActionIs(House house, StoryMail mail, string? action)
    {
        house.Run();
        await house.UntilAsync(() => house.Spool.Settlements.Any(settled => settled.Lease.Id == mail.Id));
        var report = house.Spool.Mails.SingleOrDefault(other => other.Id != mail.Id);
        Assert.Equal(action is not null, report is not null);
        if (report is null)
            return null;
        Assert.Contains($"Action: {action}\r\n", report.Text, StringComparison.Ordinal);
        await house.UntilAsync(() => report.Only.State == State.Delivered);
        return report;
    }
}
