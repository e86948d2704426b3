namespace Postroom.Mail.Alarms;

/// <summary>In what a measure is told, and how it is written.</summary>
public enum Unit
{
    /// <summary>A number of something.</summary>
    Count,

    /// <summary>Seconds; written <c>"30m"</c>.</summary>
    Duration,

    /// <summary>A part of a whole, 0 to 1; written <c>"20%"</c>.</summary>
    Share,

    /// <summary>How many times as much as something that the measure's manual names.</summary>
    Times,
}

/// <summary>Something that can be looked at again and again, and that an alarm can be about.</summary>
/// <param name="Name">By which configurations name it; never changes.</param>
/// <param name="Unit">Of its values.</param>
/// <param name="Subject">What there is a value for each of: a route, a listener; empty where there is one
/// value.</param>
/// <param name="Manual">What it says.</param>
public sealed record Measure(string Name, Unit Unit, string Subject, string Manual);

/// <summary>Everything that alarms can be about.</summary>
public static class Measures
{
    public static readonly Measure PausedAccount = new("paused_account", Unit.Duration, "route",
        "How long a route has been paused because its account is refused.");

    public static readonly Measure Paused = new("paused", Unit.Duration, "route",
        "How long a route has been paused because its next hop is away, or for a fault of our own.");

    public static readonly Measure OldestWaiting = new("oldest_waiting", Unit.Duration, "route",
        "How long ago the oldest mail was accepted that waits for a route and was not itself the reason: none of its "
            + "recipients has failed by its own fault.");

    public static readonly Measure Waiting = new("waiting", Unit.Count, "route", "Recipients that wait for a route.");

    public static readonly Measure Held = new("held", Unit.Count, "route",
        "Recipients that are held for a person, while the mode is `live`; of mail that no route fits, the subject is "
            + "`no route`.");

    public static readonly Measure Failing = new("failing", Unit.Share, "route",
        "Which part of a route's recipients was refused for good or given up during the last hour, of at least "
            + "twenty.");

    public static readonly Measure InDoubt = new("in_doubt", Unit.Count, "route",
        "Tries of the last hour of which nobody knows whether the next hop took the mail; it is sent again.");

    public static readonly Measure Damaged = new("damaged", Unit.Count, "",
        "Mails of the last day that could not be read back as they were stored.");

    public static readonly Measure Parked = new("parked", Unit.Count, "route",
        "Mails, or whole routes, that were found during the last day to wait for longer than `park_limit`.");

    public static readonly Measure Suppressed = new("suppressed", Unit.Count, "",
        "Addresses that were found dead during the last day, and are suppressed.");

    public static readonly Measure Refused = new("refused", Unit.Count, "listener",
        "Mails and connections of the last ten minutes that were turned away for want of room, of time, or of a sound "
            + "store.");

    public static readonly Measure LoginsRefused = new("logins_refused", Unit.Count, "listener",
        "Logins at a listener that were refused during the last ten minutes.");

    public static readonly Measure Silence = new("silence", Unit.Times, "application",
        "How long an application has been silent, as a multiple of the longest silence that chance explains at this "
            + "hour of the week, learned from the weeks before; 0 for less than half an hour, and in its first four "
            + "weeks.");

    public static readonly Measure CanaryMissing = new("canary_missing", Unit.Duration, "canary",
        "How long ago the oldest canary was sent that has not arrived, where none after it has.");

    public static readonly Measure ExpiresIn = new("expires_in", Unit.Duration, "thing",
        "Until the beginning of the last day of a secret, certificate, consent or token, as `postroom calendar` shows "
            + "it.");

    public static readonly Measure DiskFree = new("disk_free", Unit.Times, "",
        "Free space where the data folder is, as a multiple of `free_space_floor`, below which no mail is accepted.");

    public static readonly Measure IndexBehind = new("index_behind", Unit.Count, "",
        "Durable records that lists and searches do not know yet.");

    public static readonly Measure ClockJump = new("clock_jump", Unit.Duration, "",
        "By how much the machine's clock was set during the last hour, forth or back.");

    public static readonly Measure Restarts = new("restarts", Unit.Count, "",
        "Starts of the relay during the last hour.");

    public static readonly Measure ConfigurationRefused = new("configuration_refused", Unit.Duration, "",
        "How long ago a reload was refused whole, where none was taken since.");

    public static readonly Measure NoticesWaiting = new("notices_waiting", Unit.Duration, "receiver",
        "How long the oldest notice has been waiting for a receiver of alarms.");

    public static readonly Measure ForeignMachine = new("foreign_machine", Unit.Count, "",
        "1 while the installation is live on another machine than the one it is on, and nothing is sent; else 0.");

    public static readonly Measure SourceElsewhere = new("source_elsewhere", Unit.Count, "source",
        "1 for each application instance that arrives from elsewhere than from where it is at home, and is captured.");

    public static readonly Measure Storm = new("storm", Unit.Count, "storm",
        "Recipients that are held of a burst of mail that is alike, until a person decides.");

    public static readonly Measure Mails = new("mails", Unit.Count, "",
        "Recipients that the alarm's own `filter` finds.");

    public static IReadOnlyList<Measure> All { get; } =
    [
        PausedAccount, Paused, OldestWaiting, Waiting, Held, Failing, InDoubt, Damaged, Parked, Suppressed, Refused,
        LoginsRefused, Silence, CanaryMissing, ExpiresIn, DiskFree, IndexBehind, ClockJump, Restarts,
        ConfigurationRefused, NoticesWaiting, ForeignMachine, SourceElsewhere, Storm, Mails,
    ];

    /// <summary>The measure of a name; null if there is none.</summary>
    public static Measure? Named(string name) => All.FirstOrDefault(measure => measure.Name == name);
}

/// <summary>What a measure says of one subject at one moment.</summary>
/// <param name="Subject">Which route, which listener…; empty where there is one value.</param>
/// <param name="Value">In the measure's unit.</param>
public sealed record Measured(string Subject, double Value)
{
    /// <summary>What else is known of it, for the text of an alarm: the next hop's own words.</summary>
    public string? Detail { get; init; }

    /// <summary>What to do about it, where that is known better than the alarm knows it.</summary>
    public string? Cure { get; init; }

    /// <summary>Of which subject an alarm may tell for this: the route that a canary takes. Null: of its own.</summary>
    public string? About { get; init; }

    /// <summary>It is this much at least, and maybe more: it can show that something is wrong, and not that all is
    /// well.</summary>
    public bool IsAtLeast { get; init; }
}
