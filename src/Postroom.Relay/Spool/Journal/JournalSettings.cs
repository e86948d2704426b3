using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Journal;

/// <summary>The bounds of the journal.</summary>
public sealed record JournalSettings
{
    /// <summary>Octets of one segment; at least 64 KB.</summary>
    public int SegmentSize { get; init; } = 64 << 20;

    /// <summary>How long a patient append may wait for a sync that others pay for.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Octets of <see cref="MailJournal.Marks"/>.</summary>
    public int MarksSize { get; init; } = 64 << 10;

    /// <summary>Counts what is written and synced.</summary>
    public JournalMeters Meters { get; init; } = RelayMeters.Unwatched.Journal;

    /// <summary>Octets written with zeros ahead of the writer at a time, so that a sync finds no metadata to write;
    /// 0: none.</summary>
    public int ZeroAhead { get; init; } = 8 << 20;
}
