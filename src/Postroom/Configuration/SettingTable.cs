using Postroom.Configuration.Maildirs;
using Postroom.Configuration.Watch;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Submission;

namespace Postroom.Configuration;

/// <summary>All settings there are, in the order of the manual.</summary>
public static class SettingTable
{
    public static IReadOnlyList<TableKind> Tables { get; } =
    [
        new("", false, "What the whole relay shares."),
        new("listener", true, "A place to hand mail over at. Without any: `127.0.0.1:2525`."),
        new("route", true, "A way out: a next hop and what to know to use it. The first whose senders and recipients "
            + "match is taken."),
        new("sandbox", true, "What becomes of part of the mail, or of mail to some recipients, in the place of "
            + "`mode`. Of several tables, the first that fits decides; see [sandbox.md](../sandbox.md)."),
        new("maildir", true, "A Maildir that captured mail is written into, for readers of mail; see "
            + "[inbox.md](../inbox.md)."),
        new("oauth", true, "An account that is logged in to with OAuth 2.0 instead of a password; see "
            + "[oauth.md](../oauth.md)."),
        new("application", true, "Whose mail it is, for applications that are not recognised by themselves. The first "
            + "whose conditions all hold is taken; in them `*` stands for anything, and `{item}`, `{project}`, "
            + "`{instance}`, `{site}`, `{node}`, `{event}`, `{actor}`, `{reason}` for what is noted; see "
            + "[applications.md](../applications.md)."),
        new("source", true, "From where an application instance is known to come: what arrives from elsewhere is a "
            + "copy's, and is captured. Without it, that is learned; see [clone-guard.md](../clone-guard.md)."),
        new("queue", false, "How patient the queue is."),
        new("spool", false, "The bounds of the store."),
        new("vault", false, "Where the key is that seals the secrets; see [secrets.md](../secrets.md)."),
        new("api", false, "Where programs ask and act, beside the command line; see [api.md](api.md)."),
        new("log", false, "What stands in the log; see [privacy.md](../privacy.md)."),
        new("telemetry", false, "A collector of OpenTelemetry that metrics and traces are sent to; see "
            + "[metrics.md](../metrics.md). `/metrics` is there without it."),
        new("dns", false, "Whom DNS is asked of, where a person has it asked for the checks of a mail; see "
            + "[content.md](../content.md)."),
        new("retention", true, "How long what is kept of which mail: of several tables, the first that has the mail "
            + "and says it. None: its record is kept for ever; see [privacy.md](../privacy.md)."),
        new("suppression", false, "Addresses that keep failing, and are given up for a while; see "
            + "[suppression.md](../suppression.md)."),
        new("duplicates", false, "Mail that an application hands over again, because it did not hear the answer; see "
            + "[duplicates.md](../duplicates.md)."),
        new("storm", false, "Bursts of mail that is alike, far above what is usual: noticed and held until a person "
            + "decides; see [storms.md](../storms.md)."),
        new("trouble", true, "What is made to go wrong, on purpose: of several tables, the first that fits decides; "
            + "see [trouble.md](../trouble.md)."),
        new("receiver", true, "Who is told of alarms, by a way that is not the stuck queue; see "
            + "[alarms.md](../alarms.md)."),
        new("canary", true, "A small mail that is sent again and again, to a mailbox of your own: told where it does "
            + "not arrive; see [alarms.md](../alarms.md)."),
        new("alarm", true, "What is told: a shipped alarm that is changed, or one of your own. All that there are "
            + "without it: [alarms.md](alarms.md)."),
    ];

    private static readonly Setting[] Declared =
        [.. RootSettings.All, .. ListenerKeys.All, .. RouteKeys.All, .. SandboxKeys.All, .. TroubleKeys.All,
            .. MaildirKeys.All, .. OAuthKeys.All,
            .. ApplicationKeys.All, .. SourceKeys.All, .. QueueKeys.All, .. SpoolKeys.All, .. VaultKeys.All,
            .. ApiKeys.All, .. LogKeys.All, .. TelemetryKeys.All, .. DnsKeys.All,
            .. RetentionKeys.All, .. SuppressionKeys.All, .. DuplicateKeys.All, .. StormKeys.All, .. ReceiverKeys.All,
            .. CanaryKeys.All, .. AlarmKeys.All];

