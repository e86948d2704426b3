using System.Net;
using Postroom.Configuration.Watch;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Sasl;
using Postroom.Relay.Submission;

namespace Postroom.Configuration;

/// <summary>What no single setting shows: two that contradict each other, or a road that leads nowhere.</summary>
public static class CrossChecks
{
    public static IEnumerable<Mistake> Of(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        var listeners = tables.Where(t => t.Name == "listener").Zip(all.Submission.Listeners).ToList();
        var routes = tables.Where(t => t.Name == "route").Zip(all.Routes).ToList();
        return
        [
            .. listeners.SelectMany(l => OfSubmission(l.First, l.Second)),
            .. Twice(listeners.Select(l => (l.First.PlaceOf(ListenerKeys.Address), l.Second.Address)), "address"),
            .. Twice(listeners.Where(l => l.First.IsWritten(ListenerKeys.Name))
                .Select(l => (l.First.PlaceOf(ListenerKeys.Name), l.Second.Name)), "name"),
            .. routes.SelectMany(r => OfRoute(r.First, r.Second, all.Submission.Listeners)),
            .. routes.SelectMany(r => OfMechanisms(r.First, r.Second)),
            .. Twice(routes.Select(r => (r.First.PlaceOf(RouteKeys.Name), r.Second.Name)), "name"),
            .. OfRoutesTogether(all, tables[0], routes.Select(r => r.First).ToList()),
            .. OAuthChecks.Of(all, tables),
            .. ApplicationKeys.Check(tables),
            .. OfQueueAndSpool(all, tables),
            .. tables.Where(t => t.Name == "vault").SelectMany(OfVault),
            .. tables.Where(t => t.Name == "api").SelectMany(t => ApiKeys.Check(t, all.Api)),
            .. tables.Where(t => t.Name == "telemetry").SelectMany(TelemetryKeys.Check),
            .. tables.Where(t => t.Name == "dns").SelectMany(DnsKeys.Check),
            .. tables.Where(t => t.Name == "duplicates").SelectMany(DuplicateKeys.Check),
            .. tables.Where(t => t.Name == "storm").SelectMany(StormKeys.Check),
            .. tables.Where(t => t.Name == "suppression").SelectMany(SuppressionKeys.Check),
            .. SourceKeys.Check(tables),
            .. RetentionKeys.Check(tables),
            .. SandboxKeys.Check(all, tables),
            .. TroubleKeys.Check(all, tables),
            .. Maildirs.MaildirKeys.Check(all, tables),
            .. AlarmKeys.Check(tables),
            .. ReceiverKeys.Check(all, tables),
            .. CanaryKeys.Check(all, tables),
        ];
    }

    private static IEnumerable<Mistake> OfListener(TableValues table, ListenerSettings listener)
    {
        var place = table.PlaceOf(ListenerKeys.Address);
        var isSocket = listener.Address.StartsWith("unix:", StringComparison.Ordinal);
        if (listener.Address.Length > 0
            && (isSocket ? !Path.IsPathRooted(listener.Address[5..]) : !IsEndPoint(listener.Address)))
            yield return new Mistake(place, $"address: \"{listener.Address}\" is not a place to listen at",
                "write an address and port like \"127.0.0.1:2525\" or \"[::1]:2525\", or \"unix:/path\"");
        foreach (var network in listener.Allow)
            if (!IPNetwork.TryParse(network, out _) && !IPAddress.TryParse(network, out _))
                yield return new Mistake(table.PlaceOf(ListenerKeys.Allow), $"allow: \"{network}\" is not a network",
                    "write it like \"10.1.0.0/16\"; the bits after the prefix must be 0");
        if (listener.CertificateFile is null != listener.KeyFile is null)
            yield return new Mistake(place, "certificate and key go together",
                "give both, or neither to have one made");
        foreach (var (setting, file) in new[] { (ListenerKeys.Certificate, listener.CertificateFile),
            (ListenerKeys.Key, listener.KeyFile) })
            if (file is not null && !File.Exists(file))
                yield return new Mistake(table.PlaceOf(setting), $"{setting.Key}: there is no file {file}");
    }

    // Submission's own rules, which it holds to at start too; asked last, for they stop at the first.
    private static List<Mistake> OfSubmission(TableValues table, ListenerSettings listener)
    {
        var own = OfListener(table, listener).ToList();
        return own.Count == 0 && listener.Address.Length > 0 && SubmissionRules.Check(listener) is { } why
            ? [new Mistake(table.PlaceOf(ListenerKeys.Address), why.TrimEnd('.'))]
            : own;
    }

