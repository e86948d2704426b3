using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>What changes waiting mail from outside the road: people's directives, new routes, pages from the ledger.</summary>
/// <remarks>
/// One at a time. All three work on the ledger, so each first lets it catch up; and each ends by letting the lanes it
/// touched read anew what waits in them. What is leased is not touched: its settlement says what becomes of it.
/// </remarks>
internal sealed class Reshaping(
    SpoolParts parts, LaneBoard board, IndexFeeder feeder, Func<Entry, bool, Task> append, Func<Position> lastDurable)
    : IDisposable
{
    // Refills are about so many; the window is a few of them.
    private const int Page = 5_000;

    // No schedule waits longer: a due time further off than this comes from a clock that has jumped back.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly SemaphoreSlim _one = new(1, 1);

    public void Dispose() => _one.Dispose();

    /// <summary>At start: a lane of the ledger that has open mail.</summary>
    public void Found(LaneUse use)
    {
        lock (board.Gate)
        {
            var lane = board[use.Lane];
            lane.Open = use.Open;
            lane.Pauses.AddRange(parts.Ledger.Pauses(use.Lane).Select(p => p with { Until = p.Until ?? parts.Clock.Wall }));
            lane.DropWaiting();
        }
    }

    /// <summary>Takes the next page of a lane from the ledger.</summary>
    public async Task RefillAsync(Lane lane)
    {
        lock (board.Gate)
        {
            if (lane.IsRefilling || lane.Horizon is null)
                return;
            lane.IsRefilling = true;
        }

        await _one.WaitAsync();
        try
        {
            await RefillOneAsync(lane);
        }
        catch (SpoolFailedException)
        {
            return; // ISpool.Failed says it.
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Does what a person asked for to every target whose state allows it.</summary>
    public async ValueTask<int> DirectAsync(Directive directive, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            await CaughtUpAsync(cancel);
            var allowed = Allowed(directive, out var lanes);
            if (allowed.Count == 0)
                return 0;
            await append(new Entry(new DirectedRecord(
                parts.Clock.Wall, directive.What, allowed, directive.Who, directive.Why)), true);
            await ReloadAsync(lanes, cancel);
            return allowed.Count;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Sorts open mail into the lanes of new routes.</summary>
    public async Task RelaneAsync(LaneOf laneOf, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            await CaughtUpAsync(cancel);
            List<Lane> lanes;
            lock (board.Gate)
            {
                lanes = [.. board.All];
                lanes.ForEach(lane => lane.DropWaiting());
            }

            parts.Ledger.Relane(laneOf);
            await ReloadAsync([.. lanes.Select(lane => lane.Name)], cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    // The targets that a state allows. Those that wait in memory are taken out of their lane, so that nobody leases
    // them between here and the record.
    private List<Target> Allowed(Directive directive, out HashSet<string> lanes)
    {
        var allowed = new List<Target>();
        lanes = [];
        lock (board.Gate)
        {
            var leased = board.All.SelectMany(lane => lane.Leased()).ToHashSet();
            foreach (var byMail in directive.Targets.GroupBy(t => t.Mail))
                foreach (var row in parts.Ledger.Recipients(byMail.Key))
                {
                    if (!byMail.Any(t => t.Recipient == row.Index) || leased.Contains((byMail.Key, row.Index)))
                        continue;
                    if (RecipientLife.After(row.State, directive.What) is null)
                        continue;
                    allowed.Add(new Target(byMail.Key, row.Index));
                    lanes.Add(row.Lane);
                }

            foreach (var lane in lanes)
                board[lane].DropWaiting();
        }

        return allowed;
    }

    private async Task ReloadAsync(IReadOnlyCollection<string> touched, CancellationToken cancel)
    {
        await CaughtUpAsync(cancel);
        var open = parts.Ledger.Lanes().ToDictionary(use => use.Lane, use => use.Open);
        List<Lane> lanes = [];
        lock (board.Gate)
        {
            foreach (var name in open.Keys)
                _ = board[name]; // A released mail may stand in a lane that was empty.
            foreach (var lane in board.All)
            {
                lane.Open = open.GetValueOrDefault(lane.Name);
                if (touched.Contains(lane.Name) || lane.NeedsRefill(board.Window))
                    lanes.Add(lane);
            }

            foreach (var lane in lanes)
                lane.DropWaiting();
        }

        foreach (var lane in lanes)
            await RefillOneAsync(lane);
    }

    private async Task RefillOneAsync(Lane lane)
    {
        DueKey? after;
        lock (board.Gate)
            after = lane.BeginRefill();
        if (after is null)
            return;
        await CaughtUpAsync(CancellationToken.None);
        var most = Math.Min(Page, board.Window);
        var rows = parts.Ledger.Waiting(lane.Name, after.Value, most);
        lock (board.Gate)
        {
            foreach (var row in rows)
                if (!lane.Knows(row.Mail, row.Recipients[0].Index))
                    lane.AddFromLedger(ToParcel(row, lane));
            lane.Refilled(rows.Count == most ? rows[^1].Key : null);
            LaneBoard.Wake(lane);
        }
    }

    private Parcel ToParcel(ParcelRow row, Lane lane)
    {
        var wait = row.Due - parts.Clock.Wall;
        return new Parcel(row.Mail, lane, row.Source, row.AcceptedAt)
        {
            Recipients = [.. row.Recipients],
            Due = row.Due,
            DueTicks = parts.Clock.TicksAfter(wait < LongestWait ? wait : LongestWait),
            HeldFor = row.HeldFor,
        };
    }

    private async ValueTask CaughtUpAsync(CancellationToken cancel) =>
        await feeder.ReachedAsync(lastDurable()).WaitAsync(cancel);
}
