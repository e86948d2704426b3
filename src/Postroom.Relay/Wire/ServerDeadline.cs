namespace Postroom.Relay.Wire;

/// <summary>When the other side has to have done something. Moving it later costs no timer call; nothing runs when it
/// is not due.</summary>
internal sealed class ServerDeadline : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly Action _passed;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private long _due = long.MaxValue;
    private long _armed = long.MaxValue;

    /// <param name="passed">Called on another thread when it has passed; it may be set again there and then.</param>
    public ServerDeadline(TimeProvider clock, Action passed)
    {
        (_clock, _passed) = (clock, passed);
        _timer = clock.CreateTimer(static s => ((ServerDeadline)s!).Rang(), this,
            Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool HasPassed
    {
        get
        {
            lock (_lock)
                return _clock.GetTimestamp() >= _due;
        }
    }

    public void Set(TimeSpan wait)
    {
        lock (_lock)
        {
            _due = _clock.GetTimestamp() + (long)(wait.TotalSeconds * _clock.TimestampFrequency);
            if (_due < _armed)
                Arm();
        }
    }

    public void Clear()
    {
        lock (_lock)
            _due = long.MaxValue;
    }

    public void Dispose() => _timer.Dispose();

    private void Arm()
    {
        _armed = _due;
        // A millisecond more: the timer counts in whole ones, and must not ring before the time.
        var wait = _clock.GetElapsedTime(_clock.GetTimestamp(), _due) + TimeSpan.FromMilliseconds(1);
        _timer.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private void Rang()
    {
        lock (_lock)
        {
            _armed = long.MaxValue;
            if (_due == long.MaxValue)
                return;
            if (_clock.GetTimestamp() < _due)
            {
                Arm();
                return;
            }
        }

        _passed();
    }
}
