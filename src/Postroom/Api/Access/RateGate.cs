namespace Postroom.Api.Access;

/// <summary>Lets each caller go on at a rate, after a burst.</summary>
/// <remarks>Each has a bucket that fills as time passes; a full one is forgotten, so that memory is bounded by the
/// callers of the last seconds.</remarks>
/// <param name="rate">Requests a second.</param>
/// <param name="burst">Requests that may have been saved up.</param>
internal sealed class RateGate(double rate, double burst, TimeProvider time)
{
    private const int Many = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (double Left, long At)> _buckets = new(StringComparer.Ordinal);

    /// <summary>Takes one request out of a caller's bucket.</summary>
    /// <returns>Null if it may go on; else how long until it may.</returns>
    public TimeSpan? Wait(string caller)
    {
        var now = time.GetTimestamp();
        lock (_lock)
        {
            var left = _buckets.TryGetValue(caller, out var bucket) ? LeftAt(bucket, now) : burst;
            if (left < 1)
                return TimeSpan.FromSeconds((1 - left) / rate);
            if (_buckets.Count >= Many)
                Forget(now);
            _buckets[caller] = (left - 1, now);
            return null;
        }
    }

    /// <summary>How many are remembered.</summary>
    internal int Callers { get { lock (_lock) return _buckets.Count; } }

    private double LeftAt((double Left, long At) bucket, long now) =>
        Math.Min(burst, bucket.Left + time.GetElapsedTime(bucket.At, now).TotalSeconds * rate);

    private void Forget(long now)
    {
        foreach (var (caller, bucket) in _buckets)
            if (LeftAt(bucket, now) >= burst)
                _buckets.Remove(caller);
    }
}
