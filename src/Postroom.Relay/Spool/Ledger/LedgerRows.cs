using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>The place of a parcel in its lane's line: by due time, then in the order of acceptance.</summary>
public readonly record struct DueKey(DateTimeOffset Due, MailId Mail)
{
    /// <summary>Before every parcel.</summary>
    public static DueKey First { get; } = new(DateTimeOffset.UnixEpoch, new MailId(-1));
}

/// <summary>The recipients of one mail that stand in one lane with one due time.</summary>
/// <param name="Source">The key of fairness: <see cref="Origin.Source"/>.</param>
/// <param name="Due">When it is due; of a lease, when it was due before.</param>
/// <param name="HeldFor">Time it was held, which does not count as age; the longest of its recipients'.</param>
/// <param name="Pieces">Where its body lies.</param>
/// <param name="Size">Octets of the body, without the trace block.</param>
public sealed record ParcelRow(
    MailId Mail, string Lane, DateTimeOffset AcceptedAt, string Source, DateTimeOffset Due,
    IReadOnlyList<ParcelRecipient> Recipients, TimeSpan HeldFor, IReadOnlyList<BodyPiece> Pieces, long Size)
{
    public DueKey Key => new(Due, Mail);
}

/// <param name="Index">Its place in the envelope, from 0.</param>
/// <param name="FailedTries">Tries that failed so far and counted.</param>
/// <param name="DelayReported">A delayed report was already written for it.</param>
public readonly record struct ParcelRecipient(int Index, State State, int FailedTries, bool DelayReported);

/// <summary>How many recipients are open on a lane: waiting or being tried (what is held needs no pump).</summary>
public readonly record struct LaneUse(string Lane, long Open);

/// <summary>How many mails still need their body in a segment, and how many octets of it.</summary>
public readonly record struct SegmentUse(int Segment, long Mails, long Octets);

/// <summary>What is needed to send a mail: everything of its acceptance but the states.</summary>
public sealed record AcceptedRow(
    MailId Id, DateTimeOffset AcceptedAt, Envelope Envelope, Origin Origin, HeaderFacts Header)
{
    public required byte[] Trace { get; init; }
    public required IReadOnlyList<BodyPiece> Pieces { get; init; }

    /// <summary>Octets of the body, without the trace block.</summary>
    public required long Size { get; init; }

    /// <summary>The mail this one reports on; null for handed-over mail.</summary>
    public MailId? ReportOf { get; init; }

    /// <summary>As the journal said it.</summary>
    public AcceptedRecord ToRecord() => new(Id, AcceptedAt, Envelope, Origin, Header)
    {
        Trace = Trace,
        Size = Size,
        Pieces = Pieces,
        ReportOf = ReportOf,
    };
}

/// <summary>One recipient, for whoever is about to change its state.</summary>
public readonly record struct RecipientState(int Index, State State, DateTimeOffset Due);

/// <summary>A time in which mail of a lane did not age: paused, or the relay was not running.</summary>
/// <param name="Until">Null while it lasts.</param>
public readonly record struct LanePause(DateTimeOffset Since, DateTimeOffset? Until)
{
    /// <summary>What of it came before an instant; an open one begins there at the latest.</summary>
    public LanePause Before(DateTimeOffset now) => new(Since < now ? Since : now, Until > now ? now : Until);
}

/// <summary>
/// The file is no sound database: to be put aside and built anew from the journal, which is the truth.
/// </summary>
public sealed class LedgerCorruptException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>SQLite says so: the whole file is in doubt, and not one row.</summary>
    public bool IsOfFile { get; init; }
}
