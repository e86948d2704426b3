using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>Keeps the mail of one lane moving: stations 2 and 9 of the <see cref="Conductor"/>.</summary>
/// <remarks>
/// One loop, and nearly always it waits in <see cref="ISpool.LeaseAsync"/> with all slots that are free, so that fresh
/// mail is leased in the commit that accepts it. Tries run beside it; a shared failure of any of them cancels that
/// wait, and the same loop then pauses the lane, probes and resumes: so a wave of failures is one pause.
/// </remarks>
internal sealed class LanePump : IAsyncDisposable
{
    private readonly Desk _desk;
    private readonly CancellationToken _cut;
    private readonly CancellationTokenSource _stop;
    private readonly Lazy<ICourier>? _courier;
    private readonly Lock _gate = new();
    private readonly Suspects _suspects = new();
    private CancellationTokenSource _tap;
    private Breaker _breaker;
    private TaskCompletionSource? _slotFreed;
    private TaskCompletionSource? _drained;
    private TaskCompletionSource? _hurried;
    private Task _loop = Task.CompletedTask;
    private int _inFlight;
    private bool _isPaused; // the spool was told; only the loop touches it, and whoever awaited the loop's end

    /// <param name="route">Null for mail that no route fits: it is captured or held, never tried.</param>
    /// <param name="stop">Leases nothing more from then on.</param>
    /// <param name="cut">Cuts off the tries under way.</param>
    public LanePump(Desk desk, string name, Route? route, CancellationToken stop, CancellationToken cut)
    {
        (_desk, _cut, Name, Route) = (desk, cut, name, route);
        _breaker = route is null ? Breaker.Sound : desk.BreakerOf(name);
        _courier = route is null ? null : new Lazy<ICourier>(() => desk.CourierFor(route));
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _tap = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        desk.Meters.Begins(name);
    }

    public string Name { get; }

    public Route? Route { get; }

    public bool HasRoute => _courier is not null;

    /// <summary>Made when the lane first flows in live mode.</summary>
    public ICourier Courier => _courier?.Value ?? throw new InvalidOperationException($"lane '{Name}' has no route");

    public bool IsOpen => Volatile.Read(ref _breaker).State == BreakerState.Closed;

    public void Start() => _loop = PumpAsync();

    /// <summary>Leases nothing more, and completes once the loop has ended; tries under way go on.</summary>
    public Task StopAsync()
    {
        _stop.Cancel(); // not CancelAsync: the tap must be closed when this call returns, not a moment later
        lock (_gate)
            _hurried?.TrySetResult();
        return _loop;
    }

    /// <summary>Completes when no try is under way.</summary>
    public Task DrainedAsync()
    {
        lock (_gate)
            return _inFlight == 0
                ? Task.CompletedTask
                : (_drained ??= Promise.New()).Task;
    }

    /// <summary>
    /// Lets the mail of the lane age again. Called by the loop, or after its end where the lane is given up.
    /// </summary>
    public async Task ReleaseAsync()
    {
        if (!_isPaused)
            return;
        await _desk.Spool.ResumeAsync(Name);
        _isPaused = false;
        _desk.Log.LaneResumed(Name);
    }

