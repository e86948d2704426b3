using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Sorts recipients into the parcels they wait as: by lane, and by when they are due.</summary>
/// <remarks>What it makes of a verdict is what the ledger makes of it, or a restart would tell another story.</remarks>
internal sealed class Sorting(LaneBoard board, SteadyClock clock)
{
    /// <summary>Of a mail about to be accepted: one parcel for each lane.</summary>
    public List<Parcel> Fresh(AcceptedRecord record, LaneOf laneOf)
    {
        var every = new int[record.Envelope.Recipients.Count];
        for (var i = 0; i < every.Length; i++)
            every[i] = i;
        return Fresh(record, every, laneOf);
    }

    /// <summary>The same for some of its recipients: routes changed while it was being accepted.</summary>
    public List<Parcel> Fresh(AcceptedRecord record, IReadOnlyList<int> indices, LaneOf laneOf)
    {
        var parcels = new List<Parcel>(1);
        var lanes = new Dictionary<string, List<ParcelRecipient>>(1);
        for (var i = 0; i < indices.Count; i++)
        {
            var lane = laneOf(record.Envelope.From, record.Envelope.Recipients[indices[i]].Path,
                record.Origin.Replay?.Route);
            if (!lanes.TryGetValue(lane, out var there))
                lanes[lane] = there = new List<ParcelRecipient>(indices.Count);
            there.Add(new ParcelRecipient(indices[i], State.Waiting, 0, false));
        }

        lock (board.Gate)
            foreach (var (lane, there) in lanes)
                parcels.Add(new Parcel(record.Id, board[lane], record.Origin.Source, record.At)
                {
                    Recipients = [.. there],
                    Due = record.At,
                    Record = record,
                });
        return parcels;
    }

    /// <summary>
    /// What waits again after a settlement, a parcel for each due time. Returned mail keeps its place in the line. Call
    /// under the gate.
    /// </summary>
    public List<Parcel> StillOpen(ParcelLease lease, SettledRecord settled, LaneOf laneOf)
    {
        var open = new List<Parcel>();
        foreach (var verdict in settled.Verdicts)
        {
            // A verdict that cannot be is passed over by the ledger, and its recipient returned.
            if ((RecipientLife.After(State.Trying, verdict.What) ?? State.Waiting) != State.Waiting)
                continue;
            var was = Array.Find(lease.Parcel.Recipients, r => r.Index == verdict.Index);
            var isDeferred = verdict.What == Happening.Deferred;
            var due = isDeferred ? verdict.NextDue ?? settled.At : lease.Parcel.Due;

            // Promise 4: a shared fault burns no attempt.
            var failed = was.FailedTries + (isDeferred && verdict.Failure is not { IsShared: true } ? 1 : 0);
            var recipient = new ParcelRecipient(
                verdict.Index, State.Waiting, failed, was.DelayReported || verdict.DelayReported);
            var lane = board[laneOf(lease.Envelope.From, lease.Envelope.Recipients[verdict.Index].Path,
                lease.Origin.Replay?.Route)];
            if (open.Find(p => p.Due == due && p.Lane == lane) is { } same)
                same.Recipients = [.. same.Recipients, recipient];
            else
                open.Add(Reopened(
                    lease, recipient, due, isDeferred ? clock.TicksAt(due) : lease.Parcel.DueTicks, lane));
        }

        return open;
    }

    private static Parcel Reopened(
        ParcelLease lease, ParcelRecipient recipient, DateTimeOffset due, long ticks, Lane lane) =>
        new(lease.Id, lane, lease.Parcel.Source, lease.AcceptedAt)
        {
            Recipients = [recipient],
            Due = due,
            DueTicks = ticks,
            HeldFor = lease.Parcel.HeldFor,
        };
}
