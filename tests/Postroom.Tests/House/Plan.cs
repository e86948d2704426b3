namespace Postroom.Tests.House;

/// <summary>A room of the house.</summary>
/// <param name="Name">Its namespace without <c>Postroom.</c>; its folder under src.</param>
/// <param name="Job">What it does, as docs/ARCHITECTURE.md says it.</param>
/// <param name="Uses">
/// The rooms it may use. An alcove may also use its room and what that may use; its room may use it.
/// </param>
internal sealed record Room(string Name, string Job, params string[] Uses);

/// <summary>
/// The plan of the house, in one place: the architecture test and docs/ARCHITECTURE.md are held to it.
/// </summary>
internal static class Plan
{
    public static IReadOnlyList<Room> Rooms { get; } =
    [
        new("Mail", "the words: paths, envelope, reply, enhanced status, ids, the receipt"),
        new("Mail.Message", "reads header fields; makes the trace block", "Mail"),
        new("Mail.Senders", "whose mail it is: application, instance, item, by its header and its links",
            "Mail", "Mail.Message"),
        new("Mail.Sasl", "mechanisms, both ways", "Mail"),
        new("Mail.Smtp", "grammar, replies, mail data, and the two machines: bytes in, decisions out",
            "Mail", "Mail.Sasl", "Mail.Status", "Mail.Trouble"),
        new("Mail.Routing", "the route table: which lane a recipient waits in", "Mail"),
        new("Mail.Sandbox", "may this recipient be mailed from this machine; gives the clearance", "Mail",
            "Mail.Audit"),
        new("Mail.Trouble", "what is made to go wrong on purpose: which mail, at which stage, how", "Mail",
            "Mail.Audit", "Mail.Sandbox"),
        new("Mail.Status", "the life of a recipient as a table; faults, and what they mean; retry schedule; breakers",
            "Mail"),
        new("Mail.Dsn", "writes delivery reports", "Mail", "Mail.Message", "Mail.Status"),
        new("Mail.Alarms", "what people are to be told of: measures, alarms and their life; the rhythm of a source"),
        new("Mail.Storms", "when mail that is alike is a storm, and which mail is of it", "Mail", "Mail.Audit"),
        new("Mail.Privacy", "addresses in a text, masked or as a keyed hash"),
        new("Mail.Content", "what a mail shows: header, texts, parts, links, codes; its HTML made safe",
            "Mail", "Mail.Message"),
        new("Mail.Content.Html", "a mail's HTML without all that runs, submits or fetches; its text"),
        new("Mail.Content.Checks", "what of a mail will not arrive, not be seen or not be trusted",
            "Mail.Content.Html", "Mail.Authentication"),
        new("Mail.Authentication", "SPF, DKIM and DMARC as a receiver judges them: says what it would ask of DNS, and "
            + "judges by the answers", "Mail"),
        new("Mail.Audit", "what can happen, as events; the query language", "Mail", "Mail.Status"),

        new("Relay.Telemetry", "the one table of log messages and metrics",
            "Mail", "Mail.Smtp", "Mail.Status", "Mail.Audit"),
        new("Relay.Telemetry.Otlp", "sends metrics and traces to a collector, where one is named"),
        new("Relay.Wire", "a connection: TCP or UNIX socket, TLS, deadlines, transcript",
            "Mail", "Mail.Routing", "Relay.Telemetry"),
        new("Relay.Spool", "what we promised, and what became of it",
            "Mail", "Mail.Message", "Mail.Status", "Mail.Audit", "Relay.Telemetry"),
        new("Relay.Spool.Disk", "the door to the disk, with every sync checked"),
        new("Relay.Spool.Journal", "the truth: checksummed records, one sync for a group", "Relay.Spool.Disk"),
        new("Relay.Spool.Journal.Records", "how a record is written as octets, and read back"),
        new("Relay.Spool.Journal.Check", "holds every octet of a journal to what was written",
            "Relay.Spool.Journal.Forget"),
        new("Relay.Spool.Journal.Forget", "takes out of a journal what is forgotten, and leaves the chain whole",
            "Relay.Spool.Journal.Records"),
        new("Relay.Spool.Ledger", "the index: state, timeline", "Relay.Spool.Journal", "Relay.Spool.Journal.Forget"),
        new("Relay.Spool.Ledger.Forget", "what is to be forgotten, and takes it out of the index",
            "Relay.Spool.Journal.Forget", "Relay.Spool.Ledger.Search"),
        new("Relay.Spool.Ledger.Search", "which mails a filter means: the index of terms, and the walk",
            "Relay.Spool.Ledger.Boxes"),
        new("Relay.Spool.Ledger.Boxes", "what is captured, by boxes, with its marks", "Relay.Spool.Journal.Forget"),
        new("Relay.Spool.Embedded", "the spool of one machine: lanes, windows and leases over journal and ledger",
            "Relay.Spool.Disk", "Relay.Spool.Journal", "Relay.Spool.Journal.Check", "Relay.Spool.Ledger"),
        new("Relay.Spool.Embedded.Retention", "what is kept for how long, and whom nothing is kept of",
            "Relay.Spool.Journal.Forget", "Relay.Spool.Ledger.Forget", "Relay.Spool.Embedded.Aside"),
        new("Relay.Spool.Embedded.Aside", "beside the mail: the spool verified, its head signed, its state measured"),
        new("Relay.Vault", "keeps secrets sealed; the only room that sees one open",
            "Mail", "Mail.Privacy", "Relay.Spool.Disk"),
        new("Relay.OAuth", "gets and renews access tokens: one renewer per account",
            "Mail", "Mail.Status", "Relay.Vault", "Relay.Telemetry"),
        new("Relay.Submission", "listens, runs the session machine, hands mail to the spool",
            "Mail", "Mail.Message", "Mail.Senders", "Mail.Smtp", "Mail.Sasl", "Mail.Audit", "Mail.Trouble",
            "Relay.Wire", "Relay.Spool",
            "Relay.Spool.Disk", "Relay.Telemetry"),
        new("Relay.Delivery", "one try at one next hop; returns what happened, stores nothing",
            "Mail", "Mail.Message", "Mail.Smtp", "Mail.Sasl", "Mail.Routing", "Mail.Sandbox", "Mail.Status",
            "Mail.Audit", "Relay.Wire", "Relay.Vault", "Relay.OAuth", "Relay.Telemetry"),
        new("Relay.Delivery.Graph", "one try at Microsoft Graph"),
        new("Relay.Queue", "the conductor: leases what is due, has it tried, settles what came of it",
            "Mail", "Mail.Message", "Mail.Status", "Mail.Routing", "Mail.Sandbox", "Mail.Dsn", "Mail.Audit",
            "Mail.Trouble",
            "Relay.Spool", "Relay.Delivery", "Relay.Telemetry"),

        new("Relay.Modes", "what people said at run time of the mode, kept over a restart",
            "Mail", "Mail.Audit", "Mail.Sandbox", "Relay.Spool", "Relay.Spool.Disk", "Relay.Telemetry"),
        new("Relay.Trouble", "the rules of trouble that hold now, and whatever they make, counted and on record",
            "Mail", "Mail.Audit", "Mail.Trouble", "Relay.Telemetry"),
        new("Relay.Suppression", "the addresses that no mail is sent to: found by what became of mail to them",
            "Mail", "Mail.Audit", "Mail.Status", "Relay.Spool", "Relay.Spool.Disk", "Relay.Telemetry"),
        new("Relay.Maildirs", "writes what is captured into Maildirs, for readers of mail",
            "Mail", "Mail.Audit", "Mail.Status", "Relay.Spool", "Relay.Spool.Disk", "Relay.Telemetry"),
        new("Relay.Duplicates", "knows the mail that an application hands over a second time",
            "Mail", "Mail.Audit", "Mail.Status", "Relay.Spool", "Relay.Telemetry"),
        new("Relay.Storms", "holds the mail of a storm until a person has decided; what is usual, kept over a restart",
            "Mail", "Mail.Audit", "Mail.Sandbox", "Mail.Status", "Mail.Storms", "Relay.Spool", "Relay.Spool.Disk",
            "Relay.Telemetry"),
        new("Relay.Identity", "which machine this is, where the installation is live, from where each source comes",
            "Mail", "Mail.Audit", "Mail.Sandbox", "Relay.Spool", "Relay.Spool.Disk", "Relay.Telemetry"),
        new("Relay.Fetching", "asks where a mail's links lead, and nothing within the house",
            "Mail", "Mail.Content.Checks"),
        new("Relay.Dns", "asks DNS, because a person asked, and within bounds", "Mail", "Mail.Authentication"),
        new("Relay.Postmaster", "tells the people in charge, by a way that is not the stuck queue",
            "Mail", "Mail.Alarms", "Mail.Audit", "Mail.Status", "Mail.Routing", "Relay.Spool", "Relay.Spool.Disk",
            "Relay.Submission", "Relay.Vault", "Relay.OAuth", "Relay.Telemetry"),
        new("Relay.Postmaster.Receivers", "a notice as a webhook, Slack or Teams takes it"),
        new("Relay.Postmaster.Canaries", "mail sent again and again, to see whether it arrives"),

        new("Configuration", "file and environment into the rooms' own settings; all mistakes at once",
            "Mail", "Mail.Senders", "Mail.Sasl", "Mail.Smtp", "Mail.Routing", "Mail.Sandbox", "Mail.Trouble",
            "Mail.Status",
            "Mail.Alarms", "Mail.Storms", "Mail.Audit", "Mail.Privacy", "Relay.Wire", "Relay.Spool", "Relay.Vault",
            "Relay.OAuth",
            "Relay.Submission", "Relay.Delivery", "Relay.Queue", "Relay.Suppression", "Relay.Duplicates",
            "Relay.Dns", "Relay.Maildirs", "Relay.Postmaster", "Relay.Postmaster.Canaries", "Relay.Telemetry"),
        new("Configuration.Watch", "alarms, who is told of them, and canaries"),
        new("Configuration.Maildirs", "Maildirs that captured mail is written into"),
        new("Why", "answers in sentences what became of a mail, or why there is none",
            "Mail", "Mail.Audit", "Mail.Sandbox", "Mail.Status", "Relay.Spool"),
        new("Api", "the contract, and who may do what: HTTP on a UNIX socket and on TCP",
            "Mail", "Mail.Sasl", "Mail.Smtp", "Mail.Audit", "Mail.Alarms", "Mail.Privacy", "Mail.Status",
            "Mail.Sandbox", "Mail.Trouble", "Mail.Routing", "Relay.Wire", "Relay.Suppression", "Relay.Trouble",
            "Relay.Storms", "Relay.Postmaster",
            "Relay.Spool", "Relay.Spool.Disk", "Relay.Spool.Ledger", "Relay.Vault", "Relay.OAuth", "Relay.Submission",
            "Relay.Delivery",
            "Relay.Queue", "Relay.Telemetry", "Configuration", "Why", "Mail.Content", "Mail.Content.Html",
            "Mail.Content.Checks", "Mail.Authentication", "Relay.Fetching", "Relay.Dns"),
        new("Api.Access", "who asks by HTTP, and whether they may"),
        new("Api.Export", "a whole result as JSON lines, CSV or mbox, and the bytes of mails, on record",
            "Api.Access"),
        new("Api.Live", "on which machine mail is live, and a person's word that it is this one", "Api.Access"),
        new("Api.Trouble", "what is made to go wrong by a person's word", "Api.Access", "Mail.Trouble",
            "Relay.Trouble"),
        new("Api.Modes", "what becomes of mail by a person's word: shown, said, taken back", "Api.Access"),
        new("Api.Storms", "what is held as a burst, and what becomes of it by a person's word", "Api.Access",
            "Mail.Storms"),
        new("Api.Letters", "a mail that is written here, from its parts"),
        new("Api.Contents", "what a mail shows, on record", "Api.Access", "Api.Export"),
        new("Api.Inbox", "captured mail: its boxes and marks, deleted, released, waited for", "Api.Access",
            "Api.Letters",
            "Api.Modes"),
        new("Api.Replays", "mail that is handed over once more, once and not twice", "Api.Access", "Api.Inbox",
            "Api.Letters", "Api.Modes"),
        new("Notary", "signs where the chain of records stands, and holds what was signed against it",
            "Mail", "Mail.Audit", "Relay.Spool", "Relay.Spool.Disk", "Relay.Spool.Journal",
            "Relay.Spool.Journal.Check", "Relay.Vault", "Api"),
        new("Host", "builds the house with new, in the order of the road",
            "Mail", "Mail.Message", "Mail.Sasl", "Mail.Smtp", "Mail.Routing", "Mail.Sandbox", "Mail.Trouble",
            "Mail.Status",
            "Mail.Dsn", "Mail.Audit", "Mail.Alarms", "Mail.Storms", "Mail.Privacy", "Relay.Telemetry",
            "Relay.Telemetry.Otlp",
            "Relay.Wire", "Relay.Suppression", "Relay.Trouble", "Relay.Duplicates", "Relay.Storms",
            "Relay.Postmaster", "Relay.Postmaster.Canaries", "Relay.Maildirs",
            "Relay.Identity", "Api.Access", "Api.Letters", "Api.Live", "Api.Modes", "Api.Trouble", "Relay.Modes",
            "Relay.Spool", "Relay.Spool.Disk", "Relay.Spool.Journal", "Relay.Spool.Journal.Check",
            "Relay.Spool.Ledger", "Relay.Spool.Embedded", "Relay.Spool.Embedded.Aside",
            "Relay.Spool.Embedded.Retention", "Relay.Vault", "Relay.OAuth",
            "Relay.Submission",
            "Relay.Delivery", "Relay.Delivery.Graph", "Relay.Queue", "Configuration", "Api", "Notary"),
        new("Cli", "commands and tables for people",
            "Mail", "Mail.Sasl", "Mail.Routing", "Mail.Sandbox", "Mail.Status", "Mail.Audit",
            "Relay.Spool", "Relay.Spool.Disk", "Relay.Spool.Journal", "Relay.Spool.Journal.Check",
            "Relay.Spool.Ledger", "Relay.Spool.Embedded",
            "Relay.Vault", "Relay.OAuth", "Relay.Submission", "Relay.Delivery", "Relay.Queue", "Relay.Suppression",
            "Configuration", "Why", "Api", "Api.Access", "Api.Contents", "Api.Export", "Api.Inbox", "Api.Letters",
            "Api.Live",
            "Api.Modes", "Api.Replays", "Api.Storms", "Api.Trouble", "Notary", "Host", "Relay.Identity"),
        new("Cli.Watch", "what is wrong, who is told, and what is not sent"),
        new("Cli.Inbox", "captured mail, and what a mail shows, for people and for the tests of an application"),
        new("Cli.Replays", "what a filter finds, once more"),
        new("Cli.Record", "what is taken out of the record, and found again in the log"),
        new("Cli.Bench", "an index with years of invented mail, and how fast it answers"),
        new("Cli.Demo", "the point in under a minute: a relay, a bad next hop, two hundred mails"),
    ];

