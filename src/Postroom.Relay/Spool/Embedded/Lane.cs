using Postroom.Mail;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>The mail that waits for one next hop. Guarded by the spool's gate.</summary>
/// <remarks>
/// Fresh mail stands in a queue for each source, and the sources take turns. Everything else stands in the window,
/// ordered by when it is due: up to <see cref="Horizon"/> all of it is here, beyond only the ledger knows it. So the
/// memory of a lane is bounded however much waits.
/// </remarks>
internal sealed class Lane(string name)
{
    // Of so many leases one goes to the backlog, however much fresh mail comes in.
    private const int BacklogShare = 8;

    private readonly Dictionary<string, Queue<Parcel>> _fresh = [];
    private readonly Queue<string> _turns = new();
    private readonly PriorityQueue<Parcel, (long, long)> _window = new();
    private readonly Dictionary<(MailId, int), Parcel> _known = [];
    private int _leases;

    public string Name { get; } = name;

    /// <summary>Recipients waiting or being tried, here and in the ledger.</summary>
    public long Open { get; set; }

    public bool IsPaused { get; set; }

    /// <summary>How many more parcels the conductor would take now: fresh mail is leased as it is accepted.</summary>
    public int Credit { get; set; }

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

    /// <summary>When the lane was closed, each time: time in which its mail does not age.</summary>
    public List<LanePause> Pauses { get; } = [];

    public int InMemory => _known.Count;

    public bool Knows(MailId id, int firstRecipient) => _known.ContainsKey((id, firstRecipient));

    /// <summary>Fresh mail while the lane is open. False: no room, it waits in the ledger.</summary>
    public bool AddFresh(Parcel parcel, int most)
    {
        if (IsPaused || _known.Count >= most)
            return Add(parcel, most);
        _known[parcel.Name] = parcel;
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
        if (Horizon is null && _known.Count >= most)
            Horizon = new DueKey(parcel.Due, new MailId(parcel.Id.Value - 1));
        if (Horizon is { } horizon && Compare(parcel.Key, horizon) > 0)
        {
            if (OverflowFrom is not { } first || Compare(parcel.Key, first) < 0)
                OverflowFrom = parcel.Key;
            _known.Remove(parcel.Name);
            return false;
        }

        _known[parcel.Name] = parcel;
        _window.Enqueue(parcel, (parcel.DueTicks, parcel.Id.Value));
        return true;
    }

    /// <summary>Under way: known, but not waiting.</summary>
    public void AddLeased(Parcel parcel)
    {
        parcel.IsLeased = true;
        _known[parcel.Name] = parcel;
    }

    /// <summary>The recipients under way.</summary>
    public IEnumerable<(MailId Mail, int Recipient)> Leased()
    {
        foreach (var parcel in _known.Values)
            if (parcel.IsLeased)
                foreach (var recipient in parcel.Recipients)
                    yield return (parcel.Id, recipient.Index);
    }

    public void Remove(Parcel parcel) => _known.Remove(parcel.Name);

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
            next.IsLeased = true;
            due.Add(next);
        }

        return due;
    }

    /// <summary>When the next one is due, by the clock that never jumps; null if nothing waits here.</summary>
    public long? NextDueTicks() =>
        _turns.Count > 0 ? 0 : _window.TryPeek(out var parcel, out _) ? parcel.DueTicks : null;

    /// <summary>The window has become short, and the ledger has more.</summary>
    public bool NeedsRefill(int most) => Horizon is not null && !IsRefilling && _window.Count < most / 4;

    /// <summary>All parcels that wait here (not those leased): for the close of a lane.</summary>
    public IEnumerable<Parcel> WaitingHere() => _known.Values;

    /// <summary>The lane has closed: fresh mail becomes backlog, in its order.</summary>
    public void FreshToWindow(int most)
    {
        foreach (var queue in _fresh.Values)
            while (queue.TryDequeue(out var parcel))
                Add(parcel, most);
        _fresh.Clear();
        _turns.Clear();
    }

    /// <summary>Forgets all that waits here; the ledger, once caught up, gives it back.</summary>
    public void DropWaiting()
    {
        while (_window.TryDequeue(out var parcel, out _))
            _known.Remove(parcel.Name);
        foreach (var queue in _fresh.Values)
            foreach (var parcel in queue)
                _known.Remove(parcel.Name);
        _fresh.Clear();
        _turns.Clear();
        Horizon = DueKey.First;
    }

    /// <summary>The ledger is about to be asked: what overflows from now on may not be in its answer.</summary>
    /// <returns>After which key to ask; null if all is in memory.</returns>
    public DueKey? BeginRefill()
    {
        (IsRefilling, OverflowFrom) = (Horizon is not null, null);
        return Horizon;
    }

    /// <summary>From the ledger, whatever the horizon; call <see cref="Refilled"/> after the last.</summary>
    public void AddFromLedger(Parcel parcel)
    {
        _known[parcel.Name] = parcel;
        _window.Enqueue(parcel, (parcel.DueTicks, parcel.Id.Value));
    }

    /// <summary>A page from the ledger has been taken in, up to and including a key.</summary>
    /// <param name="upTo">Null: the ledger had no more when asked.</param>
    public void Refilled(DueKey? upTo)
    {
        IsRefilling = false;
        if (OverflowFrom is { } first && (upTo is not { } end || Compare(first, end) <= 0))
            upTo = new DueKey(first.Due, new MailId(first.Mail.Value - 1));
        Horizon = upTo;
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
