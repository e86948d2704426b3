using System.Net;

namespace Postroom.Mail.Sandbox;

/// <summary>A mail as it arrives: of which application instance, and from where.</summary>
/// <param name="Client">The peer's address; of this machine itself: <see cref="Local"/>.</param>
/// <param name="Helo">The name that it gave; null where that tells nothing.</param>
/// <param name="Site">The application's base URL, as the mail has it; null where it does not tell.</param>
public sealed record Arrival(string Client, string? Helo, string? Site, DateTimeOffset At)
{
    /// <summary>Loopback, of either kind, and sockets: one place.</summary>
    public const string Local = "local";
}

/// <summary>An address that an instance sends from.</summary>
/// <param name="After">The address that fell silent before this one was heard for the first time under the same
/// name; null where it came otherwise.</param>
public sealed record KnownAddress(string Client, string? Helo, DateTimeOffset Last, string? After = null);

/// <summary>A place that an instance arrived from though it is elsewhere.</summary>
public sealed record Stranger(string Client, string? Site, DateTimeOffset Since, string Why);

/// <summary>What is known of one application instance.</summary>
/// <param name="Since">When it was heard for the first time.</param>
public sealed record KnownSource(
    DateTimeOffset Since, IReadOnlyList<KnownAddress> Addresses, IReadOnlyList<string> Sites,
    IReadOnlyList<Stranger> Strangers)
{
    /// <summary>A person says that it is at home there.</summary>
    public KnownSource Confirm(DateTimeOffset now) => this with
    {
        Addresses =
        [
            .. Addresses.Where(one => Strangers.All(other => other.Client != one.Client)),
            .. Strangers.Select(one => one.Client).Distinct().Select(one => new KnownAddress(one, null, now)),
        ],
        Sites = [.. Sites.Union(Strangers.Select(one => one.Site).OfType<string>())],
        Strangers = [],
    };
}

/// <summary>From where a source is known to come, written by a person; nothing is learned of it then.</summary>
/// <param name="Instance">By which its mails are known.</param>
public sealed record SourceRule(string Instance)
{
    /// <summary>Addresses and networks; none: from anywhere.</summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>Base URLs; none: any.</summary>
    public IReadOnlyList<string> Sites { get; init; } = [];
}

/// <summary>Whether a known application instance arrives from where it is known to be, as a table.</summary>
/// <remarks>
/// A restored copy has the instance of its original, and mostly its base URL and its mail server's settings: what it
/// cannot have is its place. So an instance that was heard for long enough is at home at the addresses and base URLs
/// it was heard from; elsewhere it is a copy, as long as the original is there. What a cluster, a lease of DHCP, a
/// second protocol or a restarted container do is learned, where nothing speaks against it.
/// </remarks>
public static class SourceTable
{
    /// <summary>So long everything is learned: all nodes of a cluster are heard within a few working days.</summary>
    public static TimeSpan Learning { get; } = TimeSpan.FromDays(3);

    /// <summary>An address that was not heard for so long is no home any more: a weekend, and a holiday.</summary>
    public static TimeSpan Active { get; } = TimeSpan.FromDays(7);

    /// <summary>Under the same name, an address may take the place of one that was silent for so long.</summary>
    public static TimeSpan Quiet { get; } = TimeSpan.FromMinutes(1);

    /// <summary>More addresses than an instance at home in one place has: its addresses say nothing.</summary>
    public const int MostAddresses = 50;

    private const int MostStrangers = 20;

    /// <summary>Hears a mail of an instance.</summary>
    /// <returns>What is known from then on, and why the mail is a copy's; null where it is not.</returns>
    public static (KnownSource Known, string? Elsewhere) Hear(KnownSource? known, Arrival mail)
    {
        if (known is null)
            return (new KnownSource(mail.At, [New(mail)], Sites([], mail), []), null);
        var home = known.Addresses.FirstOrDefault(one => one.Client == mail.Client);
        if (known.Strangers.FirstOrDefault(one => one.Client == mail.Client && IsSame(one.Site, mail.Site)
            && (home is null || mail.Site is not null)) is { } met)
            return (known, met.Why);
        if (home is not null)
        {
            if (mail.At - known.Since >= Learning && IsNew(known.Sites, mail.Site))
                return Strange(known, mail, $"its base URL is {mail.Site}, and was {known.Sites[0]}");
            return (Refreshed(known, home, mail), null);
        }

        return mail.At - known.Since < Learning ? (Learned(known, mail, null), null) : Unknown(known, mail);
    }

