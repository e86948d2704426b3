namespace Postroom.Tests.Relay.Submission;

/// <summary>A clock that runs so many times faster than the real one: what waits, waits less.</summary>
public sealed class HurriedClock(int times) : TimeProvider
{
    private readonly long _begin = System.GetTimestamp();
    private readonly DateTimeOffset _day = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => _begin + (System.GetTimestamp() - _begin) * times;

    public override DateTimeOffset GetUtcNow() => _day + System.GetElapsedTime(_begin) * times;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Hurried(System.CreateTimer(callback, state, Less(dueTime), Less(period)), this);

    private TimeSpan Less(TimeSpan wait) => wait == Timeout.InfiniteTimeSpan ? wait : wait / times;

    private sealed class Hurried(ITimer timer, HurriedClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(clock.Less(dueTime), clock.Less(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
