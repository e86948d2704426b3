using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>
/// The conductor: what is due, in which order, how many at once. It asks, has it delivered, and settles.
/// </summary>
/// <remarks>
/// <para>The stations of a mail; the code carries their numbers.</para>
/// <list type="number">
/// <item>A lane is kept for each route, for mail that no route fits, and for whatever else the spool holds
/// (<see cref="Conductor"/>).</item>
/// <item>Its pump leases what is due, with all slots that are free; the lease is durable before the mail is touched
/// (<see cref="LanePump"/>).</item>
/// <item>The sandbox judges each recipient, by the policy of this moment: captured, held, or cleared
/// (<see cref="Attempt"/>).</item>
/// <item>The courier tries those that are cleared; nobody else puts anything onto the wire.</item>
/// <item>A failure that all mail of the lane shares closes the lane, before anything is written.</item>
/// <item>Each recipient gets its verdict: the fault decides who waits (<see cref="Ruling"/>).</item>
/// <item>Who asked for a report gets one (<see cref="ReportRound"/>).</item>
/// <item>Verdicts, attempt, events and reports are settled in one commit; then the connection may forget the mail, and
/// its slot is free.</item>
/// <item>A closed lane is paused once, probed at the intervals of its fault, and resumed
/// (<see cref="Postroom.Mail.Status.Breaker"/>).</item>
/// </list>
/// <para>Lanes share nothing but the spool: a dead next hop costs the others nothing. Nothing here grows with the
/// backlog: a lane holds as many parcels as its courier has slots. Nobody here waits by a clock but a closed
/// lane.</para>
/// </remarks>
public sealed class Conductor : IAsyncDisposable
{
    private readonly Desk _desk;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly SemaphoreSlim _doors = new(1); // lanes are opened and closed by one at a time
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LanePump> _lanes = new(StringComparer.Ordinal);
    private readonly List<Task> _leaving = [];
    private Task? _run;

    public Conductor(ConductorParts parts) => _desk = new Desk(parts);

    /// <summary>
    /// Conducts until <paramref name="cancel"/> or <see cref="StopAsync"/>, or until the spool fails.
    /// </summary>
    /// <remarks>
    /// Completes without an exception when the transactions under way have ended, or
    /// <see cref="QueueSettings.StopWithin"/> is over. That the spool failed is told by <see cref="ISpool.Failed"/>.
    /// </remarks>
    public Task RunAsync(CancellationToken cancel)
    {
        lock (_gate)
            return _run = _run is null
                ? ConductAsync(cancel)
                : throw new InvalidOperationException("a conductor runs once");
    }

