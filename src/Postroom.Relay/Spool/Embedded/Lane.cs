using Postroom.Mail;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>The mail that waits for one next hop. Guarded by the spool's gate.</summary>
/// <remarks>
/// Fresh mail stands in a queue for each source, and the sources take turns. Everything else stands in the window,
/// ordered by when it is due: up to <see cref="Horizon"/> all of it is here, beyond only the ledger knows it. So the
/// memory of a lane is bounded however much waits.
/// </remarks>
internal sealed class Lane(string name, Presence presence)
{
    // More closings than this are told less exactly: a lane that flaps for weeks must not fill the memory.
    private const int MostPauses = 256;

    // Of so many leases one goes to the backlog, however much fresh mail comes in.
    private const int BacklogShare = 8;

    private readonly Dictionary<string, Queue<Parcel>> _fresh = [];
    private readonly Queue<string> _turns = new();
    private readonly PriorityQueue<Parcel, (long, long)> _window = new();
    private int _here;
    private int _leases;

    public string Name { get; } = name;

    /// <summary>Recipients waiting or being tried, here and in the ledger.</summary>
    public long Open { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>How many more parcels the conductor would take now: fresh mail is leased as it is accepted.</summary>
    public int Credit { get; set; }

    /// <summary>Who leased here has gone away: what becomes ready until somebody comes is given back.</summary>
    public bool IsDeserted { get; set; }

    /// <summary>Leased, but not yet on stable storage.</summary>
    public int Pending { get; set; }

    /// <summary>Leased on stable storage, and not yet fetched.</summary>
    public List<Lease> Ready { get; } = [];

    /// <summary>Completes when <see cref="Ready"/> has something or something is due.</summary>
    public TaskCompletionSource? Waiter { get; set; }

    /// <summary>Up to here all waiting parcels are in memory; null: all there are.</summary>
    public DueKey? Horizon { get; private set; }

    /// <summary>
    /// The first of those that went to the ledger only since the refill under way began; null: none did.
    /// </summary>
    public DueKey? OverflowFrom { get; private set; }

    /// <summary>A page from the ledger is on its way, or asked for.</summary>
    public bool IsRefilling { get; set; }

    /// <summary>
    /// When the lane was closed, each time: time in which its mail does not age. Never changed, only replaced: it is
    /// read outside the gate.
    /// </summary>
    public LanePause[] Pauses { get; private set; } = [];

    /// <remarks>
    /// None is forgotten, for mail behind a closed lane may be of any age: of too many, the two that are closest become
    /// one.
    /// </remarks>
    public void AddPause(LanePause pause)
    {
        var pauses = new List<LanePause>(Pauses) { pause };
        if (pauses.Count > MostPauses)
        {
            var closest = 1;
            for (var i = 2; i < pauses.Count - 1; i++)
                if (pauses[i].Since - pauses[i - 1].Until < pauses[closest].Since - pauses[closest - 1].Until)
                    closest = i;
            pauses[closest - 1] = pauses[closest - 1] with { Until = pauses[closest].Until };
            pauses.RemoveAt(closest);
        }

        Pauses = [.. pauses];
    }

    /// <summary>The clock was put back: what it said of times after this is not true.</summary>
    public void ForgetAfter(DateTimeOffset now) => Pauses = [.. Pauses.Select(p => p.Before(now))];

    /// <summary>The lane is open again.</summary>
    public void EndPause(DateTimeOffset at)
    {
        var open = Array.FindLastIndex(Pauses, p => p.Until is null);
        Pauses = [.. Pauses.Select((p, i) => i == open ? p with { Until = at } : p)];
    }

    /// <summary>Fresh mail while the lane is open. False: no room, it waits in the ledger.</summary>
    public bool AddFresh(Parcel parcel, int most)
    {
        if (IsPaused || _here >= most)
            return Add(parcel, most);
        Keep(parcel);
        if (!_fresh.TryGetValue(parcel.Source, out var queue))
            _fresh[parcel.Source] = queue = new Queue<Parcel>();
        if (queue.Count == 0)
            _turns.Enqueue(parcel.Source);
        queue.Enqueue(parcel);
        return true;
    }

    /// <summary>Mail that waits for its time. False: beyond the horizon, it waits in the ledger.</summary>
    public bool Add(Parcel parcel, int most)
    {
        if (Horizon is null && _here >= most)
            Horizon = new DueKey(parcel.Due, new MailId(parcel.Id.Value - 1));
        if (Horizon is { } horizon && Compare(parcel.Key, horizon) > 0)
        {
            if (OverflowFrom is not { } first || Compare(parcel.Key, first) < 0)
                OverflowFrom = parcel.Key;
            Remove(parcel);
            return false;
        }

        Keep(parcel);
        _window.Enqueue(parcel, (parcel.DueTicks, parcel.Id.Value));
        return true;
    }

    /// <summary>Being accepted, or leased with its acceptance: known, but not waiting.</summary>
    public void AddUnderWay(Parcel parcel)
    {
        Keep(parcel);
        parcel.IsUnderWay = true;
    }

    public void Remove(Parcel parcel)
    {
        if (!parcel.IsPresent)
            return;
        presence.Remove(parcel);
        _here--;
    }

    /// <summary>Takes what is due now: fresh before backlog, a share for the backlog, sources in turn.</summary>
    public List<Parcel> TakeDue(int most, long now)
    {
        var due = new List<Parcel>(Math.Min(most, 64));
        while (due.Count < most)
        {
            var backlogFirst = _leases % BacklogShare == BacklogShare - 1;
            var next = backlogFirst ? NextDue(now) ?? NextFresh() : NextFresh() ?? NextDue(now);
            if (next is null)
                break;
            _leases = (_leases + 1) % BacklogShare;
            next.IsUnderWay = true;
            due.Add(next);
        }

        return due;
    }

    /// <summary>When the next one is due, by the clock that never jumps; null if nothing waits here.</summary>
    public long? NextDueTicks() =>
        _turns.Count > 0 ? 0 : _window.TryPeek(out var parcel, out _) ? parcel.DueTicks : null;

    /// <summary>The window has become short, and the ledger has more.</summary>
    public bool NeedsRefill(int most) => Horizon is not null && !IsRefilling && _window.Count < Math.Max(1, most / 4);

    /// <summary>
    /// The lane has closed: fresh mail becomes backlog, in its order, and what can be read back leaves the memory.
    /// </summary>
    /// <returns>Octets of bodies let go of.</returns>
    public int Close(int most)
    {
        var freed = 0;
        foreach (var queue in _fresh.Values)
            while (queue.TryDequeue(out var parcel))
            {
                freed += parcel.Forget();
                Add(parcel, most);
            }

        _fresh.Clear();
        _turns.Clear();
        foreach (var (parcel, _) in _window.UnorderedItems)
            freed += parcel.Forget();
        return freed;
    }

    /// <summary>Forgets all that waits here; the ledger, once caught up, gives it back.</summary>
    /// <returns>Octets of bodies let go of.</returns>
    public int DropWaiting()
    {
        var freed = 0;
        while (_window.TryDequeue(out var parcel, out _))
            freed += Drop(parcel);
        foreach (var queue in _fresh.Values)
            foreach (var parcel in queue)
                freed += Drop(parcel);
        _fresh.Clear();
        _turns.Clear();
        Horizon = DueKey.First;
        return freed;
    }

    /// <summary>The ledger is about to be asked: what overflows from now on may not be in its answer.</summary>
    /// <returns>After which key to ask; null if all is in memory.</returns>
    public DueKey? BeginRefill()
    {
        (IsRefilling, OverflowFrom) = (Horizon is not null, null);
        if (IsRefilling)
            presence.BeginPage();
        return Horizon;
    }

    /// <summary>From the ledger, whatever the horizon; call <see cref="Refilled"/> after the last.</summary>
    public void AddFromLedger(Parcel parcel)
    {
        Keep(parcel);
        _window.Enqueue(parcel, (parcel.DueTicks, parcel.Id.Value));
    }

    /// <summary>A page from the ledger has been taken in, up to and including a key.</summary>
    /// <param name="upTo">Null: the ledger had no more when asked.</param>
    public void Refilled(DueKey? upTo)
    {
        RefillFailed();
        if (OverflowFrom is { } first && (upTo is not { } end || Compare(first, end) <= 0))
            upTo = new DueKey(first.Due, new MailId(first.Mail.Value - 1));
        Horizon = upTo;
    }

    /// <summary>No page came; all is as before.</summary>
    public void RefillFailed()
    {
        IsRefilling = false;
        presence.EndPage();
    }

    private void Keep(Parcel parcel)
    {
        parcel.IsUnderWay = false;
        if (parcel.IsPresent)
            return;
        presence.Add(parcel);
        _here++;
    }

    private int Drop(Parcel parcel)
    {
        Remove(parcel);
        return parcel.Forget();
    }

    private Parcel? NextFresh()
    {
        if (!_turns.TryDequeue(out var source))
            return null;
        var queue = _fresh[source];
        var parcel = queue.Dequeue();
        if (queue.Count > 0)
            _turns.Enqueue(source);
        else
            _fresh.Remove(source);
        return parcel;
    }

    private Parcel? NextDue(long now) =>
        _window.TryPeek(out var parcel, out _) && parcel.DueTicks <= now ? _window.Dequeue() : null;

    private static int Compare(DueKey a, DueKey b) =>
        a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Mail.CompareTo(b.Mail);
}
