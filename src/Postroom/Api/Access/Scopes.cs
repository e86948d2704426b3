namespace Postroom.Api.Access;

/// <summary>What a caller of the API may do.</summary>
[Flags]
public enum Scopes
{
    /// <summary>Nothing: what needs it is open to whoever reaches the API.</summary>
    None = 0,

    /// <summary>Hand mail over.</summary>
    Submit = 1,

    /// <summary>Look at mail and at how the relay stands.</summary>
    Read = 2,

    /// <summary>What a person on duty does to mail: retry, hold, release, cancel, try a route out; and look.</summary>
    Operate = 4,

    /// <summary>Everything: secrets, tokens, the configuration and the confirmation of a move too.</summary>
    Administer = 8,

    /// <summary>Read <c>/metrics</c>, and nothing about any mail; <see cref="Read"/> may too.</summary>
    Metrics = 16,
}

/// <summary>Scopes in words.</summary>
public static class ScopeNames
{
    private static readonly (string Name, Scopes Scope)[] All =
    [
        ("submit", Scopes.Submit), ("read", Scopes.Read), ("operate", Scopes.Operate),
        ("administer", Scopes.Administer), ("metrics", Scopes.Metrics),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(one => one.Name)];

    /// <summary>Whether who has these may do what needs that.</summary>
    public static bool Cover(this Scopes has, Scopes needed) =>
        needed == Scopes.None || has.HasFlag(Scopes.Administer) || has.HasFlag(needed)
        || (needed == Scopes.Read && has.HasFlag(Scopes.Operate))
        || (needed == Scopes.Metrics && has.Cover(Scopes.Read));

    /// <summary>The names of those that are there, in order.</summary>
    public static IReadOnlyList<string> Of(Scopes scopes) =>
        [.. All.Where(one => scopes.HasFlag(one.Scope)).Select(one => one.Name)];

    /// <summary>Reads names; false where one is none, or there is none at all.</summary>
    public static bool TryRead(IEnumerable<string> names, out Scopes scopes)
    {
        scopes = Scopes.None;
        foreach (var name in names)
        {
            var known = Array.Find(All, one => one.Name == name);
            if (known.Name is null)
                return false;
            scopes |= known.Scope;
        }

        return scopes != Scopes.None;
    }
}
