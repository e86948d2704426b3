using Postroom.Mail;

namespace Postroom.Relay.Spool.Journal.Check;

/// <summary>What a verification found.</summary>
/// <param name="Segments">Segment files read, record segments included.</param>
/// <param name="Records">Records whose sums are right and which a seal vouches for, each once.</param>
/// <param name="Bodies">Bodies and pieces of bodies that are there and right.</param>
/// <param name="BodyOctets">Octets of those.</param>
/// <param name="Breaks">What is wrong, in order; the first is where trust ends.</param>
public sealed record VerifyReport(int Segments, long Records, long Bodies, long BodyOctets,
    IReadOnlyList<JournalBreak> Breaks)
{
    public bool IsSound => Breaks.Count == 0;

    /// <summary>The first segment kept; above 1, what was before it is gone. Null in an empty journal.</summary>
    public int? FirstSegment { get; init; }

    /// <summary>Records of which something is forgotten, as the chain itself says.</summary>
    public long Forgotten { get; init; }

    /// <summary>When the first and the last group kept were written, by the wall clock of then.</summary>
    public DateTimeOffset? FirstAt { get; init; }

    public DateTimeOffset? LastAt { get; init; }

    /// <summary>Where the chain ends, and its value there.</summary>
    public Position Head { get; init; }

    public byte[] Chain { get; init; } = [];

    /// <summary>The last group is the one that an orderly stop writes.</summary>
    public bool EndsInOrder { get; init; }

    /// <summary>Octets of sound records behind the end whose group was never finished: they count for
    /// nothing.</summary>
    public long Unfinished { get; init; }
}

/// <summary>A place where the journal is not what was written.</summary>
/// <param name="At">Where it begins; offset 0 for a whole file.</param>
/// <param name="What">A sentence for people.</param>
public sealed record JournalBreak(Position At, string What)
{
    /// <summary>When the last sound group before it was written, and the first behind it; null where there is
    /// none.</summary>
    public DateTimeOffset? After { get; init; }

    public DateTimeOffset? Before { get; init; }

    /// <summary>The mail it belongs to, where that can still be told.</summary>
    public MailId? Mail { get; init; }
}
