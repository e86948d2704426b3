using Postroom.Mail.Routing;
using Postroom.Relay.Postmaster.Canaries;

namespace Postroom.Configuration.Watch;

/// <summary>Mail that is sent to see whether mail arrives.</summary>
internal static class CanaryKeys
{
    private const string T = "canary";
    private static readonly CanarySettings Plain = new("", "", "");
    private static readonly MailboxSettings PlainMailbox = new("", 0, "");

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "In alarms and metrics: small letters, digits, hyphens.") { Required = true };
    public static readonly Setting<string?> To = new(T, "to", SettingTypes.Text, null,
        "A mailbox of your own.") { Required = true };
    public static readonly Setting<string?> From = new(T, "from", SettingTypes.Text, null,
        "The sender. Without it: the user of the route's account where that is an address, else `postmaster` at "
            + "`hostname`.");
    public static readonly Setting<string?> Route = new(T, "route", SettingTypes.Text, null,
        "The route it takes, whatever routes fit. Without it: the one that fits.");
    public static readonly Setting<TimeSpan> Every = new(T, "every", SettingTypes.Duration, Plain.Every,
        "How often one is sent, 1 min to 1 day.");
    public static readonly Setting<string?> Imap = new(T, "imap", SettingTypes.Text, null,
        "Where the mailbox is: `imap.example.com:993`. What is found there is deleted. Without it a canary has arrived "
            + "when the next hop has taken it.");
    public static readonly Setting<TlsMode> Tls = new(T, "imap_tls", SettingTypes.Choice<TlsMode>(), PlainMailbox.Tls,
        "`implicit`: TLS from the first octet; `required`: STARTTLS; `none` on this machine alone.");
    public static readonly Setting<string?> User = new(T, "user", SettingTypes.Text, null,
        "Who logs in to the mailbox. Without it: `to`.");
    public static readonly Setting<string?> Password = new(T, "password", SettingTypes.SecretName, null,
        "Its password, by its name in the vault: `secret:NAME`.");
    public static readonly Setting<string?> OAuth = new(T, "oauth", SettingTypes.Text, null,
        "An `[[oauth]]` account instead, whose scopes let it read mail by IMAP.");
    public static readonly Setting<string?> Trust = new(T, "trust", SettingTypes.Path, null,
        "A PEM file of certificates to trust instead of the system's.");
    public static readonly Setting<string?> Folder = new(T, "folder", SettingTypes.Text, PlainMailbox.Folder,
        "The folder it comes into.");

    public static Setting[] All =>
        [Name, To, From, Route, Every, Imap, Tls, User, Password, OAuth, Trust, Folder];

    /// <summary>What says nothing without a mailbox.</summary>
    public static Setting[] OfMailbox => [Tls, User, Password, OAuth, Trust, Folder];

    public static CanarySettings CanaryOf(TableValues t, Func<string?, string> senderOf)
    {
        var to = t.Get(To) ?? "";
        return new CanarySettings(t.Get(Name) ?? "", t.Get(From) ?? senderOf(t.Get(Route)), to)
        {
            Route = t.Get(Route),
            Every = t.Get(Every),
            Mailbox = PlaceOf(t.Get(Imap)) is var (host, port)
                ? new MailboxSettings(host, port, t.Get(User) ?? to)
                {
                    Tls = t.Get(Tls),
                    Password = t.Get(Password),
                    OAuth = t.Get(OAuth),
                    TrustFile = t.Get(Trust),
                    Folder = t.Get(Folder) ?? PlainMailbox.Folder,
                }
                : null,
        };
    }

    public static IEnumerable<Mistake> Check(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        var canaries = tables.Where(t => t.Name == T).ToList();
        foreach (var twice in CrossChecks.Twice(canaries.Select(t => (t.PlaceOf(Name), t.Get(Name) ?? "")), "name"))
            yield return twice;
        foreach (var mistake in canaries.SelectMany(t => Check(t, all)))
            yield return mistake;
        // Which route is taken is known by sender and recipient: the same two cannot take two.
        var taken = all.Postmaster.Receivers.Where(one => one.Kind == Postroom.Relay.Postmaster.ReceiverKind.Mail)
            .SelectMany(one => one.To.Select(to => (one.From, To: to, one.Route)))
            .GroupBy(one => (one.From, one.To)).ToDictionary(same => same.Key, same => same.First().Route);
        foreach (var (t, canary) in canaries.Zip(all.Postmaster.Canaries))
        {
            if (!ReceiverKeys.IsAddress(canary.From) && t.Get(From) is null)
                yield return new Mistake(t.Place, $"[[canary]] {canary.Name}: {canary.From} is no mail address to send "
                    + "from", "add from");
            if (!taken.TryAdd((canary.From, canary.To), canary.Route)
                && taken[(canary.From, canary.To)] != canary.Route)
                yield return new Mistake(t.Place, $"[[canary]] {canary.Name}: other mail of ours from {canary.From} to "
                    + $"{canary.To} takes another route", "give it another to or from");
        }
    }

    private static IEnumerable<Mistake> Check(TableValues t, RelayConfiguration all)
    {
        if (t.Get(Name) is { } name && !AlarmKeys.IsName(name))
            yield return new Mistake(t.PlaceOf(Name), $"name: \"{name}\" is no name of a canary",
                "small letters, digits and hyphens");
        foreach (var setting in new[] { To, From })
            if (t.Get(setting) is { } address && !ReceiverKeys.IsAddress(address))
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key}: {address} is no mail address",
                    "write it like \"canary@example.com\"");
        if (t.Get(Route) is { } route && all.Routes.All(one => one.Name != route))
            yield return new Mistake(t.PlaceOf(Route), $"route: there is no route {route}",
                "name a [[route]] of this file");
        if (t.Get(Every) < TimeSpan.FromMinutes(1) || t.Get(Every) > TimeSpan.FromDays(1))
            yield return new Mistake(t.PlaceOf(Every), "every: it must be from 1 min to 1 day");
        foreach (var mistake in t.Get(Imap) is { } imap ? CheckMailbox(t, imap, all) : CheckNoMailbox(t))
            yield return mistake;
    }

    private static IEnumerable<Mistake> CheckNoMailbox(TableValues t)
    {
        foreach (var setting in OfMailbox)
            if (t.IsWritten(setting))
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key} goes with imap",
                    "say where the mailbox is, or leave it out");
    }

    private static IEnumerable<Mistake> CheckMailbox(TableValues t, string imap, RelayConfiguration all)
    {
        if (PlaceOf(imap) is not var (host, _))
            yield return new Mistake(t.PlaceOf(Imap), $"imap: \"{imap}\" is no host and port",
                "write it like \"imap.example.com:993\"");
        else if (t.Get(Tls) is TlsMode.None && !LoopRules.IsLoopback(host))
            yield return new Mistake(t.PlaceOf(Tls), $"imap_tls: the login would go to {host} in the clear",
                "imap_tls = \"implicit\"");
        if (t.Get(Tls) is TlsMode.Opportunistic)
            yield return new Mistake(t.PlaceOf(Tls), "imap_tls: a login needs more than that",
                "\"required\" is STARTTLS");
        if (t.Get(Password) is null == t.Get(OAuth) is null)
            yield return new Mistake(t.Place, $"[[canary]] {t.Get(Name)}: the mailbox wants a password or oauth",
                "give one of them");
        if (t.Get(OAuth) is { } account && all.Accounts.All(one => one.Name != account))
            yield return new Mistake(t.PlaceOf(OAuth), $"oauth: there is no [[oauth]] {account}", "add it");
        if (t.Get(Trust) is { } file && !File.Exists(file))
            yield return new Mistake(t.PlaceOf(Trust), $"trust: there is no file {file}");
    }

    private static (string Host, int Port)? PlaceOf(string? text)
    {
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 1 || !int.TryParse(text![(colon + 1)..], System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65_535)
            return null;
        var host = text[..colon].Trim('[', ']');
        return Uri.CheckHostName(host) == UriHostNameType.Unknown ? null : (host, port);
    }
}
