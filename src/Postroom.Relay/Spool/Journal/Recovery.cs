using Postroom.Mail;

namespace Postroom.Relay.Spool.Journal;

/// <summary>What the journal was found like at start.</summary>
public sealed record Recovery
{
    /// <summary>The life before ended by <see cref="MailJournal.DisposeAsync"/>, or there was none.</summary>
    public bool CleanStop { get; init; }

    /// <summary>Only the process died, not the machine: what it stored last was found, so
    /// <see cref="MailJournal.Marks"/> can be trusted.</summary>
    public bool PageCacheKept { get; init; }

    /// <summary>Records given to the replay.</summary>
    public int Records { get; init; }

    /// <summary>Octets of records at the tail that were torn, or of a group that was not whole: never
    /// acknowledged.</summary>
    public long CutBytes { get; init; }

    /// <summary>What had been on stable storage and is not sound any more.</summary>
    public IReadOnlyList<DamageReport> Damage { get; init; } = [];

    /// <summary>By the wall clock of the life before: when it last wrote; null in a new journal.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>The highest id of the replayed records; the default where there was none.</summary>
    public MailId LastId { get; init; }
}

/// <summary>A place where the disk no longer holds what was stored.</summary>
/// <param name="At">Where it begins; offset 0 for a whole file.</param>
/// <param name="Octets">How many.</param>
/// <param name="KeptAs">The file in the quarantine that keeps a copy; null if there is none.</param>
/// <param name="What">A sentence for people.</param>
public sealed record DamageReport(Position At, long Octets, string? KeptAs, string What);

/// <summary>One segment with bodies.</summary>
/// <param name="Octets">Written octets.</param>
/// <param name="Retired">No longer written to.</param>
/// <param name="Releasable">Its records are copied to the record segments: its bodies may be released.</param>
public sealed record SegmentFacts(int Number, long Octets, bool Retired, bool Releasable)
{
    /// <summary>Octets of it that were given back already.</summary>
    public long GivenBack { get; init; }
}