    public static IReadOnlyList<Setting> All => Declared;

    public static IReadOnlyList<string> TableNames { get; } =
        [.. Tables.Where(t => t.Name.Length > 0).Select(t => t.Name)];

    public static TableKind? TableNamed(string name) => Tables.FirstOrDefault(t => t.Name == name);

    public static IReadOnlyList<Setting> Of(string table) => [.. Declared.Where(s => s.Table == table)];
}

internal static class RootSettings
{
    public static readonly Setting<Mode> Mode =
        new("", "mode", SettingTypes.Choice<Mode>(), Postroom.Mail.Sandbox.Mode.Capture,
        "What becomes of mail: `live` sends it to its route, `capture` keeps it here to be looked at and sends "
            + "nothing, `hold` keeps it for a later release, `redirect` sends it to the mailbox of `redirect_to` "
            + "instead, `discard` keeps only the record. Asked when a mail's turn comes, so that a change holds at "
            + "once. `[[sandbox]]` says otherwise for some of it, `postroom mode set` for a while.");

    public static readonly Setting<string?> HostName = new("", "hostname", SettingTypes.Text, null,
        "The relay's name in its greeting, in EHLO and in Received fields. Without it: the machine's own name.");

    public static readonly Setting<string?> Data = new("", "data", SettingTypes.Path, null,
        "The folder that keeps everything: journal, index, users, certificate, `api.sock`. `--data` wins over it. "
        + "Without both: `/var/lib/postroom` for root, else `$XDG_DATA_HOME/postroom` or `~/.local/share/postroom`.");

    public static readonly Setting<string?> Identity = new("", "identity", SettingTypes.Text, null,
        "Which machine this is, for those that are made anew again and again, such as containers: it stands for the "
        + "machine's own facts. Give it from outside of what is copied, as `POSTROOM__IDENTITY`; see "
        + "[clone-guard.md](../clone-guard.md).");

    public static readonly Setting<string?> LiveOn = new("", "live_on", SettingTypes.Text, null,
        "The machine that this configuration is live on, as the log and `postroom live` tell it. On any "
        + "other, all mail is captured until `postroom live confirm`.");

    public static Setting[] All =>
        [Mode, SandboxKeys.AllTo, SandboxKeys.AllTag, TroubleKeys.Addresses, HostName, Data, Identity, LiveOn];
}

internal static class ListenerKeys
{
    private const string T = "listener";
    private static readonly ListenerSettings Plain = new("", "");

