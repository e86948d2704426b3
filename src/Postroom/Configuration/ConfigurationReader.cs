using Postroom.Configuration.Maildirs;
using Postroom.Configuration.Watch;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.OAuth;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Submission;
using Postroom.Relay.Vault;

namespace Postroom.Configuration;

/// <summary>What a person wrote, in a file and the environment, into the rooms' settings: all mistakes at
/// once.</summary>
public static class ConfigurationReader
{
    /// <summary>The listener that is there when none is configured.</summary>
    public const string DefaultAddress = "127.0.0.1:2525";

    public static Reading Read(ConfigurationSource source)
    {
        var mistakes = new List<Mistake>();
        var raw = source.Text is { } text
            ? TomlSource.Read(text, source.Name, mistakes)
            : [new RawTable("", new Place(source.Name))];
        EnvironmentSource.Apply(source.Environment, raw, mistakes);
        if (!raw.Exists(t => t.Name == "listener"))
            raw.Add(DefaultListener(source));

        var tables = raw.ConvertAll(t => TableValues.Read(t, mistakes));
        foreach (var table in tables.Where(t => t.Name == "route" && t.Get(RouteKeys.Via) == Via.Graph))
            AssumeGraph(table);
        foreach (var table in tables)
            LeaveOut(table);
        var root = tables[0];
        var built = Build(source, tables);
        mistakes.AddRange(CrossChecks.Of(built, tables));
        mistakes = [.. mistakes.Distinct().OrderBy(m => m.Place.Line == 0).ThenBy(m => m.Place.Line).ThenBy(m =>
            m.Place.Column)];
        return new Reading(mistakes.Exists(m => !m.IsWarning) ? null : built, mistakes, tables);
    }

    private static RawTable DefaultListener(ConfigurationSource source)
    {
        var place = new Place(source.Name, source.Text is null ? 0 : 1, source.Text is null ? 0 : 1);
        var table = new RawTable("listener", place);
        table.Add(new RawEntry("address", new RawValue(RawKind.Text, DefaultAddress), place, place));
        return table;
    }

    private static RelayConfiguration Build(ConfigurationSource source, List<TableValues> tables)
    {
        var root = tables[0];
        var hostName = root.Get(RootSettings.HostName) ?? source.MachineName;
        var data = Path.GetFullPath(source.DataOption ?? root.Get(RootSettings.Data) ?? source.DataFolder);
        var queue = QueueOf(tables.Find(t => t.Name == "queue"));
        var all = new RelayConfiguration(root.Get(RootSettings.Mode), hostName, data)
        {
            File = source.Text is null ? null : source.Name,
            Submission = new SubmissionSettings(hostName, Folders.Users(data),
                [.. tables.Where(t => t.Name == "listener").Select(ListenerOf)])
            {
                Applications = [.. tables.Where(t => t.Name == "application").Select(ApplicationKeys.RuleOf)],
            },
            Routes = [.. tables.Where(t => t.Name == "route").Select(RouteOf)],
            Accounts = [.. tables.Where(t => t.Name == "oauth").Select(t => AccountOf(t, tables))],
            Queue = queue,
            Spool = SpoolOf(tables.Find(t => t.Name == "spool")) with { LongestWait = queue.Retry.Longest },
            Vault = VaultOf(data, tables.Find(t => t.Name == "vault")),
            Api = ApiKeys.SettingsOf(tables.Find(t => t.Name == "api")),
            Sandbox = SandboxKeys.SettingsOf(root, tables),
            Identity = root.Get(RootSettings.Identity),
            LiveOn = root.Get(RootSettings.LiveOn),
            Sources = SourceKeys.RulesOf(tables),
            Trouble = TroubleKeys.RulesOf(tables),
            TroubleAddresses = root.Get(TroubleKeys.Addresses),
            Maildirs = MaildirKeys.SettingsOf(tables),
            Retention = RetentionKeys.RulesOf(tables),
            Duplicates = DuplicateKeys.Of(tables.Find(t => t.Name == "duplicates")),
            Storms = StormKeys.Of(tables.Find(t => t.Name == "storm")),
            Suppression = SuppressionKeys.Of(tables.Find(t => t.Name == "suppression")),
            LogAddresses = LogKeys.AddressesOf(tables.Find(t => t.Name == "log")),
            Dns = DnsKeys.Of(tables.Find(t => t.Name == "dns")),
            Telemetry = TelemetryKeys.Of(tables.Find(t => t.Name == "telemetry")),
        };
        return all with { Postmaster = PostmasterOf(all, tables) };
    }

