namespace Postroom.Mail.Routing;

/// <summary>The routes in the order of the configuration; the first that fits a mail carries it.</summary>
/// <remarks>Immutable, and asked for every recipient that is accepted: no lookup allocates.</remarks>
public sealed class RouteTable
{
    /// <summary>The lane of mail that no route fits.</summary>
    public const string NoLane = "";

    private readonly Entry[] _entries;
    private readonly Dictionary<string, Route> _named = new(StringComparer.Ordinal);

    /// <param name="routes">Each with a name of its own.</param>
    /// <exception cref="ArgumentException">Two routes share a name, or one is empty, or a pattern is none.</exception>
    public RouteTable(IReadOnlyList<Route> routes)
    {
        _entries = new Entry[routes.Count];
        for (var i = 0; i < _entries.Length; i++)
        {
            var route = routes[i];
            if (route.Name.Length == 0)
                throw new ArgumentException("a route needs a name", nameof(routes));
            if (!_named.TryAdd(route.Name, route))
                throw new ArgumentException($"two routes are called '{route.Name}'", nameof(routes));
            _entries[i] = new Entry(route, new AddressPatterns(route.Senders), new AddressPatterns(route.Recipients));
        }

        Routes = [.. routes];
    }

    /// <summary>No route: all mail waits in <see cref="NoLane"/>.</summary>
    public static RouteTable Empty { get; } = new([]);

    public IReadOnlyList<Route> Routes { get; }

    /// <summary>What is wrong with a pattern of a route, as a sentence; null if nothing.</summary>
    public static string? Complaint(string pattern) => AddressPatterns.Complaint(pattern);

    /// <summary>The first route whose senders and recipients fit; null if none does.</summary>
    public Route? Find(ReversePath from, ForwardPath to)
    {
        foreach (var entry in _entries)
            if (entry.Senders.Match(from.Address) && entry.Recipients.Match(to.Address))
                return entry.Route;
        return null;
    }

    /// <summary>The route of a name; null if there is none.</summary>
    public Route? Named(string name) => _named.GetValueOrDefault(name);

    /// <summary>The lane of a recipient, in the form of <see cref="Postroom.Mail.LaneOf"/>.</summary>
    public string LaneOf(ReversePath from, ForwardPath to) => Find(from, to)?.Name ?? NoLane;

    private sealed record Entry(Route Route, AddressPatterns Senders, AddressPatterns Recipients);
}
