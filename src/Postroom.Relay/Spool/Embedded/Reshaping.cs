using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>
/// What changes waiting mail from outside the road: people's directives, new routes, pages from the ledger.
/// </summary>
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
            lane.Pauses.AddRange(
                parts.Ledger.Pauses(use.Lane).Select(p => p with { Until = p.Until ?? parts.Clock.Wall }));
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
            var (asDueAsCanBe, rest) = directive.What == Happening.Hurried
                ? await parts.AskLedgerAsync(ledger => ByHurry(directive, ledger))
                : (0, directive);
            if (rest.Targets.Count == 0)
                return asDueAsCanBe;

            // What waits is taken out of all lanes, so that nobody leases it between here and the record.
            var leased = TakeAllOut();
            await CaughtUpAsync(CancellationToken.None);
            var allowed = await parts.AskLedgerAsync(ledger => Allowed(rest, ledger, leased));
            if (allowed.Count > 0)
                await append(new Entry(new DirectedRecord(
                    parts.Clock.Wall, directive.What, allowed, directive.Who, directive.Why)), true);
            await ReloadAsync();
            return asDueAsCanBe + allowed.Count;
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
            TakeAllOut();
            await CaughtUpAsync(CancellationToken.None);
            await parts.Offload(() => parts.Ledger.Relane(laneOf));
            await ReloadAsync();
        }
        finally
        {
            _one.Release();
        }
    }

    private HashSet<(MailId, int)> TakeAllOut()
    {
        lock (board.Gate)
        {
            foreach (var lane in board.All)
                lane.DropWaiting();
            return [.. board.All.SelectMany(lane => lane.Leased())];
        }
    }

    // Who is due already cannot be hurried, and nothing has to be written: a whole backlog behind a closed lane is so.
    private (int Due, Directive Others) ByHurry(Directive directive, MailLedger ledger)
    {
        var now = parts.Clock.Wall;
        var later = new List<Target>();
        var due = 0;
        foreach (var byMail in directive.Targets.GroupBy(t => t.Mail))
        {
            var standing = ledger.Recipients(byMail.Key).ToDictionary(r => r.Index);
            foreach (var target in byMail)
                if (standing.TryGetValue(target.Recipient, out var r) && r.State == State.Waiting && r.Due <= now)
                    due++;
                else
                    later.Add(target);
        }

        return (due, directive with { Targets = later });
    }

    private static List<Target> Allowed(Directive directive, MailLedger ledger, HashSet<(MailId, int)> leased)
    {
        var allowed = new List<Target>();
        foreach (var byMail in directive.Targets.GroupBy(t => t.Mail))
        {
            var states = ledger.Recipients(byMail.Key).ToDictionary(r => r.Index, r => r.State);
            foreach (var target in byMail)
                if (states.TryGetValue(target.Recipient, out var state)
                    && RecipientLife.After(state, directive.What) is not null
                    && !leased.Contains((target.Mail, target.Recipient)))
                    allowed.Add(target);
        }

        return allowed;
    }

    private async Task ReloadAsync()
    {
        await CaughtUpAsync(CancellationToken.None);
        var open = await parts.AskLedgerAsync(ledger => ledger.Lanes().ToDictionary(use => use.Lane, use => use.Open));
        List<Lane> lanes;
        lock (board.Gate)
        {
            foreach (var name in open.Keys)
                _ = board[name]; // A released mail may stand in a lane that was empty.
            lanes = [.. board.All];
            foreach (var lane in lanes)
            {
                lane.Open = open.GetValueOrDefault(lane.Name);
                lane.DropWaiting();
            }
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
        var rows = await parts.AskLedgerAsync(ledger => ledger.Waiting(lane.Name, after.Value, most));
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

    private Task CaughtUpAsync(CancellationToken cancel) => feeder.ReachedAsync(lastDurable()).WaitAsync(cancel);
}
