using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Where a record stands: ascending in the order of the journal.</summary>
/// <param name="Segment">The segment's number, from 1, never used twice.</param>
/// <param name="Offset">The first octet of the record in it.</param>
public readonly record struct Position(int Segment, int Offset) : IComparable<Position>
{
    /// <summary>Behind all that will ever be written.</summary>
    public static Position Never => new(int.MaxValue, int.MaxValue);

    public int CompareTo(Position other) =>
        Segment != other.Segment ? Segment.CompareTo(other.Segment) : Offset.CompareTo(other.Offset);

    public static bool operator <(Position a, Position b) => a.CompareTo(b) < 0;
    public static bool operator >(Position a, Position b) => a.CompareTo(b) > 0;
    public static bool operator <=(Position a, Position b) => a.CompareTo(b) <= 0;
    public static bool operator >=(Position a, Position b) => a.CompareTo(b) >= 0;
}

/// <summary>A run of octets of a body in a segment.</summary>
/// <param name="Checksum">CRC-32C of those octets.</param>
public readonly record struct BodyPiece(int Segment, int Offset, int Length, uint Checksum);

/// <summary>One thing that was promised, or became of a promise. The closed list of what the journal can say.</summary>
public abstract record JournalRecord;

/// <summary>A mail was accepted.</summary>
public sealed record AcceptedRecord(MailId Id, DateTimeOffset At, Envelope Envelope, Origin Origin, HeaderFacts Header)
    : JournalRecord
{
    /// <summary>The trace block: what goes out in front of the body.</summary>
    public required byte[] Trace { get; init; }

    /// <summary>Octets of the body, without the trace block.</summary>
    public required long Size { get; init; }

    /// <summary>Where the body lies, in order. Set when written: an inline body is the last piece.</summary>
    public IReadOnlyList<BodyPiece> Pieces { get; set; } = [];

    /// <summary>The mail this one reports on (a delivery report); null for handed-over mail.</summary>
    public MailId? ReportOf { get; init; }
}

/// <summary>Parcels were leased. On stable storage before any of them touches the wire.</summary>
public sealed record LeasedRecord(DateTimeOffset At, IReadOnlyList<LeasedParcel> Parcels) : JournalRecord;

/// <param name="Recipients">Places in the envelope.</param>
public readonly record struct LeasedParcel(MailId Id, string Lane, IReadOnlyList<int> Recipients);

/// <summary>A lease ended: what became of each of its recipients.</summary>
/// <param name="Verdicts">One for each recipient of the lease: who is not named is not touched.</param>
public sealed record SettledRecord(MailId Id, DateTimeOffset At, string Lane, IReadOnlyList<Verdict> Verdicts)
    : JournalRecord
{
    public AttemptFacts? Attempt { get; init; }
    public IReadOnlyList<TrailEvent> Events { get; init; } = [];
}

/// <summary>A person did something to some recipients.</summary>
public sealed record DirectedRecord(DateTimeOffset At, Happening What, IReadOnlyList<Target> Targets, string Who,
    string? Why)
    : JournalRecord;

/// <summary>The answer came too late and was not a 250: this mail was never accepted (promise 1).</summary>
public sealed record RevokedRecord(MailId Id, DateTimeOffset At) : JournalRecord;

/// <summary>At start: these leases of the life before have no outcome; each goes back to waiting.</summary>
/// <param name="InDoubt">Those that may have arrived at the next hop.</param>
/// <param name="Untried">Those that surely have not.</param>
public sealed record LeasesLostRecord(DateTimeOffset At, IReadOnlyList<Target> InDoubt, IReadOnlyList<Target> Untried)
    : JournalRecord;

/// <summary>How much of a mail is forgotten. Each takes with it what those before it take.</summary>
public enum Forgetting : byte
{
    /// <summary>How it went: transcripts, steps, who looked at it. Where it got to, when, and the last reply
    /// stay.</summary>
    Events = 1,

    /// <summary>One recipient of several: the address and what was said of it.</summary>
    Recipient = 2,

    /// <summary>All but that there was one.</summary>
    Mail = 3,
}

/// <summary>Mail is forgotten, or part of what is known of it: its time is over, or a person is erased.</summary>
/// <param name="Targets">Ended mail; the place of the recipient only where <paramref name="What"/> is of one, and else
/// -1.</param>
/// <param name="Who">The person, or the rule.</param>
public sealed record ForgottenRecord(
    DateTimeOffset At, Forgetting What, IReadOnlyList<Target> Targets, string Who, string? Why) : JournalRecord
{
    /// <summary>Events of the relay itself whose words go: an event has no name but its instant and kind.</summary>
    public IReadOnlyList<EventName> Events { get; init; } = [];
}

/// <summary>An event of the relay itself.</summary>
public readonly record struct EventName(DateTimeOffset At, EventKind Kind);

/// <summary>What stands in the place of a record that is forgotten: nothing but that there was one.</summary>
/// <param name="Mail">The mail, where the record was its acceptance.</param>
public sealed record GoneRecord(MailId? Mail) : JournalRecord;

/// <summary>An event of the relay itself, or of a mail without a change of state.</summary>
public sealed record NotedRecord(TrailEvent Event) : JournalRecord;
