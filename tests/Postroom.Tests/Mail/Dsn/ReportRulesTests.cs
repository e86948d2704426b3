using Postroom.Mail;
using Postroom.Mail.Dsn;
using Xunit;

namespace Postroom.Tests.Mail.Dsn;

public class ReportRulesTests
{
    private static readonly ReversePath Jira = new("jira@example.com");

    private static Recipient Alice(Notify notify) => new(new ForwardPath("alice@example.com"), notify);

    [Theory]
    [InlineData(Notify.Unspecified, Fate.Failed, ReportAction.Failed)]
    [InlineData(Notify.Unspecified, Fate.Expired, ReportAction.Failed)]
    [InlineData(Notify.Unspecified, Fate.Delayed, null)]
    [InlineData(Notify.Unspecified, Fate.Relayed, null)]
    [InlineData(Notify.Unspecified, Fate.Delivered, null)]
    [InlineData(Notify.Never, Fate.Failed, null)]
    [InlineData(Notify.Never, Fate.Expired, null)]
    [InlineData(Notify.Never | Notify.Failure, Fate.Failed, null)] // no client may say so; if one does, NEVER wins
    [InlineData(Notify.Never, Fate.Relayed, null)]
    [InlineData(Notify.Success, Fate.Failed, null)] // asked for successes, and for nothing else
    [InlineData(Notify.Success, Fate.Relayed, ReportAction.Relayed)]
    [InlineData(Notify.Success, Fate.PassedOn, null)] // the next hop's duty now
    [InlineData(Notify.Success, Fate.Delivered, ReportAction.Delivered)]
    [InlineData(Notify.Success | Notify.Failure, Fate.Expired, ReportAction.Failed)]
    [InlineData(Notify.Delay, Fate.Delayed, ReportAction.Delayed)]
    [InlineData(Notify.Delay, Fate.Failed, null)]
    [InlineData(Notify.Failure | Notify.Delay, Fate.Delayed, ReportAction.Delayed)]
    [InlineData(Notify.Failure, Fate.Relayed, null)]
    public void A_report_is_written_where_it_was_asked_for(Notify notify, Fate fate, ReportAction? due)
    {
        Assert.Equal(due, ReportRules.Due(Jira, Alice(notify), fate));
        Assert.False(ReportRules.CannotReturn(Jira, Alice(notify), fate));
    }

    [Theory]
    [InlineData(Notify.Unspecified, Fate.Failed, true)]
    [InlineData(Notify.Failure, Fate.Expired, true)]
    [InlineData(Notify.Never, Fate.Failed, false)]
    [InlineData(Notify.Success, Fate.Relayed, false)]
    public void A_null_path_gets_no_report_and_a_failure_is_kept_instead(Notify notify, Fate fate, bool kept)
    {
        Assert.Null(ReportRules.Due(ReversePath.Null, Alice(notify), fate));
        Assert.Equal(kept, ReportRules.CannotReturn(ReversePath.Null, Alice(notify), fate));
    }

    [Theory]
    [InlineData(Return.Unspecified, true, 100_000, true)]
    [InlineData(Return.Full, true, 100_000, true)]
    [InlineData(Return.Full, true, 100_001, false)]
    [InlineData(Return.Headers, true, 10, false)]
    [InlineData(Return.Full, false, 10, false)] // nothing failed: headers only (RFC 3461 §4.3)
    public void The_mail_comes_back_whole_or_as_its_header(Return asked, bool anyFailed, long octets, bool whole) =>
        Assert.Equal(whole, ReportRules.ReturnsWhole(asked, anyFailed, octets));
}
