namespace Postroom.Mail.Alarms;

/// <summary>How much it matters.</summary>
public enum Severity
{
    /// <summary>Look at it today.</summary>
    Warning,

    /// <summary>Look at it now: mail does not flow, or is in danger.</summary>
    Critical,
}

/// <summary>What people are to be told of: all that is known of an alarm is in here, and nothing of it in
/// code.</summary>
/// <param name="Name">Never changes; small letters, digits and hyphens.</param>
/// <param name="Measure">What is looked at.</param>
/// <param name="Limit">In the unit of the measure.</param>
public sealed record Alarm(string Name, Measure Measure, double Limit)
{
    /// <summary>True: it is about values under the limit; false: over it.</summary>
    public bool IsBelow { get; init; }

    /// <summary>How long that has to last before it is raised; zero: at once.</summary>
    public TimeSpan For { get; init; }

    /// <summary>How long all has to be well before it is resolved.</summary>
    public TimeSpan Calm { get; init; } = TimeSpan.FromMinutes(5);

    public Severity Severity { get; init; }

    /// <summary>The sentence that is told; <c>{subject}</c>, <c>{value}</c>, <c>{limit}</c> and <c>{detail}</c> stand
    /// for what was read.</summary>
    public string Text { get; init; } = "{subject}: {value}";

    /// <summary>What to do about it.</summary>
    public string Cure { get; init; } = "";

    /// <summary>Not raised while one of these is raised, or about to be, for the same subject: they tell it
    /// better.</summary>
    public IReadOnlyList<string> Unless { get; init; } = [];

    /// <summary>Of <see cref="Measures.Mails"/>: which recipients are counted, in the language of filters.</summary>
    public string? Filter { get; init; }

    /// <summary>Whether a value is one that this is about.</summary>
    public bool Concerns(double value) => IsBelow ? value < Limit : value > Limit;
}

/// <summary>The alarms that are there without anybody writing one.</summary>
public static class ShippedAlarms
{
    private static readonly string[] Stopped = ["account-refused", "route-stopped"];

    /// <summary>The one alarm that a copy tells.</summary>
    public const string Copy = "relay-is-a-copy";

    public static IReadOnlyList<Alarm> All { get; } = [.. Copies, .. Routes, .. Near, .. House];

    private static Alarm[] Copies =>
    [
        new(Copy, Measures.ForeignMachine, 0)
        {
            Severity = Severity.Critical,
            Text = "Nothing is sent: {detail}.",
            Cure = "If it is a copy, leave it so, or give it mode = \"capture\". If it is a real move: `postroom live "
                + "confirm --reason TEXT`, and live_on in the configuration.",
        },
        new("source-is-a-copy", Measures.SourceElsewhere, 0)
        {
            Severity = Severity.Critical,
            Text = "Mail of {subject} is captured, for it is a copy's: {detail}",
            Cure = "If that is where it is at home now: `postroom live confirm --source SOURCE --reason TEXT`, then "
                + "`postroom queue release` what was captured. Else take this relay out of the copy's settings.",
        },
    ];

    private static Alarm[] Routes =>
    [
        new("account-refused", Measures.PausedAccount, 0)
        {
            For = TimeSpan.FromMinutes(2),
            Severity = Severity.Critical,
            Text = "The account of {subject} has been refused for {value}: {detail}",
            Cure = "Correct what it logs in with; `postroom route test NAME` shows each step. The mail waits, burns no "
                + "try, and goes by itself.",
        },
        new("route-stopped", Measures.Paused, 0)
        {
            For = TimeSpan.FromMinutes(10),
            Severity = Severity.Critical,
            Text = "Nothing has gone out by {subject} for {value}: {detail}",
            Cure = "Look whether the next hop can be reached from this machine: `postroom route test NAME`. The mail "
                + "waits and goes by itself.",
        },
        new("mail-stuck", Measures.OldestWaiting, Minutes(30))
        {
            For = TimeSpan.FromMinutes(5),
            Severity = Severity.Critical,
            Text = "Mail has been waiting for {subject} for {value}.",
            Cure = "`postroom why state:waiting` says what for.",
            Unless = Stopped,
        },
        new("mail-waits", Measures.OldestWaiting, Minutes(10))
        {
            For = TimeSpan.FromMinutes(5),
            Text = "Mail has been waiting for {subject} for {value}.",
            Cure = "`postroom why state:waiting` says what for.",
            Unless = [.. Stopped, "mail-stuck"],
        },
        new("queue-grows", Measures.Waiting, 100)
        {
            For = TimeSpan.FromMinutes(30),
            Text = "{value} recipients wait for {subject}, and more than {limit} have for half an hour.",
            Cure = "`postroom status` shows the pace; where the next hop slows mail down, see [[route]] connections "
                + "and the provider's limits.",
            Unless = Stopped,
        },
        new("mail-held", Measures.Held, 0)
        {
            For = TimeSpan.FromHours(1),
            Text = "{value} recipients are held: {subject}.",
            Cure = "`postroom queue list state:held` shows them, `postroom queue release` lets them go.",
        },
        new("storm", Measures.Storm, 0)
        {
            Severity = Severity.Critical,
            Text = "{value} recipients of {subject} are held, and all other mail passes: {detail}",
            Cure = "`postroom storm` shows it; then `postroom storm release`, `thin` or `discard` it.",
        },
        new("mail-bounces", Measures.Failing, 0.2)
        {
            For = TimeSpan.FromMinutes(5),
            Text = "{value} of the recipients by {subject} failed during the last hour: {detail}",
            Cure = "`postroom queue list state:failed,expired age:1h` shows whom, and with which reply.",
        },
        new("mail-in-doubt", Measures.InDoubt, 5)
        {
            Text = "{value} tries by {subject} of the last hour had no answer to the final dot: mail may arrive twice.",
            Cure = "Something between here and the next hop cuts connections: a firewall, a time limit of the next "
                + "hop.",
        },
        new("mail-damaged", Measures.Damaged, 0)
        {
            Severity = Severity.Critical,
            Text = "{value} mails could not be read back from the disk as they were stored, and were not sent.",
            Cure = "`postroom audit verify` says where; look after the disk, and have the applications send again.",
        },
        new("mail-parked", Measures.Parked, 0)
        {
            Text = "Mail for {subject} has been waiting for longer than park_limit.",
            Cure = "Nobody comes for it any more: mend the route, or `postroom queue cancel` it.",
        },
        new("addresses-suppressed", Measures.Suppressed, 20)
        {
            Text = "{value} addresses were found dead within a day, and nothing is sent to them.",
            Cure = "`postroom suppression list` shows with which replies. If it is the other side that is broken, "
                + "`postroom suppression remove` them.",
        },
        new("canary-lost", Measures.CanaryMissing, Minutes(15))
        {
            Severity = Severity.Critical,
            Text = "The canary {subject} has been missing for {value}: {detail}",
            Cure = "Mail by its way does not arrive, whatever the next hop says: look there, and into the spam folder.",
            Unless = Stopped,
        },
    ];

