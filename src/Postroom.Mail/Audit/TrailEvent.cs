using Postroom.Mail.Status;

namespace Postroom.Mail.Audit;

/// <summary>What can stand in the trail, as a closed list. The names are approved text: they never change.</summary>
public enum EventKind : byte
{
    /// <summary>A mail was accepted: who handed it over, and how.</summary>
    Accepted = 1,

    /// <summary>Leased for a try.</summary>
    Trying = 2,

    /// <summary>The next hop took it.</summary>
    Delivered = 3,

    /// <summary>A try failed for now.</summary>
    Deferred = 4,

    /// <summary>Refused for good.</summary>
    Failed = 5,

    /// <summary>Given up after the schedule's end.</summary>
    Expired = 6,

    Captured = 7,
    Held = 8,
    Released = 9,
    Cancelled = 10,

    /// <summary>A person asked for a try at once.</summary>
    Hurried = 11,

    /// <summary>A lease was given back untried: the lane is closed.</summary>
    Returned = 12,

    /// <summary>A try's outcome is unknown: the mail may have arrived, and is sent again (promise 3).</summary>
    InDoubt = 13,

    /// <summary>A delivery report about this mail was written; the text names its id.</summary>
    Reported = 14,

    /// <summary>A report was due but has nowhere to go (null reverse-path): it is kept here instead.</summary>
    ReportKept = 15,

    /// <summary>The answer came too late and was a 451: the mail was not accepted after all (promise 1).</summary>
    Revoked = 16,

    /// <summary>The stored body does not match its checksum: quarantined, never sent.</summary>
    Damaged = 17,

    Suppressed = 18,

    /// <summary>It waits for longer than the park limit: a person has to look (promise 4).</summary>
    Parked = 19,

    /// <summary>A person read the mail's bytes.</summary>
    Opened = 20,

    // Of the relay itself, about no single mail:
    Started = 64,
    Stopped = 65,
    LanePaused = 66,
    LaneResumed = 67,
    DiskLow = 68,
    DiskFree = 69,
    ClockJumped = 70,
    Reloaded = 71,
    Recovered = 72,

    /// <summary>A person set or deleted a secret, or its key was changed: the text says which, and nothing of what it
    /// is.</summary>
    SecretChanged = 73,

    /// <summary>Something that a route needs ends soon, or has ended: the text says what, when, and what to
    /// do.</summary>
    Expiring = 74,

    /// <summary>Where the chain stood, signed: the text is a <see cref="Checkpoint"/>.</summary>
    Checkpoint = 75,

    /// <summary>A person tried a route out: the text says how that went, and names the mail if one was sent.</summary>
    RouteTried = 76,

    /// <summary>A person wanted another configuration, which was refused whole: the text says which.</summary>
    ReloadRefused = 77,

    /// <summary>A person had paused routes probed at once.</summary>
    Probed = 78,

    /// <summary>A person added, changed or removed a user who may log in at listeners: the text says which.</summary>
    ListenerUserChanged = 79,

    /// <summary>A person made a token of the API, or took one away: the text says which, and what for.</summary>
    TokenChanged = 80,

    /// <summary>An alarm was raised: the text names it, and says what is wrong.</summary>
    AlarmRaised = 81,

    /// <summary>An alarm is over: the text names it, and says how it stands.</summary>
    AlarmOver = 82,

    /// <summary>A person had a receiver of alarms told that this is a test: the text says how it took that.</summary>
    ReceiverTried = 83,

    /// <summary>An address came onto the suppression list, or was taken off it: the text says which, why, and for how
    /// long.</summary>
    SuppressionChanged = 84,

    /// <summary>It had been handed over before: the text is a <see cref="DuplicateMark"/>. Of a mail, unlike its
    /// neighbours here.</summary>
    DuplicateOf = 85,

    /// <summary>Records were taken out of the journal whose time was over, or that were of a person who is erased: the
    /// text says from which segment, and what stands there now.</summary>
    Forgotten = 86,

