using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>The reports of one settlement: station 7 of the <see cref="Conductor"/>.</summary>
internal sealed class ReportRound(Desk desk, Lease lease, Orders orders, Action<TrailEvent> note)
{
    private readonly List<(LeasedRecipient Recipient, Verdict Verdict)> _due = [];

    public static bool IsAsked(
        LeasedRecipient recipient, Verdict verdict, bool passedOn, TimeSpan age, QueueSettings settings)
    {
        var notify = recipient.Recipient.Notify;
        if (notify == Notify.Never)
            return false;
        return verdict.What switch
        {
            Happening.Accepted => !passedOn && notify.HasFlag(Notify.Success),
            Happening.Refused or Happening.Expired => notify == Notify.Unspecified || notify.HasFlag(Notify.Failure),
            Happening.Deferred => notify.HasFlag(Notify.Delay) && !recipient.DelayReported && age >= settings.DelayedAfter,
            _ => false,
        };
    }

    public Verdict Add(LeasedRecipient recipient, Verdict verdict)
    {
        _due.Add((recipient, verdict));
        return verdict;
    }

    public Task<IReadOnlyList<Draft>> WriteAsync() { _ = (desk, lease, orders, note, _due); return Task.FromResult<IReadOnlyList<Draft>>([]); }
}
