namespace Postroom.Relay.Submission;

/// <summary>How many connections there are, in all and from each source (promise 9).</summary>
internal sealed class ConnectionCount
{
    private readonly Dictionary<string, int> _bySource = [];
    private readonly Lock _lock = new();
    private int _all;

    /// <summary>Counts one in, unless that would be one too many.</summary>
    /// <param name="source">Null counts in all only: a UNIX socket has one source.</param>
    /// <returns>0, or the limit that stands against it.</returns>
    public int TryAdd(string? source, ListenerLimits limits)
    {
        lock (_lock)
        {
            if (_all >= limits.Connections)
                return limits.Connections;
            var count = source == null ? 0 : _bySource.GetValueOrDefault(source);
            if (source != null && count >= limits.ConnectionsPerSource)
                return limits.ConnectionsPerSource;
            _all++;
            if (source != null)
                _bySource[source] = count + 1;
            return 0;
        }
    }

    public void Remove(string? source)
    {
        lock (_lock)
        {
            _all--;
            if (source == null)
                return;
            if (--_bySource[source] == 0)
                _bySource.Remove(source);
        }
    }
}