    /// <summary>A person had all records about an address erased: the text says how many, and which keyed hash the
    /// address has.</summary>
    Erased = 87,

    /// <summary>A person said what becomes of mail, in the place of the configuration, or took it back, or its time is
    /// over: the text says which, for what, until when and why.</summary>
    ModeChanged = 88,

    /// <summary>A person said that the installation, or a source, is meant to be where it is now: the text says what
    /// differs, and why.</summary>
    MachineConfirmed = 89,

    // Of a mail again: marks of the relay, shared by all who look.

    /// <summary>A person has read a captured mail, or says so.</summary>
    Read = 90,

    /// <summary>It counts as not read again.</summary>
    Unread = 91,

    /// <summary>A person gave it a tag: the text is that.</summary>
    Tagged = 92,

    /// <summary>A person took a tag away: the text is that.</summary>
    Untagged = 93,

    /// <summary>Its bytes were handed over once more as a mail of their own, to others: the text says which, or of
    /// which this one is the copy.</summary>
    Copied = 94,

    /// <summary>Something was made to go wrong, on purpose: the text says what, and by which rule or address. Of a mail
    /// at its turn; of the relay where an application met it.</summary>
    TroubleMade = 95,

    /// <summary>A person said what is to go wrong, or took it back: the text says which.</summary>
    TroubleChanged = 96,

    // Of the relay again:

    /// <summary>A burst was noticed, and its mail is held: the text says which storm, from where, and what it has in
    /// common. Also where it is found to be wider.</summary>
    StormNoticed = 97,

    /// <summary>A storm has passed: what comes from now on is not of it. What is held of it stays so.</summary>
    StormOver = 98,

    /// <summary>A person decided what becomes of a storm: the text says what, and of how many recipients.</summary>
    StormDecided = 99,

    /// <summary>A person handed it over once more, to the same recipients or to others, or by another route: the text
    /// says as which mail, or of which this one is the replay, to whom and why. Of a mail.</summary>
    Replayed = 100,
}

/// <summary>One thing that happened: to a mail, to one recipient of it, or to the relay.</summary>
/// <param name="At">When, by the wall clock.</param>
/// <param name="Kind">What.</param>
/// <param name="Mail">Of which mail; null for an event of the relay itself.</param>
/// <param name="Recipient">Which recipient, by its place in the envelope from 0; null for all or none.</param>
public sealed record TrailEvent(DateTimeOffset At, EventKind Kind, MailId? Mail, int? Recipient)
{
    /// <summary>Who did it, when it was a person or a named rule.</summary>
    public string? Who { get; init; }

    /// <summary>The lane (route) it happened on.</summary>
    public string? Lane { get; init; }

    /// <summary>The other side's own words on success: the whole final reply.</summary>
    public string? Reply { get; init; }

    /// <summary>Why it failed.</summary>
    public Failure? Failure { get; init; }

    /// <summary>A sentence for people: the reason given, what was repaired, when the next try is due.</summary>
    public string? Text { get; init; }

    /// <summary>When the next try is due, of a deferral; of a clock that jumped, where it would have stood.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>How the try went, step by step.</summary>
    public AttemptFacts? Attempt { get; init; }
}

/// <summary>One try at one next hop: what was reached, what it cost, what was said.</summary>
/// <param name="Remote">Address and port reached; null if none.</param>
/// <param name="Greeting">The name in the peer's 220.</param>
/// <param name="Tls">Protocol and cipher, or null on a clear connection.</param>
/// <param name="Reused">The connection had carried mail before.</param>
/// <param name="Steps">Each step and its milliseconds, in order.</param>
/// <param name="Transcript">The dialogue with secrets masked, cut at a bound; null where all went well.</param>
public sealed record AttemptFacts(
    string? Remote, string? Greeting, string? Tls, bool Reused, IReadOnlyList<Step> Steps, string? Transcript = null);

/// <param name="Name">connect, tls, ehlo, auth, mail, rcpt, data, dot…</param>
/// <param name="Milliseconds">How long it took.</param>
public readonly record struct Step(string Name, double Milliseconds);
