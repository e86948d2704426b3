namespace Postroom.Relay.Telemetry;

/// <summary>Every instrument there is, in the order of the manual.</summary>
public static class Instruments
{
    /// <summary>The name of our meter, and of what we trace.</summary>
    public const string MeterName = "postroom";

    public static IReadOnlyList<Declaration> All { get; } =
        [
            .. SubmissionInstruments.All, .. QueueInstruments.All, .. StoreInstruments.All,
            .. PostmasterInstruments.All, .. RelayInstruments.All,
        ];
}

/// <summary>What several instruments have in common.</summary>
internal static class Alike
{
    public static readonly double[] Waits =
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    public static readonly Label Listener = new("listener", "the listener's name");
    public static readonly Label Route = new("route", "the route's name; empty for mail that no route fits");
}

/// <summary>What comes in.</summary>
public static class SubmissionInstruments
{
    public static readonly Declaration Connections = new("postroom.connections", InstrumentKind.Counter,
        "{connection}", "Connections that clients opened.")
    {
        Labels = [Alike.Listener, new("result",
            "`turned_away`: one more than the limit of a source, of the listener or of the process", "taken",
            "turned_away")],
        Alerts = [new("PostroomConnectionsTurnedAway", "any was turned away during 10 minutes")],
    };

    public static readonly Declaration OpenConnections = new("postroom.connections.open", InstrumentKind.Gauge,
        "{connection}", "Connections of clients that are open now.")
    {
        Labels = [Alike.Listener],
        NoAlert = "An application that keeps its connections open is well; the limit has an alert of its own.",
    };

    public static readonly Declaration SessionsEnded = new("postroom.sessions.ended", InstrumentKind.Counter,
        "{session}", "Sessions that ended otherwise than by QUIT, and why.")
    {
        Labels = [Alike.Listener, new("ending", "why", [.. EndingNames.All])],
        NoAlert = "Scanners and broken clients make some of these at all times. Look here when an application says "
            + "that its mail is not taken.",
    };

    public static readonly Declaration Logins = new("postroom.logins", InstrumentKind.Counter,
        "{login}", "Logins that were tried.")
    {
        Labels = [Alike.Listener, new("result", "whether it was let in", "accepted", "refused")],
        Alerts = [new("PostroomLoginsRefused", "more than one in ten seconds was refused, for 10 minutes")],
    };

    public static readonly Declaration CommandsRefused = new("postroom.commands.refused", InstrumentKind.Counter,
        "{reply}", "Commands that were answered with 4xx or 5xx, by the enhanced status of the answer (RFC 3463).")
    {
        Labels = [Alike.Listener, new("status", "`4.3.1` no room, `5.7.0` no login or no TLS, `5.1.3` a bad "
            + "address, `5.3.4` too large, `5.5.1` out of order…; the list is that of our replies")],
        NoAlert = "What a client may do about it is between it and us; mail that was refused has its own instrument.",
    };

    public static readonly Declaration MailsAccepted = new("postroom.mails.accepted", InstrumentKind.Counter,
        "{mail}", "Mails that were answered 250: they are on stable storage.")
    {
        Labels = [Alike.Listener, new("application", "who sent it, as it was recognised; `unrecognised` if not")],
        NoAlert = "How much is normal only you know. If an application must send every day, alert on "
            + "`increase(postroom_mails_accepted_total{application=\"jira\"}[1d]) == 0`.",
    };

    public static readonly Declaration Duplicates = new("postroom.duplicates", InstrumentKind.Counter, "{recipient}",
        "Recipients of mails that had been handed over before: their application did not hear our answer. See "
            + "[duplicates.md](../duplicates.md).")
    {
        Labels = [new("application", "who sent it, as it was recognised; `unrecognised` if not")],
        NoAlert = "For the dashboard: where it grows, the application waits for less than "
            + "`postroom_acceptance_duration_seconds`, or is killed while it sends.",
    };

    public static readonly Declaration RecipientsAccepted = new("postroom.recipients.accepted",
        InstrumentKind.Counter, "{recipient}", "The recipients of accepted mails.")
    {
        Labels = [Alike.Listener],
        NoAlert = "For the dashboard: what the next hop's quota is counted in.",
    };

    public static readonly Declaration MailSize = new("postroom.mail.size", InstrumentKind.Histogram, "By",
        "The sizes of accepted mails, as they were handed over.")
    {
        Labels = [Alike.Listener],
        Buckets = [1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000, 4_000_000, 16_000_000, 64_000_000],
        NoAlert = "For the dashboard: what the disk and the next hop have to carry.",
    };

    public static readonly Declaration MailsRefused = new("postroom.mails.refused", InstrumentKind.Counter,
        "{mail}", "Mails that were refused: at MAIL, in the middle of their data, or at its end. The application has "
            + "them still.")
    {
        Labels = [Alike.Listener, new("reason", "`disk_full` and `index_behind` were told 452, `too_slow` and "
            + "`store_failed` 451, `loop` 554, `too_large` 552, `bad_data` 550, `no_memory` 421",
            [.. RefusalReasons.All])],
        Alerts = [new("PostroomMailsRefused", "any was refused during 5 minutes because of us: disk_full, "
            + "index_behind, too_slow, store_failed, no_memory"),
            new("PostroomMailLoop", "any was refused during an hour because it goes round in circles")],
    };

    public static readonly Declaration AcceptanceDuration = new("postroom.acceptance.duration",
        InstrumentKind.Histogram, "s", "From the end of a mail's data to its answer: what an application waits for.")
    {
        Labels = [Alike.Listener],
        Buckets = Alike.Waits,
        Alerts = [new("PostroomAcceptanceSlow", "one in twenty took longer than 2.5 s, for 10 minutes; at 8 s mail is "
            + "refused")],
    };

    public static IReadOnlyList<Declaration> All { get; } =
    [
        Connections, OpenConnections, SessionsEnded, Logins, CommandsRefused, MailsAccepted, Duplicates,
        RecipientsAccepted,
        MailSize, MailsRefused, AcceptanceDuration,
    ];
}
