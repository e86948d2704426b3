using Postroom.Mail;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Ledger;

public sealed class MailLedger : IDisposable
{
    public static MailLedger Open(string file) => throw new NotSupportedException(file);

    public static ISpoolIndexReader OpenReadOnly(string file) => throw new NotSupportedException(file);

    public Position? IndexedTo => throw new NotSupportedException();

    public void Apply(IReadOnlyList<(Position At, JournalRecord Record)> batch, LaneOf laneOf) =>
        throw new NotSupportedException();

    /// <summary>Parcels of a lane that wait, in the order of their keys, those after <paramref name="after"/>.</summary>
    public IReadOnlyList<ParcelRow> Waiting(string lane, DueKey after, int most) => throw new NotSupportedException();

    /// <summary>Leases without an outcome, for recovery.</summary>
    public IReadOnlyList<ParcelRow> Trying() => throw new NotSupportedException();

    public IReadOnlyList<LaneUse> Lanes() => throw new NotSupportedException();

    /// <summary>Bodies of open mail, and of captured, failed or expired mail accepted at or after that instant.</summary>
    public IReadOnlyList<SegmentUse> BodiesNeeded(DateTimeOffset keptSince) => throw new NotSupportedException();

    public AcceptedRow? Accepted(MailId id) => throw new NotSupportedException();

    public void Relane(LaneOf laneOf) => throw new NotSupportedException();

    /// <summary>Times in which mail of this lane did not age, merged, in order.</summary>
    public IReadOnlyList<LanePause> Pauses(string lane) => throw new NotSupportedException();

    /// <summary>Copies what the write-ahead log holds into the file; for when the writer is idle.</summary>
    public void Checkpoint() => throw new NotSupportedException();

    public ISpoolIndexReader OpenReader() => throw new NotSupportedException();

    public void Dispose() { }
}
