using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>All open mail, sorted into lanes: who waits, who is leased, whose turn it is.</summary>
/// <remarks>
/// What has to happen together happens under <see cref="Gate"/>, which is held for memory only, never for the disk.
/// A lease is handed out when its record is durable. Fresh mail for which the conductor has given credit is leased in
/// the commit that accepts it, so that an idle relay needs one sync between the final dot and the wire.
/// </remarks>
internal sealed class LaneBoard(MailJournal journal, WireMarks marks, SteadyClock clock, TimeProvider time, int window)
    : IDisposable
{
    // A timer takes no longer wait than 49 days; it is set anew when it rings too early.
    private static readonly TimeSpan LongestAlarm = TimeSpan.FromDays(1);

    private readonly Dictionary<string, Lane> _lanes = [];
    private TaskCompletionSource _lanesChanged = Promise.New();
    private ITimer? _alarm;

    public Lock Gate { get; } = new();

    public int Window => window;

    /// <summary>Guarded by the gate.</summary>
    public Presence Presence { get; } = new();

    /// <summary>Told the octets of bodies that are no longer kept in memory.</summary>
    public required Action<int> Freed { get; init; }

    /// <summary>Makes a lease whose record is on its way to the disk; null if the mail cannot be read now.</summary>
    public required Func<Parcel, int, ValueTask<ParcelLease?>> Load { get; init; }

    /// <summary>Called, outside the gate, with a parcel that was leased and could not be read.</summary>
    public required Action<Parcel, int> GiveBackUnread { get; init; }

    /// <summary>Called with the position of a record of ours that is durable.</summary>
    public required Action<Position> Durable { get; init; }

    /// <summary>Called, outside the gate, when a lane should be refilled from the ledger.</summary>
    public required Action<Lane> Refill { get; init; }

    /// <summary>Called, outside the gate, with leases that nobody will fetch.</summary>
    public required Action<IReadOnlyList<Lease>> GiveBack { get; init; }

    /// <summary>The lane of a name; made if new. Call under the gate.</summary>
    public Lane this[string name]
    {
        get
        {
            if (_lanes.TryGetValue(name, out var lane))
                return lane;
            _lanes[name] = lane = new Lane(name, Presence);
            Interlocked.Exchange(ref _lanesChanged, Promise.New()).SetResult();
            return lane;
        }
    }

    /// <summary>Call under the gate.</summary>
    public IEnumerable<Lane> All => _lanes.Values;

    public Task Changed => _lanesChanged.Task;

    public IReadOnlyList<LaneCount> Count()
    {
        lock (Gate)
            return [.. _lanes.Values.Select(lane => new LaneCount(lane.Name, lane.Open))];
    }

    /// <summary>Before a mail is stored: takes a place for each of its parcels that can be leased with it.</summary>
    /// <returns>Parcels and the slots of their marks; null if none can.</returns>
    public List<(Parcel Parcel, int Slot)>? Prelease(IReadOnlyList<Parcel> parcels)
    {
        List<(Parcel, int)>? leased = null;
        lock (Gate)
            foreach (var parcel in parcels)
            {
                var lane = parcel.Lane;
                lane.Open += parcel.Recipients.Length;
                lane.AddUnderWay(parcel);
                if (lane.Credit == 0 || lane.IsPaused)
                    continue;
                lane.Credit--;
                lane.Pending++;
                (leased ??= []).Add((parcel, marks.Take()));
            }

        return leased;
    }

    /// <summary>Mail of our own is about to be stored: it counts from now on.</summary>
    public void Count(IReadOnlyList<Parcel> parcels)
    {
        lock (Gate)
            foreach (var parcel in parcels)
            {
                parcel.Lane.Open += parcel.Recipients.Length;
                parcel.Lane.AddUnderWay(parcel);
            }
    }

    /// <summary>The contrary of <see cref="Count(IReadOnlyList{Parcel})"/>. Call under the gate.</summary>
    public static void Discount(Parcel parcel)
    {
        parcel.Lane.Open -= parcel.Recipients.Length;
        parcel.Lane.Remove(parcel);
    }

    /// <summary>A mail was not accepted after all.</summary>
    public void Revoked(IReadOnlyList<Parcel> parcels, List<(Parcel Parcel, int Slot)>? leased)
    {
        lock (Gate)
        {
            foreach (var parcel in parcels)
                Discount(parcel);
            foreach (var (parcel, slot) in leased ?? [])
            {
                parcel.Lane.Pending--;
                marks.Free(slot);
                Wake(parcel.Lane); // It had taken credit, with which somebody still waits.
            }
        }
    }

    /// <summary>The wall clock jumped: that time passed for no lane.</summary>
    public void Jumped(DateTimeOffset from, DateTimeOffset to)
    {
        lock (Gate)
            foreach (var lane in _lanes.Values)
                if (to < from)
                    lane.ForgetAfter(to); // Ages only shrink, and grow again.
                else if (!lane.IsPaused)
                    lane.AddPause(new LanePause(from, to));
    }

    /// <summary>A mail is durable that was not leased with its acceptance: it waits.</summary>
    public void Publish(Parcel parcel)
    {
        lock (Gate)
        {
            Freed(parcel.Lane.AddFresh(parcel, window));
            Wake(parcel.Lane);
        }
    }

    /// <summary>Leases are durable: the conductor may have them.</summary>
    public void Deliver(Lane lane, IReadOnlyList<ParcelLease> leases)
    {
        bool unwanted;
        lock (Gate)
        {
            lane.Pending -= leases.Count;
            unwanted = lane.IsPaused || lane.IsDeserted;
            if (!unwanted)
                lane.Ready.AddRange(leases);
            Wake(lane);
        }

        if (unwanted)
            GiveBack(leases);
    }

    public async ValueTask<IReadOnlyList<Lease>> LeaseAsync(string name, int most, CancellationToken cancel)
    {
        while (true)
        {
            var (ready, wait) = Fetch(name, most);
            if (ready is not null)
                return ready;
            try
            {
                await wait!.WaitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                GiveBack(Withdraw(name));
                throw;
            }
        }
    }

    /// <summary>A lease that could not be read is given back, durably: it waits a while, and keeps its place.</summary>
    public void Unread(Parcel parcel, int slot, TimeSpan wait)
    {
        lock (Gate)
        {
            marks.Free(slot);
            parcel.Lane.Pending--;
            parcel.DueTicks = clock.TicksAfter(wait);
            Freed(parcel.Lane.Add(parcel, window));
            Wake(parcel.Lane);
        }
    }

    /// <summary>The outcome of a lease is durable.</summary>
    /// <param name="reopen">Gives, under the gate, what of its recipients waits again: a parcel for each due
    /// time.</param>
    public void Settled(ParcelLease lease, Func<IReadOnlyList<Parcel>> reopen)
    {
        Lane? refill;
        lock (Gate)
        {
            marks.Free(lease.Slot);
            var lane = lease.Parcel.Lane;
            lane.Remove(lease.Parcel);
            lane.Open -= lease.Parcel.Recipients.Length;
            foreach (var parcel in reopen())
            {
                parcel.Lane.Open += parcel.Recipients.Length;
                Freed(parcel.Lane.Add(parcel, window));
                Wake(parcel.Lane);
            }

            refill = lane.NeedsRefill(window) ? lane : null;
        }

        if (refill is not null)
            Refill(refill);
    }

    /// <summary>Closes a lane. What is leased and not fetched is given back.</summary>
    /// <returns>False if it was closed already.</returns>
    public bool Pause(string name, DateTimeOffset at)
    {
        IReadOnlyList<Lease> unfetched;
        lock (Gate)
        {
            var lane = this[name];
            if (lane.IsPaused)
                return false;
            lane.IsPaused = true;
            lane.Credit = 0;
            lane.AddPause(new LanePause(at, null));
            Freed(lane.Close(window));
            unfetched = lane.Ready.ToArray();
            lane.Ready.Clear();
        }

        GiveBack(unfetched);
        return true;
    }

    /// <returns>False if it was open already.</returns>
    public bool Resume(string name, DateTimeOffset at)
    {
        lock (Gate)
        {
            var lane = this[name];
            if (!lane.IsPaused)
                return false;
            lane.IsPaused = false;
            lane.EndPause(at);
            Wake(lane);
            return true;
        }
    }

    /// <summary>Lets the conductor look again. Call under the gate.</summary>
    public static void Wake(Lane lane)
    {
        lane.Waiter?.TrySetResult();
        lane.Waiter = null;
    }

    public void Dispose() => _alarm?.Dispose();

    private (IReadOnlyList<Lease>? Ready, Task? Wait) Fetch(string name, int most)
    {
        List<Parcel>? due = null;
        Lane lane;
        IReadOnlyList<Lease>? ready = null;
        Task? wait = null;
        bool refill;
        lock (Gate)
        {
            lane = this[name];
            lane.IsDeserted = false;
            lane.Credit = Math.Max(0, most - lane.Ready.Count - lane.Pending);
            if (lane.Credit > 0 && !lane.IsPaused)
                due = TakeDue(lane);
            if (lane.Ready.Count > 0)
                ready = TakeReady(lane, most);
            else
            {
                lane.Waiter ??= Promise.New();
                wait = lane.Waiter.Task;
                SetAlarm(lane);
            }

            refill = lane.NeedsRefill(window);
        }

        if (due is { Count: > 0 })
            _ = GrantAsync(lane, due);
        if (refill)
            Refill(lane);
        return (ready, wait);
    }

    private static Lease[] TakeReady(Lane lane, int most)
    {
        var count = Math.Min(most, lane.Ready.Count);
        var taken = lane.Ready.GetRange(0, count).ToArray();
        lane.Ready.RemoveRange(0, count);
        return taken;
    }

    private List<Parcel> TakeDue(Lane lane)
    {
        var due = lane.TakeDue(lane.Credit, clock.Ticks);
        lane.Credit -= due.Count;
        lane.Pending += due.Count;
        return due;
    }

    // The lease goes to the disk while what is needed to send comes from it.
    private async Task GrantAsync(Lane lane, List<Parcel> parcels)
    {
        var slots = new int[parcels.Count];
        lock (Gate)
            for (var i = 0; i < slots.Length; i++)
                slots[i] = marks.Take();
        try
        {
            var entry = new Entry(LeaseRecord(parcels));
            var durable = journal.AppendAsync(entry, urgent: true);
            var leases = new List<ParcelLease>(parcels.Count);
            List<int>? unread = null;
            for (var i = 0; i < slots.Length; i++)
                if (await Load(parcels[i], slots[i]) is { } lease)
                    leases.Add(lease);
                else
                    (unread ??= []).Add(i);
            await durable;
            Durable(entry.Position);
            Deliver(lane, leases);
            foreach (var i in unread ?? [])
                GiveBackUnread(parcels[i], slots[i]);
        }
        catch (SpoolFailedException)
        {
            // Everybody learns of it from ISpool.Failed; these stay leased, and the next start finds them.
            return;
        }
    }

    /// <summary>What says that parcels are leased.</summary>
    public LeasedRecord LeaseRecord(IReadOnlyList<Parcel> parcels)
    {
        var leased = new LeasedParcel[parcels.Count];
        for (var i = 0; i < leased.Length; i++)
            leased[i] = new LeasedParcel(parcels[i].Id, parcels[i].Lane.Name,
                Array.ConvertAll(parcels[i].Recipients, static r => r.Index));
        return new LeasedRecord(clock.Wall, leased);
    }

    /// <summary>Nobody leases here any more, or he asks anew: what is or becomes ready is to be given back.</summary>
    public IReadOnlyList<Lease> Withdraw(string name)
    {
        lock (Gate)
        {
            var lane = this[name];
            lane.Credit = 0;
            lane.IsDeserted = true;
            Wake(lane);
            var unfetched = lane.Ready.ToArray();
            lane.Ready.Clear();
            return unfetched;
        }
    }

    // One timer for all lanes, set only while somebody waits for something that has a time.
    private void SetAlarm(Lane lane)
    {
        if (lane.NextDueTicks() is not { } due || lane.IsPaused || lane.Credit == 0)
            return;
        _alarm ??= time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        foreach (var other in _lanes.Values)
            if (other.Waiter is not null && !other.IsPaused && other.NextDueTicks() is { } theirs && theirs < due)
                due = theirs;
        var wait = clock.Until(due);
        wait = wait < LongestAlarm ? wait : LongestAlarm;
        _alarm.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait,
            Timeout.InfiniteTimeSpan);
    }

    private void Ring()
    {
        lock (Gate)
            foreach (var lane in _lanes.Values)
                if (lane.Waiter is not null && !lane.IsPaused && lane.NextDueTicks() is { } due && due <= clock.Ticks)
                    Wake(lane);
                else if (lane.Waiter is not null)
                    SetAlarm(lane);
    }
}
