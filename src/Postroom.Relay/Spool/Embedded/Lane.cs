using Postroom.Mail;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>The mail that waits for one next hop. Guarded by the spool's gate.</summary>
/// <remarks>
/// Fresh mail stands in a queue for each source, and the sources take turns. Everything else stands in the window,
/// ordered by when it is due: up to <see cref="Horizon"/> all of it is here, beyond only the ledger knows it. What is
/// due last makes room where there is none; so the memory of a lane is bounded however much waits, and nothing that is
/// due stands behind what is not.
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
    private int _freshHere;
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

    /// <summary>Up to here all of the window is in memory, and beyond nothing; null: all there is.</summary>
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

    /// <summary>Fresh mail while the lane is open.</summary>
    /// <returns>Octets of bodies let go of.</returns>
    public int AddFresh(Parcel parcel, int most)
    {
        if (IsPaused || _freshHere >= most)
            return Add(parcel, most);
        Keep(parcel);
        if (!_fresh.TryGetValue(parcel.Source, out var queue))
            _fresh[parcel.Source] = queue = new Queue<Parcel>();
        if (queue.Count == 0)
            _turns.Enqueue(parcel.Source);
        queue.Enqueue(parcel);
        _freshHere++;
        return 0;
    }

    /// <summary>Mail that waits for its time: here, or beyond the horizon in the ledger.</summary>
    /// <returns>Octets of bodies let go of.</returns>
    public int Add(Parcel parcel, int most)
    {
        if (Horizon is { } horizon && Compare(parcel.Key, horizon) > 0)
            return Overflow(parcel);
        Keep(parcel);
        _window.Enqueue(parcel, (parcel.DueTicks, parcel.Id.Value));
        return _window.Count > most ? KeepFirst(most - most / 4) : 0;
    }

    /// <summary>Being accepted, or leased with its acceptance: known, but not waiting.</summary>
    public void AddUnderWay(Parcel parcel)
    {
        Keep(parcel);
        parcel.IsUnderWay = true;
    }

    public void Remove(Parcel parcel) => presence.Remove(parcel);

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

    /// <summary>The first accepted of those that wait here; null if none does.</summary>
    /// <param name="untried">Of those alone that have not failed by their own fault.</param>
    public MailId? OldestWaiting(bool untried)
    {
        MailId? oldest = null;
        foreach (var (parcel, _) in _window.UnorderedItems)
            if ((oldest is not { } first || parcel.Id < first)
                && !(untried && Array.Exists(parcel.Recipients, one => one.FailedTries > 0)))
                oldest = parcel.Id;
        foreach (var queue in _fresh.Values)
            if (queue.TryPeek(out var parcel) && (oldest is not { } first || parcel.Id < first))
                oldest = parcel.Id;
        return oldest;
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
                freed += Add(parcel, most);
            }

        ForgetFresh();
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
        ForgetFresh();
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
        Horizon = upTo;
        if (OverflowFrom is not { } first || upTo is { } end && Compare(first, end) > 0)
            return;

        // What overflowed comes before the rest of the page, which is to come again with it; nothing of it has a body.
        KeepFirst(_window.UnorderedItems.Count(item => Compare(item.Element.Key, first) < 0));
        Horizon = Before(first);
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
        presence.Add(parcel);
    }

    // What is due last goes to the ledger, which has it all.
    private int KeepFirst(int count)
    {
        if (count >= _window.Count)
            return 0;
        var all = _window.UnorderedItems.Select(item => item.Element).ToArray();
        Array.Sort(all, (a, b) => Compare(a.Key, b.Key));
        _window.Clear();
        _window.EnqueueRange(all.Take(count).Select(parcel => (parcel, (parcel.DueTicks, parcel.Id.Value))));
        Horizon = Before(all[count].Key);
        var freed = 0;
        foreach (var parcel in all.AsSpan(count))
            freed += Overflow(parcel);
        return freed;
    }

    private int Overflow(Parcel parcel)
    {
        if (OverflowFrom is not { } first || Compare(parcel.Key, first) < 0)
            OverflowFrom = parcel.Key;
        return Drop(parcel);
    }

    private void ForgetFresh()
    {
        _fresh.Clear();
        _turns.Clear();
        _freshHere = 0;
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
        _freshHere--;
        if (queue.Count > 0)
            _turns.Enqueue(source);
        else
            _fresh.Remove(source);
        return parcel;
    }

    private Parcel? NextDue(long now) =>
        _window.TryPeek(out var parcel, out _) && parcel.DueTicks <= now ? _window.Dequeue() : null;

    private static DueKey Before(DueKey key) => new(key.Due, new MailId(key.Mail.Value - 1));

    private static int Compare(DueKey a, DueKey b) =>
        a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Mail.CompareTo(b.Mail);
}
