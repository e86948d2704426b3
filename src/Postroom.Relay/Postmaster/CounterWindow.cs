namespace Postroom.Relay.Postmaster;

/// <summary>By how much something that only grows has grown of late.</summary>
/// <remarks>It keeps a value a minute: what is told is of between the span and a minute more.</remarks>
/// <param name="span">How far back.</param>
public sealed class CounterWindow(TimeSpan span)
{
    private static readonly TimeSpan Grain = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Queue<(TimeSpan At, double Value)>> _seen = [];
    private TimeSpan? _began;

    public TimeSpan Span => span;

    /// <summary>Tells the growth of a series, now that it has this value.</summary>
    /// <param name="series">Its labels.</param>
    /// <param name="at">What has passed since any moment, always the same.</param>
    /// <param name="value">Smaller than before: it began anew.</param>
    public double Grown(string series, TimeSpan at, double value)
    {
        if (!_seen.TryGetValue(series, out var seen))
            // Counters begin with 0, when the window does; of one that is looked at later nobody knows when it grew.
            _seen[series] = seen = new Queue<(TimeSpan, double)>([(at, at - (_began ??= at) < 2 * Grain ? 0 : value)]);
        if (seen.Count > 0 && seen.Peek().Value > value)
            seen.Clear();
        if (seen.Count == 0 || at - seen.Last().At >= Grain)
            seen.Enqueue((at, value));
        while (seen.Count > 1 && at - seen.ElementAt(1).At >= span)
            seen.Dequeue();
        return value - seen.Peek().Value;
    }
}
