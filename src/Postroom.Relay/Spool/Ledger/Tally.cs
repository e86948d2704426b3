using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>
/// How many recipients there are by lane and state, kept with every change so that nothing has to count.
/// </summary>
internal sealed class Tally : IDisposable
{
    private readonly Database _database;
    private readonly Statement _write;
    private readonly Dictionary<(string Lane, State State), long> _counts = [];
    private readonly HashSet<(string Lane, State State)> _changed = [];

    public Tally(Database database)
    {
        _database = database;
        _write = database.Prepare("INSERT OR REPLACE INTO tally(lane, state, n) VALUES(?1, ?2, ?3)");
        Reload();
    }

    /// <summary>Forgets what was not written.</summary>
    public void Reload()
    {
        _counts.Clear();
        _changed.Clear();
        using var rows = _database.Prepare("SELECT lane, state, n FROM tally");
        while (rows.Step())
            _counts[(rows.Text(0), (State)rows.Int(1))] = rows.Long(2);
    }

    public void Move((string Lane, State State)? from, (string Lane, State State) to)
    {
        if (from == to)
            return;
        if (from is { } left)
            Add(left, -1);
        Add(to, 1);
    }

    /// <summary>A recipient is forgotten.</summary>
    public void Remove((string Lane, State State) from) => Add(from, -1);

    public void Write()
    {
        foreach (var key in _changed)
            _write.Bind(1, key.Lane).Bind(2, (long)key.State).Bind(3, _counts[key]).Run();
        _changed.Clear();
    }

    /// <summary>By lane: waiting or being tried.</summary>
    public IReadOnlyList<LaneUse> Lanes() =>
        [.. _counts.Where(count => count.Key.State is State.Waiting or State.Trying && count.Value > 0)
            .GroupBy(count => count.Key.Lane, count => count.Value)
            .Select(lane => new LaneUse(lane.Key, lane.Sum()))
            .OrderBy(lane => lane.Lane, StringComparer.Ordinal)];

    public void Dispose() => _write.Dispose();

    private void Add((string Lane, State State) key, long by)
    {
        _counts[key] = _counts.GetValueOrDefault(key) + by;
        _changed.Add(key);
    }
}
