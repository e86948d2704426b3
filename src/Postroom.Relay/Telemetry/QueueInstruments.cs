namespace Postroom.Relay.Telemetry;

/// <summary>What waits, and what goes out.</summary>
public static class QueueInstruments
{
    private static readonly string[] Faults = ["recipient", "message", "account", "nexthop", "ourselves"];

    private static readonly Label Lane = new("lane", "the lane: a route's name; empty for mail that no route fits");

    public static readonly Declaration Recipients = new("postroom.queue.recipients", InstrumentKind.Gauge,
        "{recipient}", "Recipients by lane and state, those of all mail that is in the index. Kept with every change, "
            + "so that a look costs nothing however many there are.")
    {
        Labels = [Lane, new("state", "as in [states.md](../states.md)", "waiting", "trying", "held", "delivered",
            "captured", "failed", "expired", "cancelled", "suppressed")],
        Alerts = [new("PostroomQueueGrows", "more than 100 wait in a lane for 30 minutes, and not fewer than half an "
            + "hour before"), new("PostroomMailHeld", "any is held for an hour: a person has to release it, or mend "
            + "the routes")],
    };

    public static readonly Declaration OldestWaiting = new("postroom.lane.oldest_waiting.age", InstrumentKind.Gauge,
        "s", "How long ago the oldest mail of a lane was accepted that waits there now; 0 if none waits. Where more "
            + "than the window wait (20,000 by default) it may be told too young, by the longest wait of a retry at "
            + "most.")
    {
        Labels = [Lane],
        Alerts = [new("PostroomMailWaits", "more than 30 minutes while the lane is open"),
            new("PostroomMailWaitsForADay", "more than a day, whatever the reason")],
    };

    public static readonly Declaration InFlight = new("postroom.lane.in_flight", InstrumentKind.Gauge,
        "{parcel}", "Parcels (the recipients of one mail in one lane) under way now.")
    {
        Labels = [Lane],
        NoAlert = "For the dashboard: at its ceiling all the time, the next hop is the bottleneck.",
    };

    public static readonly Declaration Paused = new("postroom.lane.paused", InstrumentKind.Gauge, "{lane}",
        "1 while a lane is paused, with the fault that closed it; 0 while mail flows. Mail in it waits and does not "
            + "age.")
    {
        Labels = [Lane, new("fault", "whose; `none` while mail flows", ["none", .. Faults])],
        Alerts = [new("PostroomAccountRefused", "a lane is paused for 2 minutes because its account is refused"),
            new("PostroomLanePaused", "a lane is paused for 10 minutes for any other reason")],
    };

    public static readonly Declaration PausedSince = new("postroom.lane.paused_since.timestamp",
        InstrumentKind.Gauge, "s", "Since when a lane is paused, in seconds of UNIX time; no value while mail flows.")
    {
        Labels = [Lane],
        NoAlert = "`postroom_lane_paused` has the alert; this says in it how long.",
    };

    public static readonly Declaration Pauses = new("postroom.lane.pauses", InstrumentKind.Counter, "{pause}",
        "How often a lane was closed.")
    {
        Labels = [Lane, new("fault", "whose it was", Faults)],
        Alerts = [new("PostroomLaneFlaps", "a lane was closed more than ten times in an hour")],
    };

    public static readonly Declaration Attempts = new("postroom.attempts", InstrumentKind.Counter, "{attempt}",
        "Parcels that were tried, captured or held, by what came of it.")
    {
        Labels = [Alike.Route, new("outcome", "`delivered`: the next hop took it for all its recipients; else "
            + "the worst fault among them; `in_doubt`: sent whole, and no answer came (it is sent again); `damaged`: "
            + "not as it was stored; `none`: nothing was tried, for mode or routes said so, or the lane had closed",
            ["delivered", .. Faults, "in_doubt", "damaged", "none"])],
        Alerts = [new("PostroomMailDamaged", "any mail could not be read back as it was stored"),
            new("PostroomMailInDoubt", "more than five tries in an hour ended in doubt: mail may arrive twice")],
    };

    public static readonly Declaration Verdicts = new("postroom.verdicts", InstrumentKind.Counter, "{recipient}",
        "Recipients by what became of them at a try.")
    {
        Labels = [Alike.Route, new("verdict", "`accepted`: delivered; `deferred`: tried again later; `refused`: "
            + "a 5xx, for good; `expired`: given up; `returned`: the lane is closed, no attempt is counted; "
            + "`captured`, `held`, `discarded`: as the mode says; `suppressed`: by the suppression list", "accepted",
            "deferred", "refused", "expired", "returned", "captured", "held", "suppressed", "discarded")],
        Alerts = [new("PostroomMailBounces", "more than one in five recipients of a route was refused or expired, of "
            + "at least twenty, during an hour")],
    };

    public static readonly Declaration AttemptDuration = new("postroom.attempt.duration", InstrumentKind.Histogram,
        "s", "How long tries took, from the lease to the last answer.")
    {
        Labels = [Alike.Route],
        Buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
        NoAlert = "A slow next hop is not yet a fault; the age of what waits has the alert. Which step is slow: "
            + "`postroom_step_duration_seconds`.",
    };

    public static readonly Declaration StepDuration = new("postroom.step.duration", InstrumentKind.Histogram, "s",
        "How long each step of tries took. Those of the connection count once for each connection.")
    {
        Labels = [Alike.Route, new("step", "`connect` with the name's look-up, `tls`, `greeting`, `ehlo`, "
            + "`starttls`, `auth`, `mail`, `rcpt`, `data`, `dot` (from the final dot to the answer); of Graph `draft`, "
            + "`send`", [.. StepNames.All])],
        Buckets = Alike.Waits,
        NoAlert = "For the dashboard: where the time of a slow route goes.",
    };

    public static readonly Declaration DeliveryDelay = new("postroom.delivery.delay", InstrumentKind.Histogram, "s",
        "From acceptance to the next hop's 250.")
    {
        Labels = [Alike.Route],
        Buckets = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400],
        Alerts = [new("PostroomDeliverySlow", "more than one mail in ten was under way for longer than five minutes, "
            + "for 15 minutes")],
    };

    public static readonly Declaration Reports = new("postroom.reports", InstrumentKind.Counter, "{report}",
        "Delivery reports (bounces, and what was asked for with NOTIFY) that were written.")
    {
        Labels = [Alike.Route],
        NoAlert = "`postroom_verdicts_total` has the alert for what they report.",
    };

    public static readonly Declaration Parked = new("postroom.parked", InstrumentKind.Counter, "{mail}",
        "Mails, or whole lanes, that wait for longer than the park limit (30 days by default).")
    {
        Labels = [Lane],
        Alerts = [new("PostroomMailParked", "any was found in the last day")],
    };

    public static readonly Declaration TokenRenewals = new("postroom.token.renewals", InstrumentKind.Counter,
        "{request}", "Access tokens that were asked for at an authorization server.")
    {
        Labels = [new("account", "the [[oauth]] account"), new("result", "`refused`: a person has to act; `away`: the "
            + "server did not answer, or not for now", "renewed", "refused", "away")],
        Alerts = [new("PostroomTokenRefused", "any request was refused during 15 minutes"),
            new("PostroomTokenServerAway", "none succeeded and more than three failed during 30 minutes")],
    };

    public static IReadOnlyList<Declaration> All { get; } =
    [
        Recipients, OldestWaiting, InFlight, Paused, PausedSince, Pauses, Attempts, Verdicts, AttemptDuration,
        StepDuration, DeliveryDelay, Reports, Parked, TokenRenewals,
    ];
}