    private static IEnumerable<Mistake> OfRoute(TableValues table, Route route,
        IReadOnlyList<ListenerSettings> listeners)
    {
        if (route.Via == Via.Smtp && !table.IsWritten(RouteKeys.Host))
            yield return new Mistake(table.Place, "[[route]] has no \"host\"", "add it: " + RouteKeys.Host.Manual);
        if (route.Via == Via.Graph)
            foreach (var setting in RouteKeys.OfSmtpAlone.Where(table.IsWritten))
                yield return new Mistake(table.PlaceOf(setting),
                    $"{setting.Key}: it says nothing where via = \"graph\"", "leave it out");
        if (listeners.FirstOrDefault(l => LoopRules.PointsAt(route, l)) is { } own)
            yield return new Mistake(table.PlaceOf(RouteKeys.Host),
                $"route \"{route.Name}\" points at our own listener {own.Address}: mail would go round in a loop "
                    + $"(5.4.6)",
                "give the host and port of the next hop");
        if (route.TrustFile is { } trust && !File.Exists(trust))
            yield return new Mistake(table.PlaceOf(RouteKeys.Trust), $"trust: there is no file {trust}");
        var passwords = new Setting[]
            { RouteKeys.Password, RouteKeys.OAuth, RouteKeys.PasswordFile, RouteKeys.PasswordEnvironment }
            .Where(table.IsWritten).ToList();
        if (passwords.Count > 1)
            yield return new Mistake(table.PlaceOf(passwords[^1]),
                $"{passwords[0].Key} and {passwords[1].Key} are both given", "keep one");
        if (passwords.Count > 0 && !table.IsWritten(RouteKeys.User) && !table.IsWritten(RouteKeys.OAuth))
            yield return new Mistake(table.Place, "a password without a user", "add user");
        if (table.IsWritten(RouteKeys.User) && passwords.Count == 0)
            yield return new Mistake(table.PlaceOf(RouteKeys.User), "a user without a password",
                "keep it with `postroom secret set NAME`, and add password = \"secret:NAME\"");
        if (route.Account is not null && route.Tls is TlsMode.None or TlsMode.Opportunistic
            && !route.AllowClearTextPassword
            && !LoopRules.IsLoopback(route.Host) && route.Account is not null)
            yield return new Mistake(table.PlaceOf(RouteKeys.Tls),
                $"tls = \"{route.Tls.ToString().ToLowerInvariant()}\" would send the password to {route.Host} in the "
                    + $"clear",
                "write tls = \"required\", or allow_clear_text_password = true if that is meant");
        foreach (var setting in new[] { RouteKeys.Recipients, RouteKeys.Senders })
        {
            if (table.IsWritten(setting) && table.Get(setting).Count == 0)
                yield return new Mistake(table.PlaceOf(setting), $"{setting.Key}: an empty list matches nothing",
                    "leave it out for all");
            foreach (var complaint in table.Get(setting).Select(RouteTable.Complaint).OfType<string>())
                yield return new Mistake(table.PlaceOf(setting), $"{setting.Key}: {complaint}");
        }
    }