    private static ListenerSettings ListenerOf(TableValues t)
    {
        var address = t.Get(ListenerKeys.Address) ?? "";
        return new ListenerSettings(t.Get(ListenerKeys.Name) ?? address, address)
        {
            Tls = t.Get(ListenerKeys.Tls),
            CertificateFile = t.Get(ListenerKeys.Certificate),
            KeyFile = t.Get(ListenerKeys.Key),
            RequireAuth = t.Get(ListenerKeys.RequireAuth),
            Allow = t.Get(ListenerKeys.Allow),
            Strictness = t.Get(ListenerKeys.Strictness),
            SocketMode = t.Get(ListenerKeys.SocketMode),
            SocketOwner = t.Get(ListenerKeys.SocketOwner),
            Limits = new ListenerLimits
            {
                MessageSize = t.Get(ListenerKeys.MessageSize),
                Recipients = t.Get(ListenerKeys.Recipients),
                CommandLine = t.Get(ListenerKeys.CommandLine),
                Errors = t.Get(ListenerKeys.Errors),
                ConnectionsPerSource = t.Get(ListenerKeys.PerSource),
                Connections = t.Get(ListenerKeys.Connections),
                IdleLocal = t.Get(ListenerKeys.IdleLocal),
                IdleRemote = t.Get(ListenerKeys.IdleRemote),
                SlowestData = t.Get(ListenerKeys.SlowestData),
            },
        };
    }

    // To Graph it is always HTTPS; in the clear only to a Graph of tests on this machine.
    private static void AssumeGraph(TableValues route)
    {
        route.Assume(RouteKeys.Host, "graph.microsoft.com");
        route.Assume(RouteKeys.Port, 443);
        route.Assume(RouteKeys.Connections, 4);
        foreach (var setting in RouteKeys.OfSmtpAlone)
            route.LeaveOut(setting);
    }

    // What has nothing to say in a table is not printed: written, some of it would be wrong there, or mean something
    // else.
    private static void LeaveOut(TableValues table)
    {
        IEnumerable<Setting> idle = table.Name switch
        {
            "alarm" => AlarmKeys.All,
            "retention" => RetentionKeys.All,
            "sandbox" => SandboxKeys.All,
            "trouble" => TroubleKeys.All,
            "receiver" => ReceiverKeys.OfOtherKind(table.Get(ReceiverKeys.Kind)),
            "canary" when table.Get(CanaryKeys.Imap) is null => CanaryKeys.OfMailbox,
            _ => [],
        };
        foreach (var setting in idle)
            table.LeaveOut(setting);
    }

    private static Route RouteOf(TableValues t) =>
        new(t.Get(RouteKeys.Name) ?? "", t.Get(RouteKeys.Host) ?? "", t.Get(RouteKeys.Port))
        {
            Via = t.Get(RouteKeys.Via),
            Tls = t.Get(RouteKeys.Via) == Via.Graph ? TlsMode.Implicit : t.Get(RouteKeys.Tls),
            TrustFile = t.Get(RouteKeys.Trust),
            Account = t.Get(RouteKeys.User) is { } || t.Get(RouteKeys.OAuth) is { }
                ? new AccountReference(t.Get(RouteKeys.User) ?? "", t.Get(RouteKeys.PasswordFile),
                    t.Get(RouteKeys.PasswordEnvironment))
                {
                    Secret = t.Get(RouteKeys.Password),
                    OAuth = t.Get(RouteKeys.OAuth),
                }
                : null,
            AllowClearTextPassword = t.Get(RouteKeys.AllowClearText),
            Mechanisms = t.Get(RouteKeys.Mechanisms),
            Connections = t.Get(RouteKeys.Connections),
            InFlight = t.Get(RouteKeys.InFlight),
            Helo = t.Get(RouteKeys.Helo),
            Recipients = t.Get(RouteKeys.Recipients),
            Senders = t.Get(RouteKeys.Senders),
        };

