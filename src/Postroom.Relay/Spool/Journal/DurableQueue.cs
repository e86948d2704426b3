namespace Postroom.Relay.Spool.Journal;

/// <summary>What is durable and not yet indexed, in order. One reader.</summary>
internal sealed class DurableQueue
{
    private readonly Lock _lock = new();
    private readonly Queue<Entry> _entries = new();
    private TaskCompletionSource? _waiting;

    public long Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Adds the entries of these appends. The reader is woken on a thread of the pool.</summary>
    public void Add(List<Append> appends)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            foreach (var append in appends)
                for (var frame = append.First; frame is not null; frame = frame.Next)
                    if (frame.Entry is { } entry)
                        _entries.Enqueue(entry);
            waiting = _entries.Count > 0 ? _waiting : null;
            if (waiting is not null)
                _waiting = null;
        }

        waiting?.SetResult();
    }

    public async ValueTask<IReadOnlyList<Entry>> TakeAsync(int most, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        while (true)
        {
            Task some;
            lock (_lock)
            {
                if (_entries.Count > 0)
                    return Dequeue(most);
                _waiting ??= Promise.New();
                some = _waiting.Task;
            }

            await some.WaitAsync(cancel);
        }
    }

    private Entry[] Dequeue(int most)
    {
        var taken = new Entry[Math.Min(most, _entries.Count)];
        for (var i = 0; i < taken.Length; i++)
            taken[i] = _entries.Dequeue();
        if (_entries.Count == 0 && _entries.Capacity > 4096)
            _entries.TrimExcess();
        return taken;
    }
}
