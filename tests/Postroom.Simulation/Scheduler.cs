namespace Postroom.Simulation;

/// <summary>The one thread of a simulated world: what is ready runs in an order the dice pick, and the clock jumps to
/// the next timer when nothing is.</summary>
/// <remarks>Everything that could happen at once on real machines happens here one after the other, in an order that
/// only the seed decides: so each seed repeats exactly.</remarks>
internal sealed class Scheduler(Random dice)
{
    private readonly List<(Party Party, SendOrPostCallback What, object? State)> _ready = [];
    private readonly PriorityQueue<SimulatedTimer, (long Due, long Number)> _timers = new();
    private long _numbers;

    /// <summary>Ticks since the world began; never jumps back.</summary>
    public long Now { get; private set; }

    /// <summary>How far the wall clock is from the truth.</summary>
    public TimeSpan WallShift { get; set; }

    public long Steps { get; private set; }

    public Random Dice => dice;

    /// <summary>Called with what a step threw: in a real process it would end it.</summary>
    public required Action<Party, Exception> OnCrash { get; init; }

    public void Post(Party party, SendOrPostCallback what, object? state)
    {
        if (!party.IsDead)
            _ready.Add((party, what, state));
    }

    public void Post(Party party, Action what) => Post(party, static act => ((Action)act!)(), what);

    public void After(TimeSpan wait, Party party, Action what) =>
        new SimulatedTimer(this, party, static act => ((Action)act!)(), what).Change(wait, Timeout.InfiniteTimeSpan);

    public void Add(SimulatedTimer timer) => _timers.Enqueue(timer, (timer.Due, _numbers++));

    /// <summary>One step of somebody. False: nothing will ever happen again.</summary>
    public bool Step()
    {
        Steps++;
        Now += dice.Next(200); // computing takes a few microseconds, too
        while (true)
        {
            // A timer may well ring while others still have work.
            if (_ready.Count == 0 || (_timers.TryPeek(out _, out var first) && first.Due <= Now && dice.Next(4) == 0))
            {
                if (!_timers.TryDequeue(out var timer, out var at))
                {
                    if (_ready.Count == 0)
                        return false;
                }
                else if (timer.IsSetTo(at.Due))
                {
                    Now = Math.Max(Now, at.Due);
                    Run(timer.Party, timer.Ring, null);
                    return true;
                }
                else
                    continue;
            }

            var pick = dice.Next(_ready.Count);
            var (party, what, state) = _ready[pick];
            _ready[pick] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
            if (party.IsDead)
                continue;
            Run(party, what, state);
            return true;
        }
    }

    private void Run(Party party, SendOrPostCallback what, object? state)
    {
        // A new one for each step: so whoever waits goes on in a step of his own, never within the one that wakes him.
        SynchronizationContext.SetSynchronizationContext(new StepContext(this, party));
        try
        {
            party.OnStep?.Invoke();
            if (!party.IsDead)
                what(state);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            OnCrash(party, e);
        }
    }

    private sealed class StepContext(Scheduler scheduler, Party party) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => scheduler.Post(party, d, state);

        public override void Send(SendOrPostCallback d, object? state) =>
            throw new NotSupportedException("nobody waits for another here");
    }
}

/// <summary>Whoever acts: a life of the relay, or the world around it. What a dead one had in mind does not
/// happen.</summary>
internal sealed class Party(string name)
{
    public bool IsDead { get; set; }

    /// <summary>Called before each step.</summary>
    public Action? OnStep { get; init; }

    public override string ToString() => name;
}

/// <summary>The clock of a party.</summary>
internal sealed class SimulatedTime(Scheduler scheduler, Party party) : TimeProvider
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 25, 6, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => scheduler.Now;

    public override DateTimeOffset GetUtcNow() => Begin + TimeSpan.FromTicks(scheduler.Now) + scheduler.WallShift;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(scheduler, party, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>Rings once each time it is set.</summary>
internal sealed class SimulatedTimer(Scheduler scheduler, Party party, TimerCallback callback, object? state) : ITimer
{
    private bool _isSet;

    public Party Party => party;

    public long Due { get; private set; }

    public bool IsSetTo(long due) => _isSet && due == Due && !party.IsDead;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan)
            throw new NotSupportedException("nothing in the relay polls");
        _isSet = dueTime >= TimeSpan.Zero;
        if (!_isSet)
            return true;
        Due = scheduler.Now + dueTime.Ticks;
        scheduler.Add(this);
        return true;
    }

    public void Ring(object? _)
    {
        _isSet = false;
        callback(state);
    }

    public void Dispose() => _isSet = false;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