    public static readonly Setting<string?> Address = new(T, "address", SettingTypes.Text, null,
        "Where to listen: `127.0.0.1:2525`, `[::1]:2525`, `0.0.0.0:25`, or `unix:/run/postroom/submission.sock`.")
    {
        Required = true,
    };
    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "Its name in the trail and the log. Without it: its address.");
    public static readonly Setting<ListenerTls> Tls = new(T, "tls", SettingTypes.Choice<ListenerTls>(), Plain.Tls,
        "`offered`: STARTTLS is there to be used; `required`: no mail before STARTTLS; `implicit`: TLS from the first "
            + "byte; `off`.");
    public static readonly Setting<string?> Certificate = new(T, "certificate", SettingTypes.Path, null,
        "A PEM file with the certificate chain; one renewed under its name is shown after `postroom reload`. Without "
            + "it a certificate is made and kept in the data folder.");
    public static readonly Setting<string?> Key =
        new(T, "key", SettingTypes.Path, null, "The PEM file with its private key.");
    public static readonly Setting<bool> RequireAuth = new(T, "require_auth", SettingTypes.Switch, Plain.RequireAuth,
        "Nobody hands over mail without logging in. Users: `postroom listener user set NAME`.");
    public static readonly Setting<IReadOnlyList<string>> Allow = new(T, "allow", SettingTypes.List, [],
        "Networks that may hand over mail without logging in: `[\"10.1.0.0/16\"]`. Empty: loopback and UNIX sockets "
            + "only.");
    public static readonly Setting<Strictness> Strictness =
        new(T, "strictness", SettingTypes.Choice<Strictness>(), Plain.Strictness,
        "`strict` refuses bare CR, bare LF and NUL in mail; `lenient` repairs them, for old devices, and records that "
            + "it did.");
    public static readonly Setting<int> SocketMode = new(T, "socket_mode", SettingTypes.FileMode, Plain.SocketMode,
        "The file mode of a UNIX socket.");
    public static readonly Setting<string?> SocketOwner = new(T, "socket_owner", SettingTypes.Text, null,
        "The owner of a UNIX socket: `jira:jira`. Without it: who runs the relay.");
    public static readonly Setting<long> MessageSize =
        new(T, "message_size", SettingTypes.Size, Plain.Limits.MessageSize,
        "The largest mail. A larger one is refused with 552 5.3.4.");
    public static readonly Setting<int> Recipients =
        new(T, "recipients", SettingTypes.Whole(1, 100_000), Plain.Limits.Recipients,
        "The most recipients of one mail; one more gets 452 4.5.3 (RFC 5321 §4.5.3.1.8).");
    public static readonly Setting<int> CommandLine =
        new(T, "command_line", SettingTypes.Whole(512, 65_536), Plain.Limits.CommandLine,
        "The longest command line in octets (RFC 5321 §4.5.3.1.4).");
    public static readonly Setting<int> Errors = new(T, "errors", SettingTypes.Whole(1, 10_000), Plain.Limits.Errors,
        "Refused commands before the connection is closed.");
    public static readonly Setting<int> PerSource = new(T, "connections_per_source", SettingTypes.Whole(1, 100_000),
        Plain.Limits.ConnectionsPerSource, "The most connections from one address at once.");
    public static readonly Setting<int> Connections =
        new(T, "connections", SettingTypes.Whole(1, 100_000), Plain.Limits.Connections,
        "The most connections in all at once. Fewer where the process may not open so many descriptors.");
    public static readonly Setting<TimeSpan> IdleLocal =
        new(T, "idle_local", SettingTypes.Duration, Plain.Limits.IdleLocal,
        "How long a connection from this machine may say nothing. Jira keeps one for 10 minutes.");
    public static readonly Setting<TimeSpan> IdleRemote =
        new(T, "idle_remote", SettingTypes.Duration, Plain.Limits.IdleRemote,
        "The same for connections from elsewhere (RFC 5321 §4.5.3.2.7 asks for 5 minutes).");
    public static readonly Setting<int> SlowestData = new(T, "slowest_data", SettingTypes.Whole(1, 1_000_000_000),
        Plain.Limits.SlowestData, "Octets a second that mail data has to keep up with, averaged over a minute.");

    public static Setting[] All =>
    [
        Name, Address, Tls, Certificate, Key, RequireAuth, Allow, Strictness, SocketMode, SocketOwner, MessageSize,
            Recipients,
        CommandLine, Errors, PerSource, Connections, IdleLocal, IdleRemote, SlowestData,
    ];
}

