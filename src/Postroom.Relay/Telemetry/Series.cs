using System.Collections.Concurrent;
using System.Globalization;

namespace Postroom.Relay.Telemetry;

/// <summary>The values of the labels of one series, in the order in which they are declared.</summary>
internal readonly record struct LabelValues(string? First, string? Second, string? Third)
{
    public string this[int at] => at switch { 0 => First, 1 => Second, _ => Third } ?? "";
}

/// <summary>One series of one instrument. Added to by many at once, without a lock.</summary>
internal sealed class Series(LabelValues labels, IReadOnlyList<double> bounds)
{
    private readonly long[] _buckets = new long[bounds.Count == 0 ? 0 : bounds.Count + 1];
    private long _bits; // of a double: the sum, or what was observed last

    public LabelValues Labels => labels;

    public double Value => BitConverter.Int64BitsToDouble(Volatile.Read(ref _bits));

    public void Set(double value) => Volatile.Write(ref _bits, BitConverter.DoubleToInt64Bits(value));

    public void Add(double value)
    {
        var seen = Volatile.Read(ref _bits);
        while (true)
        {
            var sum = BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + value);
            var found = Interlocked.CompareExchange(ref _bits, sum, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }

    public void Record(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Count && !(value <= bounds[bucket])) // what is no number is in the last
            bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Add(value);
    }

    /// <summary>How many fell into each bucket; none is counted twice.</summary>
    public long[] Buckets()
    {
        var copy = new long[_buckets.Length];
        for (var i = 0; i < copy.Length; i++)
            copy[i] = Volatile.Read(ref _buckets[i]);
        return copy;
    }
}

/// <summary>All series of one instrument.</summary>
internal sealed class SeriesBook(Declaration declared)
{
    private static readonly LabelValues Overflow =
        new(Declaration.Overflow, Declaration.Overflow, Declaration.Overflow);

    private readonly ConcurrentDictionary<LabelValues, Series> _series = new();
    private int _count;

    public Declaration Declared => declared;

    public IEnumerable<Series> All => _series.Values;

    /// <summary>It is asked at each look, and tells only what is so then.</summary>
    public bool IsObserved { get; set; }

    /// <summary>What an instrument told that is only looked at is told anew, or is no more.</summary>
    public void Forget()
    {
        _series.Clear();
        Volatile.Write(ref _count, 0);
    }

    public Series Of(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new LabelValues(Value(tags, 0), Value(tags, 1), Value(tags, 2));
        return _series.TryGetValue(labels, out var series) ? series : Begin(labels);
    }

    private Series Begin(LabelValues labels)
    {
        if (Volatile.Read(ref _count) >= Declaration.MostSeries)
            return _series.GetOrAdd(Overflow, static (all, bounds) => new Series(all, bounds), declared.Buckets);
        var fresh = new Series(labels, declared.Buckets);
        var kept = _series.GetOrAdd(labels, fresh);
        if (ReferenceEquals(kept, fresh))
            Interlocked.Increment(ref _count);
        return kept;
    }

    private string? Value(ReadOnlySpan<KeyValuePair<string, object?>> tags, int at)
    {
        if (at >= declared.Labels.Count)
            return null;
        var name = declared.Labels[at].Name;
        if (at < tags.Length && tags[at].Key == name)
            return Text(tags[at].Value);
        foreach (var (key, value) in tags)
            if (key == name)
                return Text(value);
        return "";
    }

    private static string Text(object? value) =>
        value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