    private static IEnumerable<Mistake> OfMechanisms(TableValues table, Route route)
    {
        if (route.Mechanisms.Count == 0)
            yield break;
        var place = table.PlaceOf(RouteKeys.Mechanisms);
        var isToken = route.Account?.OAuth is not null;
        var usable = ClientMechanism.NamesFor(isToken);
        List<string> known = [.. usable, .. ClientMechanism.NamesFor(!isToken)];
        var unknown = route.Mechanisms.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)).ToList();
        foreach (var name in unknown)
            yield return new Mistake(place, $"mechanisms: \"{name}\" is no mechanism that is known here",
                Nearest.Advice(name, known, n => $"\"{n}\""));
        if (route.Account is null)
            yield return new Mistake(place, "mechanisms without a login", "add user and password");
        else if (unknown.Count == 0 && !route.Mechanisms.Intersect(usable, StringComparer.OrdinalIgnoreCase).Any())
            yield return new Mistake(place,
                $"mechanisms: none of them takes {(isToken ? "an access token" : "a password")}",
                $"there are {string.Join(", ", usable)}");
    }

    private static IEnumerable<Mistake> OfRoutesTogether(RelayConfiguration all, TableValues root,
        List<TableValues> routes)
    {
        var leaving = all.Sandbox.Rules.Select(rule => rule.Mode).Prepend(all.Mode).Where(
            mode => mode is Mode.Live or Mode.Redirect).Take(1).ToList();
        if (leaving.Count == 0)
            yield break;
        if (routes.Count == 0)
            yield return new Mistake(root.PlaceOf(RootSettings.Mode),
                $"mode = \"{leaving[0].ToString().ToLowerInvariant()}\" without a [[route]]: nothing could be sent",
                "add a [[route]] with name, host and port");
        else if (!all.Routes.Any(r => r.Recipients.Contains("*") && r.Senders.Contains("*")))
            yield return new Mistake(routes[^1].Place, "no route takes everything: mail that none matches will be held",
                "add a last [[route]] without recipients and senders", IsWarning: true);
        var greedy = all.Routes.ToList().FindIndex(r => r.Recipients.Contains("*") && r.Senders.Contains("*"));
        for (var i = greedy + 1; greedy >= 0 && i < all.Routes.Count; i++)
            if (!all.Postmaster.NamesRoute(all.Routes[i].Name))
            {
                yield return new Mistake(routes[i].Place,
                    $"route \"{all.Routes[i].Name}\" takes only what is replayed by it: "
                        + $"\"{all.Routes[greedy].Name}\" before it takes everything",
                    "put it first, if mail is to go by it as well", IsWarning: true);
                yield break;
            }
    }

    private static IEnumerable<Mistake> OfQueueAndSpool(RelayConfiguration all, IReadOnlyList<TableValues> tables)
    {
        if (tables.FirstOrDefault(t => t.Name == "queue") is { } queue)
        {
            var retry = all.Queue.Retry;
            if (retry.First <= TimeSpan.Zero)
                yield return new Mistake(queue.PlaceOf(QueueKeys.First), "retry_first: it must be more than nothing");
            if (retry.Longest < retry.First)
                yield return new Mistake(queue.PlaceOf(QueueKeys.Longest), "retry_longest is shorter than retry_first");
            if (retry.GiveUpAfter < retry.Longest)
                yield return new Mistake(queue.PlaceOf(QueueKeys.GiveUp), "give_up is shorter than retry_longest");
            if (all.Queue.ProbeEvery <= TimeSpan.Zero || all.Queue.ProbeAccountEvery <= TimeSpan.Zero)
                yield return new Mistake(queue.Place, "probe, probe_account: they must be more than nothing");
        }
        if (tables.FirstOrDefault(t => t.Name == "spool") is { } spool
            && spool.Get(SpoolKeys.Segment) is < 1 << 20 or > 1 << 30)
            yield return new Mistake(spool.PlaceOf(SpoolKeys.Segment), "segment_size: it must be from 1 MiB to 1 GiB");
        if (all.Spool.CheckpointEvery < TimeSpan.FromMinutes(1) || all.Spool.CheckpointEvery > TimeSpan.FromDays(30))
            yield return new Mistake(tables.First(t => t.Name == "spool").PlaceOf(SpoolKeys.CheckpointEvery),
                "checkpoint_every: it must be from a minute to 30 days");
    }

    private static IEnumerable<Mistake> OfVault(TableValues table)
    {
        var keys = new[] { VaultKeys.KeyFile, VaultKeys.KeyCredential, VaultKeys.KeyEnvironment }
            .Where(table.IsWritten).ToList();
        if (keys.Count > 1)
            yield return new Mistake(table.PlaceOf(keys[1]), $"{keys[0].Key} and {keys[1].Key} are both given",
                "keep one: the key comes from one place");
    }

    internal static IEnumerable<Mistake> Twice(IEnumerable<(Place Place, string Value)> named, string key)
    {
        var seen = new Dictionary<string, Place>(StringComparer.OrdinalIgnoreCase);
        foreach (var (place, value) in named)
            if (value.Length > 0 && !seen.TryAdd(value, place))
                yield return new Mistake(place, $"{key} \"{value}\" is taken already, at {seen[value]}",
                    "give each its own");
    }

    /// <summary>An address with its port, as one listens at.</summary>
    internal static bool IsEndPoint(string address) =>
        IPEndPoint.TryParse(address, out var end) && end.Port > 0
        && (address[0] == '[' || end.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);
}