internal static class RouteKeys
{
    private const string T = "route";
    private static readonly Route Plain = new("", "", 25);

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "Its name in the queue, the trail and the log.") { Required = true };
    public static readonly Setting<Via> Via = new(T, "via", SettingTypes.Choice<Via>(), Plain.Via,
        "`smtp`, or `graph`: Microsoft Graph, for tenants that have SMTP AUTH switched off; see "
            + "[graph.md](../graph.md).");
    public static readonly Setting<string?> Host = new(T, "host", SettingTypes.Text, null,
        "The next hop's host name or address. Of `graph`, without it: `graph.microsoft.com`.");
    public static readonly Setting<int> Port = new(T, "port", SettingTypes.Whole(1, 65_535), Plain.Port,
        "Its port: 25, 587 with `tls = \"required\"`, 465 with `tls = \"implicit\"`. "
            + "Of `graph`: 443, always with TLS.");
    public static readonly Setting<TlsMode> Tls = new(T, "tls", SettingTypes.Choice<TlsMode>(), Plain.Tls,
        "`required`: STARTTLS with a verified certificate, or nothing is sent; `implicit`: TLS from the first byte, "
            + "verified; "
        + "`opportunistic`: STARTTLS where offered, whatever the certificate; `none`: in the clear.");
    public static readonly Setting<string?> Trust = new(T, "trust", SettingTypes.Path, null,
        "A PEM file of certificates to trust instead of the system's.");
    public static readonly Setting<string?> User =
        new(T, "user", SettingTypes.Text, null, "Log in as. Without it: no AUTH. Of `graph`: the mailbox that sends; "
            + "without it, the account's.");
    public static readonly Setting<string?> Password = new(T, "password", SettingTypes.SecretName, null,
        "The password, by its name in the vault: `secret:NAME`, after `postroom secret set NAME`.");
    public static readonly Setting<string?> OAuth = new(T, "oauth", SettingTypes.Text, null,
        "The name of an `[[oauth]]` account to log in with instead of a password. Its user holds where the route names "
            + "none.");
    public static readonly Setting<string?> PasswordFile = new(T, "password_file", SettingTypes.Path, null,
        "The file whose first line is the password.");
    public static readonly Setting<string?> PasswordEnvironment = new(T, "password_env", SettingTypes.Text, null,
        "The environment variable that holds the password.");
    public static readonly Setting<bool> AllowClearText =
        new(T, "allow_clear_text_password", SettingTypes.Switch, false,
        "Lets the password cross a connection without TLS to another machine. A decision, so it has a name.");
    public static readonly Setting<IReadOnlyList<string>> Mechanisms =
        new(T, "mechanisms", SettingTypes.List, Plain.Mechanisms,
        "The only mechanisms of AUTH that may be used, such as `SCRAM-SHA-256`. Without it, or empty: the strongest "
        + "that the next hop offers.");
    public static readonly Setting<int> Connections =
        new(T, "connections", SettingTypes.Whole(1, 1_000), Plain.Connections,
        "The most connections to the next hop at once. Of `graph` four at most.");
    public static readonly Setting<int> InFlight = new(T, "in_flight", SettingTypes.Whole(1, 100), Plain.InFlight,
        "The most mails unanswered on one connection: also the most that a crash may send twice there.");
    public static readonly Setting<string?> Helo = new(T, "helo", SettingTypes.Text, null,
        "The name given with EHLO. Without it: the relay's own.");
    public static readonly Setting<IReadOnlyList<string>> Recipients =
        new(T, "recipients", SettingTypes.List, Plain.Recipients,
        "Whom it serves: `*`, `*@example.com`, `*.example.com` (subdomains), `example.com`, or a whole address.");
    public static readonly Setting<IReadOnlyList<string>> Senders = new(T, "senders", SettingTypes.List, Plain.Senders,
        "Whose mail it takes, by the envelope's sender; `<>` is the null reverse-path of reports.");

    /// <summary>What says nothing where mail goes by Graph.</summary>
    public static Setting[] OfSmtpAlone =>
        [Tls, Trust, Password, PasswordFile, PasswordEnvironment, AllowClearText, Mechanisms, InFlight,
            Helo];

    public static Setting[] All =>
    [
        Name, Via, Host, Port, Tls, Trust, User, Password, OAuth, PasswordFile, PasswordEnvironment, AllowClearText,
            Mechanisms, Connections, InFlight, Helo, Recipients, Senders,
    ];
}

internal static class QueueKeys
{
    private const string T = "queue";
    private static readonly QueueSettings Plain = new();