    /// <summary>Holds a mail against what a person wrote.</summary>
    /// <returns>Why it is a copy's; null where it is not.</returns>
    public static string? Against(SourceRule rule, Arrival mail)
    {
        if (rule.From.Count > 0 && !rule.From.Any(one => Covers(one, mail.Client)))
            return $"it arrives from {mail.Client}, which its [[source]] does not list";
        return IsNew(rule.Sites, mail.Site) ? $"its base URL is {mail.Site}, which its [[source]] does not list" : null;
    }

    private static bool Covers(string from, string client) => from == client
        || (IPAddress.TryParse(client, out var address) && (IPNetwork.TryParse(from, out var network)
            ? network.Contains(address) : IPAddress.TryParse(from, out var one) && one.Equals(address)));

    // From an address that was never heard: the rows from the surest to the last.
    private static (KnownSource Known, string? Elsewhere) Unknown(KnownSource known, Arrival mail)
    {
        if (IsNew(known.Sites, mail.Site))
            return Strange(known, mail, $"it arrives from {mail.Client} with the base URL {mail.Site}, and was "
                + known.Sites[0]);
        if (known.Addresses.Count >= MostAddresses)
            return (known, null);
        List<KnownAddress> active = [.. known.Addresses.Where(one => mail.At - one.Last < Active)];
        if (active.Count == 0)
            return (Learned(known, mail, null), null); // nobody is left where it was
        var namesakes = active.FindAll(one => mail.Helo is not null && one.Helo == mail.Helo);
        if (namesakes.Count > 0 && namesakes.TrueForAll(one => IsOtherProtocol(one.Client, mail.Client)))
            return (Learned(known, mail, null), null); // the same machine, by IPv6
        if (namesakes.Count > 0 && namesakes.TrueForAll(one => mail.At - one.Last >= Quiet))
            return (Learned(known, mail, namesakes.MaxBy(one => one.Last)!.Client), null); // it has a new address
        var last = active.MaxBy(one => one.Last)!;
        return Strange(known, mail, $"it arrives from {mail.Client}, and is at home at {last.Client}");
    }

    // Who was thought to have moved has not, if the old address is heard again: then the new one is a copy's.
    private static KnownSource Refreshed(KnownSource known, KnownAddress home, Arrival mail)
    {
        var usurpers = known.Addresses.Where(one => one.After == mail.Client && one.Last < mail.At).ToList();
        if (usurpers.Count == 0 && mail.At <= home.Last && !IsNew(known.Sites, mail.Site))
            return known;
        var strangers = usurpers.SelectMany(one => known.Sites.DefaultIfEmpty(null).Select(site =>
            new Stranger(one.Client, site, mail.At, $"it arrives from {one.Client}, and is at home at {mail.Client}")));
        return known with
        {
            Addresses =
            [
                .. known.Addresses.Except(usurpers).Select(one => one != home ? one : one with
                {
                    Last = mail.At > one.Last ? mail.At : one.Last, Helo = mail.Helo ?? one.Helo,
                }),
            ],
            Sites = Sites(known.Sites, mail),
            Strangers = [.. known.Strangers, .. strangers],
        };
    }

    private static KnownSource Learned(KnownSource known, Arrival mail, string? after) => known with
    {
        Addresses = [.. known.Addresses, New(mail) with { After = after }], Sites = Sites(known.Sites, mail),
    };

    private static (KnownSource Known, string? Elsewhere) Strange(KnownSource known, Arrival mail, string why)
    {
        var strangers = known.Strangers.Count < MostStrangers ? known.Strangers : [.. known.Strangers.Skip(1)];
        return (known with { Strangers = [.. strangers, new Stranger(mail.Client, mail.Site, mail.At, why)] }, why);
    }

    private static KnownAddress New(Arrival mail) => new(mail.Client, mail.Helo, mail.At);

    private static IReadOnlyList<string> Sites(IReadOnlyList<string> known, Arrival mail) =>
        mail.Site is { } site && (known.Count == 0 || IsNew(known, site)) ? [.. known, site] : known;

    // A mail that does not tell says nothing; http or https is the same site.
    private static bool IsNew(IReadOnlyList<string> known, string? site) =>
        site is not null && known.Count > 0 && !known.Any(one => IsSame(one, site));

    private static bool IsSame(string? one, string? other) => one is null || other is null
        || string.Equals(Bare(one), Bare(other), StringComparison.OrdinalIgnoreCase);

    private static string Bare(string site) =>
        site.IndexOf("://", StringComparison.Ordinal) is >= 0 and var at ? site[(at + 3)..] : site;

    private static bool IsOtherProtocol(string one, string other) => IsSix(one) != IsSix(other)
        && one != Arrival.Local && other != Arrival.Local;

    private static bool IsSix(string client) => client.Contains(':', StringComparison.Ordinal);
}