    /// <summary>The types that are leave to do something, and the only rooms that may make one.</summary>
    public static IReadOnlyDictionary<string, string[]> Permits { get; } = new Dictionary<string, string[]>
    {
        ["Postroom.Mail.Receipt"] = ["Relay.Spool"],
        ["Postroom.Mail.Sandbox.Clearance"] = ["Mail.Sandbox"],
        ["Postroom.Mail.Sandbox.SandboxPolicy"] = ["Host"],
    };

    /// <summary>The room that an alcove belongs to; null for a room.</summary>
    public static string? RoomOfAlcove(string name) => Rooms
        .Where(r => r.Name is not ("Mail" or "Relay") && name.StartsWith(r.Name + ".", StringComparison.Ordinal))
        .Select(r => r.Name).MaxBy(room => room.Length);

    /// <summary>Whether one room may use another.</summary>
    public static bool Allows(string from, string to)
    {
        var room = Rooms.FirstOrDefault(r => r.Name == from);
        if (room is null)
            return false;
        if (from == to || room.Uses.Contains(to))
            return true;
        if (RoomOfAlcove(to) == from) // a room uses its own alcoves
            return true;
        return RoomOfAlcove(from) is { } home && (to == home || (RoomOfAlcove(to) != home && Allows(home, to)));
    }
}