    public static readonly Setting<TimeSpan> First = new(T, "retry_first", SettingTypes.Duration, Plain.Retry.First,
        "The wait after a recipient's first failed try; it doubles from there.");
    public static readonly Setting<TimeSpan> Longest =
        new(T, "retry_longest", SettingTypes.Duration, Plain.Retry.Longest,
        "No wait is longer.");
    public static readonly Setting<TimeSpan> GiveUp = new(T, "give_up", SettingTypes.Duration, Plain.Retry.GiveUpAfter,
        "The age at which mail that still fails expires (RFC 5321 §4.5.4.1 asks for 4 to 5 days). Time held, or "
            + "paused because "
        + "of an account, the next hop or ourselves, does not count.");
    public static readonly Setting<TimeSpan> Probe = new(T, "probe", SettingTypes.Duration, Plain.ProbeEvery,
        "How often a next hop that is away is probed at first.");
    public static readonly Setting<TimeSpan> ProbeAccount =
        new(T, "probe_account", SettingTypes.Duration, Plain.ProbeAccountEvery,
        "How often a refused account is tried at first: knocking harder locks it out.");
    public static readonly Setting<TimeSpan> Delayed =
        new(T, "delayed_after", SettingTypes.Duration, Plain.DelayedAfter,
        "The age at which a delayed report is written, where it was asked for (RFC 3461 §4.1).");
    public static readonly Setting<TimeSpan> Park = new(T, "park", SettingTypes.Duration, Plain.ParkLimit,
        "Mail this old in spite of all pauses raises an alarm; it never bounces.");
    public static readonly Setting<string?> ReportsFrom = new(T, "reports_from", SettingTypes.Text, null,
        "The address in the From field of reports. Without it: postmaster at the relay's host name.");

    public static Setting[] All => [First, Longest, GiveUp, Probe, ProbeAccount, Delayed, Park, ReportsFrom];
}

internal static class SpoolKeys
{
    private const string T = "spool";
    private static readonly SpoolSettings Plain = new();

    public static readonly Setting<long> Floor = new(T, "free_space_floor", SettingTypes.Size, Plain.FreeSpaceFloor,
        "With less free space than this nothing is accepted (452 4.3.1) until there is more again.");
    public static readonly Setting<long> Segment = new(T, "segment_size", SettingTypes.Size, Plain.SegmentSize,
        "The size of one journal segment, 1 MiB to 1 GiB.");
    public static readonly Setting<long> BodyMemory = new(T, "body_memory", SettingTypes.Size, Plain.BodyMemory,
        "Bodies kept in memory for delivery; beyond it they are read back from the disk.");
    public static readonly Setting<int> Window = new(T, "window", SettingTypes.Whole(100, 1_000_000), Plain.Window,
        "Mail of one route kept in memory until it is due, and as much that just came; the rest waits in the index.");
    public static readonly Setting<int> IndexLag =
        new(T, "index_lag", SettingTypes.Whole(1_000, 10_000_000), Plain.IndexLag,
        "Records not yet in the index before intake slows down.");
    public static readonly Setting<TimeSpan> AnswerWithin =
        new(T, "answer_within", SettingTypes.Duration, Plain.AnswerWithin,
        "An acceptance that takes longer is a 451: Jira gives up at 10 s and sends again.");
    public static readonly Setting<TimeSpan> KeepCaptured =
        new(T, "keep_captured", SettingTypes.Duration, Plain.KeepCaptured,
        "How long the bodies of captured, failed and expired mail are kept.");
    public static readonly Setting<TimeSpan> CheckpointEvery =
        new(T, "checkpoint_every", SettingTypes.Duration, Plain.CheckpointEvery,
        "The longest that something stands in the journal before a signed checkpoint covers it, a minute or more; "
            + "each is also a line of the log. See [audit.md](../audit.md).");
    public static Setting[] All =>
        [Floor, Segment, BodyMemory, Window, IndexLag, AnswerWithin, KeepCaptured, CheckpointEvery];
}

internal static class VaultKeys
{
    private const string T = "vault";

    public static readonly Setting<string?> KeyFile = new(T, "key_file", SettingTypes.Path, null,
        "A file with the key, 0600 and owned by whoever runs the relay. Without any of these: the systemd credential "
            + "`postroom-vault-key` if there is one, else `POSTROOM_VAULT_KEY` if that is set, else "
            + "`/etc/postroom/vault.key` for root or `~/.config/postroom/vault.key`, made with the first secret.");
    public static readonly Setting<string?> KeyCredential = new(T, "key_credential", SettingTypes.Text, null,
        "The name of a systemd credential that holds the key.");
    public static readonly Setting<string?> KeyEnvironment = new(T, "key_env", SettingTypes.Text, null,
        "The environment variable that holds the key.");

    public static Setting[] All => [KeyFile, KeyCredential, KeyEnvironment];
}
