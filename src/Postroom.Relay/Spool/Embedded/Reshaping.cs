using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Telemetry;

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

    // Between two tries to read a lane's mail from an index that cannot be read.
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _one = new(1, 1);

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>At start: a lane of the ledger that has open mail.</summary>
    public void Found(LaneUse use)
    {
        lock (board.Gate)
        {
            var lane = board[use.Lane];
            lane.Open = use.Open;
            foreach (var pause in parts.Ledger.Pauses(use.Lane))
                lane.AddPause(pause with { Until = pause.Until ?? parts.Clock.Wall });
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

        try
        {
            while (!await TryRefillAsync(lane))
                await Task.Delay(AfterFailure, parts.Time, _stop.Token);
        }
        catch (Exception e) when (e is SpoolFailedException or OperationCanceledException or ObjectDisposedException)
        {
            return; // ISpool.Failed says it, or the spool is closed.
        }
    }

    // The mail of the lane waits meanwhile; an index that cannot be read now may be so a little later.
    private async Task<bool> TryRefillAsync(Lane lane)
    {
        await _one.WaitAsync(CancellationToken.None); // who is inside comes out, also when the spool closes
        try
        {
            _stop.Token.ThrowIfCancellationRequested();
            await RefillOneAsync(lane);
            return true;
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException)
        {
            SpoolLog.NotRefilled(parts.Log, lane.Name, AfterFailure, e);
            lock (board.Gate)
                lane.IsRefilling = true; // It still is: by this very call.
            return false;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Does what a person asked for to every target whose state allows it.</summary>
    public async ValueTask<int> DirectAsync(Directive directive, CancellationToken cancel)
    {
        await _one.WaitAsync(CancellationToken.None);
        var isOut = false;
        try
        {
            cancel.ThrowIfCancellationRequested();
            await CaughtUpAsync(cancel);
            var (asDueAsCanBe, rest) = directive.What == Happening.Hurried
                ? await parts.AskLedgerAsync(ledger => ByHurry(directive, ledger))
                : (0, directive);
            if (rest.Targets.Count == 0)
                return asDueAsCanBe;

            // What waits is taken out of all lanes, so that nobody leases it between here and the record.
            var leased = TakeAllOut();
            isOut = true;
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
            if (isOut)
                WakeAll(); // However it ended: who waits in a lane asks for what was taken out.
            _one.Release();
        }
    }

    /// <summary>Sorts open mail into the lanes of new routes.</summary>
    public async Task RelaneAsync(LaneOf laneOf, CancellationToken cancel)
    {
        await _one.WaitAsync(CancellationToken.None);
        try
        {
            cancel.ThrowIfCancellationRequested();
            GiveBackUnfetched();
            TakeAllOut();
            await CaughtUpAsync(CancellationToken.None);
            await parts.Offload(() => parts.Ledger.Relane(laneOf));
            await ReloadAsync();
        }
        finally
        {
            WakeAll();
            _one.Release();
        }
    }

    private HashSet<(MailId, int)> TakeAllOut()
    {
        var freed = 0;
        HashSet<(MailId, int)> underWay;
        lock (board.Gate)
        {
            foreach (var lane in board.All)
                freed += lane.DropWaiting();
            underWay = board.Presence.UnderWay();
        }

        board.Freed(freed);
        return underWay;
    }

    // A lane may be left for good by new routes, with leases ready that nobody will fetch there.
    private void GiveBackUnfetched()
    {
        List<string> names;
        lock (board.Gate)
            names = [.. board.All.Select(lane => lane.Name)];
        foreach (var name in names)
            board.GiveBack(board.Withdraw(name));
    }

    private void WakeAll()
    {
        lock (board.Gate)
            foreach (var lane in board.All)
                LaneBoard.Wake(lane);
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
                    && RecipientLife.After(state, directive.What) is not null && (directive.Only ?? state) == state
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
        var freed = 0;
        lock (board.Gate)
        {
            foreach (var name in open.Keys)
                _ = board[name]; // A released mail may stand in a lane that was empty.
            lanes = [.. board.All];
            foreach (var lane in lanes)
            {
                lane.Open = open.GetValueOrDefault(lane.Name);
                freed += lane.DropWaiting();
            }
        }

        board.Freed(freed);
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
        var most = Math.Min(Page, board.Window);
        IReadOnlyList<ParcelRow> rows;
        try
        {
            await CaughtUpAsync(CancellationToken.None);
            rows = await parts.AskLedgerAsync(ledger => ledger.Waiting(lane.Name, after.Value, most));
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException or SpoolFailedException)
        {
            lock (board.Gate)
                lane.RefillFailed();
            throw;
        }

        lock (board.Gate)
        {
            foreach (var row in rows)
                if (board.Presence.OnlyInLedger(row) is { Length: > 0 } recipients)
                    lane.AddFromLedger(ToParcel(row, recipients, lane));
            lane.Refilled(rows.Count == most ? rows[^1].Key : null);
            LaneBoard.Wake(lane);
        }
    }

    private Parcel ToParcel(ParcelRow row, ParcelRecipient[] recipients, Lane lane) =>
        new(row.Mail, lane, row.Source, row.AcceptedAt)
        {
            Recipients = recipients,
            Due = row.Due,
            DueTicks = parts.Clock.TicksAtStored(row.Due),
            HeldFor = row.HeldFor,
        };

    private Task CaughtUpAsync(CancellationToken cancel) => feeder.ReachedAsync(lastDurable()).WaitAsync(cancel);
}