    /// <summary>Leases nothing more, lets transactions under way end (bounded), and returns the rest.</summary>
    public async Task StopAsync()
    {
        Stop(_stop);
        Task? run;
        lock (_gate)
            run = _run;
        if (run is not null)
            await run;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>
    /// Goes on by new orders. Routes that did not change keep their couriers with their connections; a changed one gets
    /// a new courier at once, and the old one ends when its transactions under way have; paused lanes are probed at
    /// once.
    /// </summary>
    public async Task ReloadAsync(
        RouteTable routes, SandboxPolicy policy, QueueSettings settings, CancellationToken cancel)
    {
        await _doors.WaitAsync(CancellationToken.None);
        try
        {
            cancel.ThrowIfCancellationRequested();
            _desk.Orders = new Orders(routes, policy, settings);
            foreach (var lane in Opened())
                if (lane.Name == RouteTable.NoLane || IsUnchanged(lane.Route, routes.Named(lane.Name)))
                    lane.Refresh(isCure: false);
                else
                    await CloseAsync(lane);
            await _desk.Spool.RouteByAsync(routes.LaneOf, cancel);
            if (!_stop.IsCancellationRequested)
                await OpenAsync(cancel);
        }
        finally
        {
            _doors.Release();
        }
    }

    /// <summary>
    /// Goes on by another policy, and all else as it is: whatever is leased from now on is judged by it. Lanes lease
    /// anew, for whether there is a next hop to be asked may have changed.
    /// </summary>
    public async Task JudgeByAsync(SandboxPolicy policy)
    {
        await _doors.WaitAsync(CancellationToken.None);
        try
        {
            _desk.Orders = _desk.Orders with { Policy = policy };
            ProbeNow();
        }
        finally
        {
            _doors.Release();
        }
    }

    /// <summary>
    /// Probes every paused lane now instead of at its appointed time: somebody is in a hurry. But for those whose
    /// account is refused: hurry cures nothing there, and knocking locks it.
    /// </summary>
    public void ProbeNow()
    {
        foreach (var lane in Opened())
            lane.Refresh(isCure: false);
    }

    /// <summary>Probes these lanes now, whatever holds them: somebody mended something of theirs.</summary>
    public void ProbeCured(Func<Route, bool> which)
    {
        foreach (var lane in Opened())
            if (lane.Route is { } route && which(route))
                lane.Refresh(isCure: true);
    }

    /// <summary>Every lane as it stands now, by name.</summary>
    public IReadOnlyList<LaneStatus> Lanes =>
        [.. Opened().Select(lane => lane.Status()).OrderBy(lane => lane.Lane, StringComparer.Ordinal)];

    // At once and in this very call: when it returns, no pump leases any more.
    private static void Stop(CancellationTokenSource stop) => stop.Cancel();

    private async Task ConductAsync(CancellationToken cancel)
    {
        await Task.Yield();
        await using var asked = cancel.UnsafeRegister(static stop => Stop((CancellationTokenSource)stop!), _stop);
        var within = TimeSpan.Zero;
        try
        {
            while (true)
            {
                await KeepLanesAsync(_stop.Token);
                var changed = _desk.Spool.LanesChangedAsync(_stop.Token).AsTask();
                await await Task.WhenAny(changed, _desk.Spool.Failed);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            within = _desk.Orders.Settings.StopWithin;
        }
        catch (SpoolFailedException)
        {
            // Quietly: the Host ends the process. And at once: what is not yet sent whole had better not be, for it
            // could not be recorded.
            within = TimeSpan.Zero;
        }
        finally
        {
            await WindUpAsync(within);
        }
    }

    // 1. A lane for each route, for mail without one, and for what the spool holds of older configurations.
    private async Task KeepLanesAsync(CancellationToken cancel)
    {
        await _doors.WaitAsync(CancellationToken.None);
        try
        {
            cancel.ThrowIfCancellationRequested();
            if (HasStrays())
                await _desk.Spool.RouteByAsync(_desk.Orders.Routes.LaneOf, cancel);
            await OpenAsync(cancel);
        }
        finally
        {
            _doors.Release();
        }
    }

    private bool HasStrays()
    {
        foreach (var held in _desk.Spool.Lanes)
            if (held.Lane != RouteTable.NoLane && _desk.Orders.Routes.Named(held.Lane) is null && !IsOpened(held.Lane))
                return true;
        return false;
    }

    private async Task OpenAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        List<LanePump> opened = [];
        List<Task> gone;
        lock (_gate)
        {
            var routes = _desk.Orders.Routes;
            Open(RouteTable.NoLane, null, opened);
            foreach (var route in routes.Routes)
                Open(route.Name, route, opened);
            foreach (var held in _desk.Spool.Lanes)
                Open(held.Lane, routes.Named(held.Lane), opened);
            gone = _leaving.FindAll(task => task.IsCompleted);
            _leaving.RemoveAll(gone.Contains);
        }

        foreach (var lane in opened)
            lane.Start();
        await Task.WhenAll(gone);
    }

    private void Open(string name, Route? route, List<LanePump> opened)
    {
        if (_lanes.ContainsKey(name))
            return;
        var lane = new LanePump(_desk, name, route, _stop.Token, _cut.Token);
        _lanes.Add(name, lane);
        opened.Add(lane);
    }

    private async Task CloseAsync(LanePump lane)
    {
        lock (_gate)
            _lanes.Remove(lane.Name);
        await lane.StopAsync();
        await lane.ReleaseAsync();
        lock (_gate)
            _leaving.Add(LeaveAsync(lane));
    }

    // What was under way comes back into a lane that may be no more: it is sorted anew once the last try has ended.
    private async Task LeaveAsync(LanePump lane)
    {
        await lane.DrainedAsync();
        await DismissAsync(lane);
        if (_desk.Orders.Routes.Named(lane.Name) is null && !_stop.IsCancellationRequested)
            await _desk.Spool.RouteByAsync(_desk.Orders.Routes.LaneOf, CancellationToken.None);
    }

    private async Task WindUpAsync(TimeSpan within)
    {
        Stop(_stop);
        await _doors.WaitAsync(CancellationToken.None); // a reload under way is waited for, and none opens a lane again
        var lanes = Opened();
        await Task.WhenAll(lanes.Select(lane => lane.StopAsync()));
        var drained = DrainedAsync(lanes);
        if (!await EndsAsync(drained, within))
        {
            _desk.Log.CutOff(lanes.Sum(lane => lane.Status().InFlight));
            _cut.Cancel(); // couriers give up at once, and what they had goes back
            await EndsAsync(drained, _desk.Orders.Settings.StopWithin);
        }

        foreach (var lane in lanes)
            await DismissAsync(lane);
        _doors.Release();
    }

    private async Task DrainedAsync(List<LanePump> lanes)
    {
        await Task.WhenAll(lanes.Select(lane => lane.DrainedAsync()));
        Task[] leaving;
        lock (_gate)
            leaving = [.. _leaving];
        await Task.WhenAny(Task.WhenAll(leaving)); // what they met they told the log; here only their end counts
    }

    private async Task<bool> EndsAsync(Task task, TimeSpan within)
    {
        using var bound = new CancellationTokenSource();
        var late = Task.Delay(within, _desk.Time, bound.Token);
        var first = await Task.WhenAny(task, late);
        bound.Cancel();
        return first == task;
    }

    private async Task DismissAsync(LanePump lane)
    {
        try
        {
            await lane.DisposeAsync();
        }
        catch (Exception broke) when (broke is IOException or InvalidOperationException or ObjectDisposedException)
        {
            _desk.Log.CourierBroke(broke);
        }
    }

    private List<LanePump> Opened()
    {
        lock (_gate)
            return [.. _lanes.Values];
    }

    private bool IsOpened(string name)
    {
        lock (_gate)
            return _lanes.ContainsKey(name);
    }

    // What a courier is built from: everything but the patterns, which only the table reads.
    private static bool IsUnchanged(Route? before, Route? now)
    {
        string[] none = [];
        return before is not null && now is not null &&
            before with { Recipients = none, Senders = none } == now with { Recipients = none, Senders = none };
    }
}