    private static OAuthAccount AccountOf(TableValues t, List<TableValues> tables)
    {
        var (name, provider, flow) = (t.Get(OAuthKeys.Name) ?? "", t.Get(OAuthKeys.Provider), t.Get(OAuthKeys.Flow));
        var isForGraph = tables.Exists(route => route.Name == "route" && route.Get(RouteKeys.OAuth) == name
            && route.Get(RouteKeys.Via) == Via.Graph);
        var scopes = t.Get(OAuthKeys.Scopes);
        return new OAuthAccount(name, t.Get(OAuthKeys.User) ?? "")
        {
            Provider = provider,
            Flow = flow,
            ClientId = t.Get(OAuthKeys.ClientId) ?? "",
            ClientSecret = t.Get(OAuthKeys.ClientSecret),
            CertificateFile = t.Get(OAuthKeys.Certificate),
            Key = t.Get(OAuthKeys.Key),
            Scope = scopes.Count > 0 ? string.Join(' ', scopes) : Presets.ScopeOf(provider, flow, isForGraph),
            Endpoints = EndpointsOf(t),
        };
    }

    // What is written wins: the clouds of governments have the same ways at other addresses.
    private static OAuthEndpoints EndpointsOf(TableValues t)
    {
        var preset = Presets.EndpointsOf(t.Get(OAuthKeys.Provider), t.Get(OAuthKeys.Tenant));
        return new OAuthEndpoints(
            OAuthChecks.Endpoint(t.Get(OAuthKeys.TokenEndpoint)) ?? preset?.Token ?? OAuthChecks.Nowhere,
            OAuthChecks.Endpoint(t.Get(OAuthKeys.AuthorizationEndpoint)) ?? preset?.Authorization,
            OAuthChecks.Endpoint(t.Get(OAuthKeys.DeviceEndpoint)) ?? preset?.Device)
        {
            IdleLife = preset?.IdleLife,
        };
    }

    private static PostmasterSettings PostmasterOf(RelayConfiguration all, List<TableValues> tables)
    {
        return new PostmasterSettings(AlarmKeys.AlarmsOf(tables),
            [.. tables.Where(t => t.Name == "receiver").Select(t => ReceiverKeys.ReceiverOf(t, SenderOf))])
        {
            Canaries = [.. tables.Where(t => t.Name == "canary").Select(t => CanaryKeys.CanaryOf(t, SenderOf))],
        };

        string SenderOf(string? route) =>
            all.SenderOf(all.Routes.FirstOrDefault(one => route is null || one.Name == route));
    }

    private static QueueSettings QueueOf(TableValues? t) => t is null ? new QueueSettings() : new QueueSettings
    {
        Retry = new RetrySchedule(t.Get(QueueKeys.First), t.Get(QueueKeys.Longest), t.Get(QueueKeys.GiveUp)),
        ProbeEvery = t.Get(QueueKeys.Probe),
        ProbeAccountEvery = t.Get(QueueKeys.ProbeAccount),
        DelayedAfter = t.Get(QueueKeys.Delayed),
        ParkLimit = t.Get(QueueKeys.Park),
        ReportsFrom = t.Get(QueueKeys.ReportsFrom),
    };

    private static SpoolSettings SpoolOf(TableValues? t) => t is null ? new SpoolSettings() : new SpoolSettings
    {
        FreeSpaceFloor = t.Get(SpoolKeys.Floor),
        SegmentSize = (int)Math.Clamp(t.Get(SpoolKeys.Segment), 1 << 20, 1 << 30),
        BodyMemory = t.Get(SpoolKeys.BodyMemory),
        Window = t.Get(SpoolKeys.Window),
        IndexLag = t.Get(SpoolKeys.IndexLag),
        AnswerWithin = t.Get(SpoolKeys.AnswerWithin),
        KeepCaptured = t.Get(SpoolKeys.KeepCaptured),
        CheckpointEvery = t.Get(SpoolKeys.CheckpointEvery),
    };

    private static VaultSettings VaultOf(string data, TableValues? t) =>
        new(Folders.Vault(data), Folders.DefaultVaultKey())
        {
            KeyFile = t?.Get(VaultKeys.KeyFile),
            KeyCredential = t?.Get(VaultKeys.KeyCredential),
            KeyEnvironment = t?.Get(VaultKeys.KeyEnvironment),
        };
}
