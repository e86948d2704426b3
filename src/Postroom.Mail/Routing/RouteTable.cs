using System.Collections.Frozen;

namespace Postroom.Mail.Routing;

/// <summary>Mail that takes a route by name, whatever routes fit: what tells that the others are down.</summary>
/// <param name="From">The reverse-path, as it is.</param>
/// <param name="To">The forward-path, as it is.</param>
public sealed record Pin(string From, string To, string Route);

/// <summary>The routes in the order of the configuration; the first that fits a mail carries it.</summary>
/// <remarks>Immutable, and asked for every recipient that is accepted: no lookup allocates.</remarks>
public sealed class RouteTable
{
    /// <summary>The lane of mail that no route fits.</summary>
    public const string NoLane = "";

    private readonly Entry[] _entries;
    private readonly Dictionary<string, Route> _named = new(StringComparer.Ordinal);
    private readonly FrozenDictionary<(string From, string To), Route> _pinned;

    /// <param name="routes">Each with a name of its own.</param>
    /// <param name="pins">Mail whose route is named; of a route that is not there, one is ignored.</param>
    /// <exception cref="ArgumentException">Two routes share a name, or one is empty, or a pattern is none.</exception>
    public RouteTable(IReadOnlyList<Route> routes, IReadOnlyList<Pin>? pins = null)
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
        _pinned = (pins ?? []).Where(pin => _named.ContainsKey(pin.Route)).GroupBy(pin => (pin.From, pin.To))
            .ToFrozenDictionary(same => same.Key, same => _named[same.First().Route]);
    }

    /// <summary>No route: all mail waits in <see cref="NoLane"/>.</summary>
    public static RouteTable Empty { get; } = new([]);

    public IReadOnlyList<Route> Routes { get; }

    /// <summary>What is wrong with a pattern of a route, as a sentence; null if nothing.</summary>
    public static string? Complaint(string pattern) => AddressPatterns.Complaint(pattern);

    /// <summary>The route that is named for this mail, else the first whose senders and recipients fit; null if none
    /// does.</summary>
    public Route? Find(ReversePath from, ForwardPath to)
    {
        if (_pinned.Count > 0 && _pinned.TryGetValue((from.Address, to.Address), out var pinned))
            return pinned;
        foreach (var entry in _entries)
            if (entry.Senders.Match(from.Address) && entry.Recipients.Match(to.Address))
                return entry.Route;
        return null;
    }

    /// <summary>The route of a name; null if there is none.</summary>
    public Route? Named(string name) => _named.GetValueOrDefault(name);

    /// <summary>The lane of a recipient, in the form of <see cref="Postroom.Mail.LaneOf"/>. A named route is taken or
    /// none: where it is no more, no other is what was asked for.</summary>
    public string LaneOf(ReversePath from, ForwardPath to, string? named) =>
        (named is null ? Find(from, to) : Named(named))?.Name ?? NoLane;

    private sealed record Entry(Route Route, AddressPatterns Senders, AddressPatterns Recipients);
}
