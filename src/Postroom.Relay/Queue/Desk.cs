using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Mail.Trouble;
using Postroom.Relay.Delivery;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Queue;

/// <summary>What all lanes share: the orders of the moment, the clock, the dice, and the one log of bugs.</summary>
internal sealed class Desk(ConductorParts parts)
{
    private static readonly TimeSpan BugEvery = TimeSpan.FromMinutes(1);

    private const int MostParked = 10_000; // remembered, so that each is told once; nobody reads more

    private readonly DateTimeOffset _began = parts.Time.GetUtcNow();
    private readonly long _beganAt = parts.Time.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _bugs = new(StringComparer.Ordinal);
    private readonly HashSet<MailId> _parked = [];
    private volatile Orders _orders = new(parts.Routes, parts.Policy, parts.Settings);

    public ISpool Spool => parts.Spool;

    public ICourier CourierFor(Route route) => parts.CourierFor(route);

    public ValueTask<Suppression?> SuppressedByAsync(Lease lease, LeasedRecipient to) => parts.SuppressedBy(lease, to);

    public Made? Meddle(Occasion at, bool wouldLeave) => parts.Meddle(at, wouldLeave);

    public ValueTask<Keeping?> KeptByAsync(Lease lease, LeasedRecipient to) => parts.KeptBy(lease, to);

    public string HostName => parts.HostName;

    public ILogger Log => parts.Log;

    public QueueMeters Meters => parts.Meters.Queue;

    public RelayTraces Traces => parts.Meters.Traces;

    public TimeProvider Time => parts.Time;

    public DateTimeOffset Now => parts.Time.GetUtcNow();

    /// <summary>An instant that never jumps: breakers wait by it, whatever becomes of the wall clock.</summary>
    public DateTimeOffset Steady => _began + parts.Time.GetElapsedTime(_beganAt);

    /// <summary>The same instant as people's clocks show it now.</summary>
    public DateTimeOffset OnTheWall(DateTimeOffset steady) => steady + (Now - Steady);

    /// <summary>A breaker as the last life left it; sound if it left none.</summary>
    public Breaker BreakerOf(string lane)
    {
        if (RefusalOf(lane) is not { } standing)
            return Breaker.Sound;
        Log.StillRefused(lane, standing.ProbeAt, standing.Cause.Diagnostic);
        var left = standing.ProbeAt - Now;
        if (left > standing.Wait) // the wall clock was put back
            left = standing.Wait;
        return Breaker.Resumed(standing.Cause, standing.Since - (Now - Steady), standing.Wait, Steady + left);
    }

    /// <summary>Its account is refused, and nothing of it changed since.</summary>
    public bool IsStillRefused(string lane) => RefusalOf(lane) is not null;

    private StandingRefusal? RefusalOf(string lane)
    {
        try
        {
            return parts.RefusalOf(lane);
        }
        catch (Exception unknown) when (unknown is not OutOfMemoryException)
        {
            Log.RefusalUnknown(unknown, lane);
            return null; // one knock too many, and mail moves
        }
    }

    /// <summary>Has a refused account outlive this process; forgets it where mail flows or another is at
    /// fault.</summary>
    public void Keep(string lane, Breaker breaker) => parts.KeepRefusal(lane,
        breaker is { State: BreakerState.Open, Cause: { Fault: Fault.Account } cause }
            ? new StandingRefusal(cause, OnTheWall(breaker.Since), breaker.Wait, OnTheWall(breaker.ProbeAt))
            : null);

    public Orders Orders
    {
        get => _orders;
        set => _orders = value;
    }

    public double Roll()
    {
        lock (_gate)
            return parts.Dice.NextDouble();
    }

    /// <summary>
    /// A bug is a fault of ours: mail waits, nobody gets a bounce, and the operator reads of it once a minute.
    /// </summary>
    public Failure Bug(Exception bug, MailId mail, string lane)
    {
        if (IsNews(bug))
            Log.AttemptBroke(bug, mail.ToString(), lane);
        return OurFault(bug);
    }

    /// <summary>Mail that waits for longer than anybody meant it to raises an alarm, once; it never bounces.</summary>
    public void WatchPark(Lease lease)
    {
        if (Now - lease.AcceptedAt < Orders.Settings.ParkLimit)
            return;
        lock (_gate)
            if (_parked.Count >= MostParked || !_parked.Add(lease.Id))
                return;
        Parked(lease.Lane, lease.Id, lease.AcceptedAt);
    }

    /// <summary>Says that a mail, or all mail of a lane (null), waits for longer than the park limit.</summary>
    public void Parked(string lane, MailId? mail, DateTimeOffset since)
    {
        Meters.Parked(lane);
        Spool.Note(new TrailEvent(Now, EventKind.Parked, mail, null)
        {
            Lane = lane,
            Text = $"waiting since {since:u}, longer than the park limit: nothing bounces, but look at it",
        });
        Log.Parked(lane, mail?.ToString() ?? "all mail", since);
    }

    public static Failure OurFault(Exception bug) =>
        new(Fault.Ourselves, new EnhancedStatus(4, 3, 0), $"fault of this relay: {bug.GetType().Name}", null);

    private bool IsNews(Exception bug)
    {
        var type = bug.GetType().FullName ?? "";
        var now = Now;
        lock (_gate)
        {
            if (_bugs.TryGetValue(type, out var last) && now - last < BugEvery)
                return false;
            _bugs[type] = now;
            return true;
        }
    }
}
