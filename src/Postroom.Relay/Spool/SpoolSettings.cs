namespace Postroom.Relay.Spool;

/// <summary>The bounds of the embedded spool.</summary>
public sealed record SpoolSettings
{
    /// <summary>Below this many free octets nothing is accepted (452 4.3.1).</summary>
    public long FreeSpaceFloor { get; init; } = 512L << 20;

    /// <summary>Octets of one journal segment; at least 128 KB, for a piece of a body must fit in.</summary>
    public int SegmentSize { get; init; } = 64 << 20;

    /// <summary>Octets of bodies kept in memory for delivery; beyond it they are read back.</summary>
    public long BodyMemory { get; init; } = 64L << 20;

    /// <summary>
    /// Parcels of a lane kept in memory until they are due, and fresh ones beside them; the rest waits in the index.
    /// </summary>
    public int Window { get; init; } = 20_000;

    /// <summary>Journal records not yet indexed before intake slows down.</summary>
    public int IndexLag { get; init; } = 100_000;

    /// <summary>The answer to the final dot comes no later.</summary>
    public TimeSpan AnswerWithin { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>
    /// How long the bodies of mail are kept that ended otherwise than delivered or cancelled, so that a person may look
    /// at it and release it: captured, failed, expired. Others go with the next segment that nothing else needs.
    /// </summary>
    public TimeSpan KeepCaptured { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The longest that something stands in the journal before the chain over it is signed.</summary>
    public TimeSpan CheckpointEvery { get; init; } = TimeSpan.FromHours(6);

    /// <summary>The longest wait of the retry schedule; nothing waits longer for its time, whatever the clock
    /// does.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromDays(1);
}