    /// <summary>After the loop's end, and the last try or the patience with it.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.Dispose();
        if (_courier is { IsValueCreated: true })
            await _courier.Value.DisposeAsync();
    }

    /// <summary>
    /// Somebody changed something: lease anew by the new orders, and probe now instead of at the appointed time.
    /// </summary>
    /// <param name="isCure">It is about this lane's account. Otherwise one that is refused, and did not change, is not
    /// knocked at out of turn.</param>
    public void Refresh(bool isCure)
    {
        var isRefused = !isCure && _desk.IsStillRefused(Name);
        CancellationTokenSource tap;
        lock (_gate)
        {
            tap = _tap;
            if (!isRefused || _breaker.Cause?.Fault != Fault.Account)
            {
                Changes++;
                _breaker = _breaker.Hurried(_desk.Steady);
                _hurried?.TrySetResult();
            }
        }

        if (isCure && _courier is { IsValueCreated: true })
            _courier.Value.AskAnew();
        tap.Cancel();
    }

    /// <summary>Counts what was changed: a failure of something that was begun before proves nothing after.</summary>
    public int Changes { get; private set; }

    /// <summary>Station 5: what a try says about the lane.</summary>
    /// <param name="shared">The failure all mail of the lane shares; null if the mail was answered for itself.</param>
    /// <param name="changes">The <see cref="Changes"/> when the try began.</param>
    /// <returns>True if this mail met one before, and a probe between the two found all well.</returns>
    public bool Heard(Failure? shared, MailId mail, int changes)
    {
        if (shared is null && ReferenceEquals(Volatile.Read(ref _breaker), Breaker.Sound) && _suspects.IsEmpty)
            return false; // nothing to learn from one more success
        CancellationTokenSource? close = null;
        bool metBefore;
        lock (_gate)
        {
            metBefore = _suspects.Met(mail, shared);
            var wasClosed = _breaker.State == BreakerState.Closed;
            _breaker = shared is null
                ? _breaker.Answered()
                : _breaker.Failed(shared, _desk.Steady, _desk.Orders.Probes);
            if (changes != Changes)
                _breaker = _breaker.Hurried(_desk.Steady);
            if (wasClosed && _breaker.State == BreakerState.Open)
                close = _tap;
        }

        close?.Cancel(); // outside the gate: it runs whoever waits for it
        return metBefore;
    }

    public LaneStatus Status()
    {
        lock (_gate)
            return _breaker.State == BreakerState.Closed
                ? new LaneStatus(Name, _inFlight)
                : new LaneStatus(Name, _inFlight)
                {
                    IsPaused = true,
                    PausedSince = _desk.OnTheWall(_breaker.Since),
                    Cause = _breaker.Cause,
                    NextProbe = _breaker.State == BreakerState.Open ? _desk.OnTheWall(_breaker.ProbeAt) : null,
                };
    }

    private async Task PumpAsync()
    {
        await Task.Yield(); // whoever starts it does not do its work
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (!IsOpen)
                    await RecoverAsync(_stop.Token);
                await ReleaseAsync();
                await FlowAsync(Tap());
            }
            catch (OperationCanceledException)
            {
                continue; // the tap closed, or the relay stops: the loop's head knows which
            }
            catch (SpoolFailedException)
            {
                _desk.Log.SpoolGone(Name); // the Host hears of it through ISpool.Failed, and ends the process
                return;
            }
            catch (Exception bug) when (bug is not OutOfMemoryException)
            {
                _desk.Log.PumpBroke(bug, Name);
                await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(1), _desk.Time, _stop.Token));
            }
        }
    }

    // A token for one open time of the lane: cancelled when it closes, and when the relay stops.
    private CancellationToken Tap()
    {
        lock (_gate)
        {
            if (_breaker.State != BreakerState.Closed)
                return new CancellationToken(canceled: true); // it closed since the loop's head looked
            if (_tap.IsCancellationRequested) // never disposed: Heard and Refresh may still hold it; it has no timer
                _tap = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            return _tap.Token;
        }
    }

    // 2. Lease with all free slots, start what came, and be back waiting before the first of them has ended.
    private async Task FlowAsync(CancellationToken tap)
    {
        while (!tap.IsCancellationRequested)
        {
            var free = await FreeSlotsAsync(tap);
            var leases = await _desk.Spool.LeaseAsync(Name, free, tap);
            for (var i = 0; i < leases.Count; i++)
            {
                lock (_gate)
                    _inFlight++;
                _ = TryAsync(leases[i]); // ends in TryAsync's own finally, never in an exception
            }
        }
    }

    private async ValueTask<int> FreeSlotsAsync(CancellationToken tap)
    {
        while (true)
        {
            Task freed;
            lock (_gate)
            {
                var free = (_breaker.OneAtATime ? 1 : Capacity()) - _inFlight;
                if (free > 0)
                    return free;
                _slotFreed ??= Promise.New();
                freed = _slotFreed.Task;
            }

            await freed.WaitAsync(tap);
        }
    }

    private int Capacity() => _courier is not null && _desk.Orders.Policy.MaySend
        ? Math.Max(1, _courier.Value.Capacity)
        : _desk.Orders.Settings.CaptureSlots;

    private async Task TryAsync(Lease lease)
    {
        try
        {
            await new Attempt(_desk, this, lease).RunAsync(_cut);
        }
        catch (SpoolFailedException)
        {
            _desk.Log.SpoolGone(Name);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            // Nothing was settled: the lease stands until the next start, which finds it in doubt. Never a loss.
            Heard(_desk.Bug(bug, lease.Id, Name), lease.Id, Changes);
        }
        finally
        {
            lock (_gate)
            {
                _inFlight--;
                _slotFreed?.TrySetResult();
                _slotFreed = null;
                if (_inFlight == 0)
                {
                    _drained?.TrySetResult();
                    _drained = null;
                }
            }
        }
    }

    // 9. The lane stands still: say so once, knock at the appointed times, and open the tap.
    private async Task RecoverAsync(CancellationToken stop)
    {
        if (!_isPaused)
        {
            var cause = Volatile.Read(ref _breaker).Cause!;
            await _desk.Spool.PauseAsync(Name, cause);
            _isPaused = true;
            _desk.Meters.Paused(Name, cause.Fault);
            _desk.Log.LanePaused(Name, cause);
        }

        _desk.Keep(Name, Volatile.Read(ref _breaker));

        var isParked = false;
        while (!IsOpen)
        {
            await ProbeTimeAsync(stop);
            int changes;
            lock (_gate)
                (_breaker, changes) = (_breaker.Probed(), Changes);
            var failure = await ProbeAsync(stop);
            lock (_gate)
            {
                _breaker = _breaker.ProbeEnded(failure, _desk.Steady, _desk.Orders.Probes);
                if (changes != Changes) // it may have been cured while the probe was under way
                    _breaker = _breaker.Hurried(_desk.Steady);
            }

            _desk.Keep(Name, Volatile.Read(ref _breaker));
            if (!isParked && failure is not null && _desk.Steady - _breaker.Since > _desk.Orders.Settings.ParkLimit)
            {
                isParked = true;
                _desk.Parked(Name, null, _desk.OnTheWall(_breaker.Since));
            }
        }

        _suspects.ProbeWasGood();
    }

    private async Task ProbeTimeAsync(CancellationToken stop)
    {
        while (true)
        {
            TimeSpan wait;
            Task hurried;
            lock (_gate)
            {
                wait = _breaker.ProbeAt - _desk.Steady;
                _hurried = Promise.New();
                hurried = _hurried.Task;
            }

            stop.ThrowIfCancellationRequested();
            if (wait <= TimeSpan.Zero)
                return;
            using var ended = new CancellationTokenSource();
            // Rounded up: a delay drops what is below a millisecond, and would spin until it is over.
            var nap = TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
            await Task.WhenAny(Task.Delay(nap, _desk.Time, ended.Token), hurried);
            ended.Cancel(); // no timer is left behind
        }
    }

    // Where nothing is to go onto the wire there is nothing to knock at: captured mail needs no next hop.
    private async Task<Failure?> ProbeAsync(CancellationToken stop)
    {
        if (_courier is null || !_desk.Orders.Policy.MaySend)
            return null;
        try
        {
            return await _courier.Value.ProbeAsync(stop) is not { } failure ? null
                : failure.IsShared ? failure
                : failure with { Fault = Fault.NextHop }; // there is no mail in a probe that could be at fault
        }
        catch (Exception bug) when (bug is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            return Desk.OurFault(bug);
        }
    }
}
