namespace Postroom.Relay.Submission;

/// <summary>How many connections there are, in all and from each source (promise 9).</summary>
internal sealed class ConnectionCount
{
    // For the store, the way out and the command line; most of them stand unused.
    private const int DescriptorsKept = 64;

    private readonly Dictionary<string, int> _bySource = [];
    private readonly Lock _lock = new();
    private int _all;

    /// <summary>
    /// How many connections one of some listeners may have, whatever is configured: where descriptors run out, nothing
    /// goes on, not even the delivery of what was accepted.
    /// </summary>
    public static int Share(long descriptors, int listeners) =>
        (int)Math.Clamp((descriptors - DescriptorsKept) * 3 / 4 / Math.Max(1, listeners), 4, int.MaxValue);

    /// <summary>Counts one in, unless that would be one too many.</summary>
    /// <param name="source">Null counts in all only: a UNIX socket has one source.</param>
    /// <param name="share">See <see cref="Share"/>.</param>
    /// <returns>0, or the limit that stands against it.</returns>
    public int TryAdd(string? source, ListenerLimits limits, int share)
    {
        lock (_lock)
        {
            if (_all >= Math.Min(limits.Connections, share))
                return Math.Min(limits.Connections, share);
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
