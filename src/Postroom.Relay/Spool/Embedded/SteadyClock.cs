namespace Postroom.Relay.Spool.Embedded;

/// <summary>The wall clock, watched: it may jump, and waiting mail must neither freeze nor grow old by that.</summary>
/// <remarks>
/// Waits run by the clock that never jumps. Where the two drift apart by more than <see cref="Tolerance"/>, the wall
/// clock has jumped: it is said once, and time that did not pass does not count towards expiry.
/// </remarks>
internal sealed class SteadyClock
{
    /// <summary>More than a slewing NTP client makes of an hour, less than anybody sets by hand.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly TimeSpan _longestWait;
    private readonly DateTimeOffset _began;
    private readonly long _beganAt;
    private readonly Lock _gate = new();
    private DateTimeOffset _wall;
    private long _ticks;
    private long _putBackAt; // or the start: how the clock stood before is not known then

    /// <param name="time">Both clocks.</param>
    /// <param name="longestWait">No schedule waits longer: a due time further off was set by a clock that has been put
    /// back since.</param>
    public SteadyClock(TimeProvider time, TimeSpan longestWait)
    {
        (_time, _longestWait) = (time, longestWait);
        (_wall, _ticks) = (_began, _beganAt) = (time.GetUtcNow(), time.GetTimestamp());
        _putBackAt = _ticks;
    }

    public DateTimeOffset Wall => _time.GetUtcNow();

    /// <summary>
    /// The wall clock, but without what it was set forward since the start: by it is thrown away what has been kept for
    /// long enough.
    /// </summary>
    public DateTimeOffset Surely
    {
        get
        {
            var passed = _began + _time.GetElapsedTime(_beganAt);
            return Wall < passed ? Wall : passed;
        }
    }

    /// <summary>The clock that never jumps, in the units of <see cref="TimeProvider.TimestampFrequency"/>.</summary>
    public long Ticks => _time.GetTimestamp();

    public long TicksAfter(TimeSpan wait) => Ticks + InTicks(wait);

    /// <summary>When a due time comes that was set a moment ago, by the clock that never jumps.</summary>
    public long TicksAt(DateTimeOffset due)
    {
        var wait = due - Wall;
        return TicksAfter(wait < _longestWait ? wait : _longestWait);
    }

    /// <summary>When a due time comes that was set at any time, in another life even.</summary>
    /// <remarks>
    /// What was set by a clock that has been put back since comes one longest wait after that, whenever this is asked:
    /// mail is read from the ledger page by page, and must not wait so long for each page.
    /// </remarks>
    public long TicksAtStored(DateTimeOffset due)
    {
        if (due - Wall <= _longestWait)
            return TicksAt(due);
        lock (_gate)
            return (Drift(Wall, Ticks) < -Tolerance ? Ticks : _putBackAt) + InTicks(_longestWait);
    }

    public TimeSpan Until(long ticks) =>
        TimeSpan.FromSeconds(Math.Max(0, (ticks - Ticks) / (double)_time.TimestampFrequency));

    /// <summary>Since the last call: from where to where the wall clock jumped; null if it did not.</summary>
    public (DateTimeOffset From, DateTimeOffset To)? Jump()
    {
        lock (_gate)
        {
            var (wall, ticks) = (Wall, Ticks);
            var drift = Drift(wall, ticks);
            (_wall, _ticks) = (wall, ticks);
            if (drift < -Tolerance)
                _putBackAt = ticks;
            return drift.Duration() > Tolerance ? (wall - drift, wall) : null;
        }
    }

    // How far the wall clock has gone ahead of the other since they were last looked at.
    private TimeSpan Drift(DateTimeOffset wall, long ticks) => wall - _wall - _time.GetElapsedTime(_ticks, ticks);

    private long InTicks(TimeSpan wait) => (long)(Math.Max(0, wait.TotalSeconds) * _time.TimestampFrequency);
}