    private static Alarm[] Near =>
    [
        new("mail-refused", Measures.Refused, 0)
        {
            Severity = Severity.Critical,
            Text = "{value} mails or connections at {subject} were turned away during ten minutes: {detail}",
            Cure = "The applications were told to try again, and not all do: see `postroom status`, the disk, and the "
                + "log.",
        },
        new("logins-refused", Measures.LoginsRefused, 20)
        {
            Text = "{value} logins at {subject} were refused during ten minutes.",
            Cure = "An application has an old password, or somebody guesses: the log names their addresses.",
        },
        new("silence", Measures.Silence, 1)
        {
            Text = "{subject} sends nothing: {detail}",
            Cure = "Look at the application: is its mail queue running, is outgoing mail switched on, does it log "
                + "errors? If all is as it should be, the alarm ends with its next mail.",
        },
    ];

    private static Alarm[] House =>
    [
        new("expires-now", Measures.ExpiresIn, Days(1))
        {
            IsBelow = true,
            Severity = Severity.Critical,
            Text = "Today, or before: {subject}.",
            Cure = "`postroom calendar` says what to do.",
        },
        new("expires-soon", Measures.ExpiresIn, Days(14))
        {
            IsBelow = true,
            Text = "In {value}, {subject}.",
            Cure = "`postroom calendar` says what to do before.",
            Unless = ["expires-now"],
        },
        new("disk-full", Measures.DiskFree, 1)
        {
            IsBelow = true,
            Severity = Severity.Critical,
            Text = "The disk of the data folder is at its floor, and no mail is accepted: {detail}",
            Cure = "Make room: mail is accepted again by itself.",
        },
        new("disk-fills", Measures.DiskFree, 2)
        {
            IsBelow = true,
            For = TimeSpan.FromMinutes(5),
            Text = "The disk of the data folder has {value} its floor left: {detail}",
            Cure = "Make room, or give it a larger disk.",
            Unless = ["disk-full"],
        },
        new("index-behind", Measures.IndexBehind, 10_000)
        {
            For = TimeSpan.FromMinutes(10),
            Text = "Lists and searches lag behind by {value} records.",
            Cure = "No mail is in danger. The disk is too slow for this load, or something else uses it.",
        },
        new("clock-jumped", Measures.ClockJump, 60)
        {
            Text = "The machine's clock was set by {value}.",
            Cure = "Look at its time service. Retries go on by the time that passed; dates in mail follow the clock.",
        },
        new("restarts", Measures.Restarts, 3)
        {
            Text = "The relay was started {value} times within an hour.",
            Cure = "The log says what ended it; exit code 74 is a failing disk.",
        },
        new("configuration-refused", Measures.ConfigurationRefused, 0)
        {
            Text = "The changed configuration was refused, and the one before is in use: {detail}",
            Cure = "`postroom config check` names each mistake; then `postroom reload`.",
        },
        new("notices-wait", Measures.NoticesWaiting, Minutes(15))
        {
            Text = "The receiver {subject} of alarms cannot be told anything since {value}: {detail}",
            Cure = "`postroom alarm test NAME` shows what it answers.",
        },
    ];

    private static double Minutes(double minutes) => minutes * 60;

    private static double Days(double days) => days * 86_400;
}
