namespace Postroom.Relay.Wire;

/// <summary>One deadline that is moved often and met nearly always: moving it costs a store, not a timer.</summary>
/// <remarks>
/// The timer is set when there is none under way, and asks, when it fires, whether the deadline has moved since. So
/// a busy connection touches its timer once per deadline's length, and an idle one has none under way for long.
/// </remarks>
internal sealed class Watch(TimeProvider time, Action<string> onLate) : IDisposable
{
    private readonly Lock _gate = new();
    private ITimer? _timer;
    private long _due;              // timestamp; 0: nothing is awaited
    private long _fires;            // timestamp at which the timer fires; 0: it is not set
    private string _awaited = "";
    private bool _disposed;

    /// <summary>From now on this is awaited, for so long.</summary>
    public void Await(string what, TimeSpan within)
    {
        lock (_gate)
        {
            var due = time.GetTimestamp() + (long)(within.TotalSeconds * time.TimestampFrequency);
            (_due, _awaited) = (due, what);
            if (_disposed || (_fires != 0 && _fires <= due))
                return;
            _fires = due;
            _timer ??= time.CreateTimer(
                static watch => ((Watch)watch!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(within, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Nothing is awaited.</summary>
    public void Rest()
    {
        lock (_gate)
            _due = 0;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
        }
    }

    private void Fire()
    {
        string late;
        lock (_gate)
        {
            _fires = 0;
            if (_due == 0 || _disposed)
                return;
            var left = time.GetElapsedTime(time.GetTimestamp(), _due);
            if (left > TimeSpan.FromMilliseconds(1))
            {
                _fires = _due;
                _timer!.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            (_due, late) = (0, _awaited);
        }

        onLate(late);
    }
}
