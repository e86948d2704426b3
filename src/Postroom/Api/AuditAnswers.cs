namespace Postroom.Api;

/// <summary>What to hold the journal against: <c>POST /api/v1/audit/verify</c>.</summary>
/// <param name="Checkpoints">Kept checkpoints, as text with anything around them; null: only those in the
/// journal.</param>
/// <param name="Keys">Public keys as PEM, the only ones that are believed; null: those of the data folder.</param>
public sealed record AuditRequest(string? Checkpoints = null, string? Keys = null);

/// <summary>What a verification found: <c>postroom audit verify --json</c>.</summary>
/// <param name="Sound">Nothing is broken.</param>
public sealed record AuditAnswer(bool Sound)
{
    /// <summary>It was written to meanwhile: read up to where it was on stable storage when this began.</summary>
    public bool Running { get; init; }
    public int Segments { get; init; }
    public long Records { get; init; }
    public long Bodies { get; init; }
    public long BodyOctets { get; init; }

    /// <summary>Records of which something is forgotten, as the chain itself says.</summary>
    public long Forgotten { get; init; }

    /// <summary>Above 1: what was before it is gone. Absent in an empty journal.</summary>
    public int? FirstSegment { get; init; }
    public DateTimeOffset? FirstAt { get; init; }
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>Where the chain ends, and its value there.</summary>
    public required PlaceAnswer Head { get; init; }
    public required string Chain { get; init; }

    /// <summary>The last group is the one that an orderly stop writes; absent while it runs.</summary>
    public bool? EndsInOrder { get; init; }

    /// <summary>Octets behind the end that were never finished, and count for nothing.</summary>
    public long Unfinished { get; init; }

    /// <summary>What is broken; the first is where trust ends.</summary>
    public required IReadOnlyList<BreakAnswer> Breaks { get; init; }

    /// <summary>Of the checkpoints in the journal itself.</summary>
    public required TallyAnswer Checkpoints { get; init; }

    /// <summary>Of those that were kept elsewhere; absent where none were given.</summary>
    public TallyAnswer? Kept { get; init; }
}

/// <summary>An octet of the journal.</summary>
public sealed record PlaceAnswer(int Segment, int Offset);

/// <summary>One break.</summary>
/// <param name="At">Where; absent where it is no place in the journal.</param>
/// <param name="What">What is wrong, in a sentence.</param>
public sealed record BreakAnswer(PlaceAnswer? At, string What)
{
    /// <summary>When the last sound group before it was written, and the first behind it.</summary>
    public DateTimeOffset? After { get; init; }
    public DateTimeOffset? Before { get; init; }

    /// <summary>The mail it is about, where that can be told.</summary>
    public string? Mail { get; init; }

    /// <summary>The checkpoint that does not fit.</summary>
    public string? Checkpoint { get; init; }
}

/// <summary>How checkpoints stand to the journal.</summary>
/// <param name="Right">Signed with a known key, and the chain is what they say.</param>
/// <param name="Wrong">They do not fit, or their signature does not: each is a break.</param>
/// <param name="Unknown">Signed with a key that is not known here: they prove nothing.</param>
/// <param name="Gone">Of a past that is no longer kept.</param>
/// <param name="Foreign">Of another installation.</param>
public sealed record TallyAnswer(int Right, int Wrong, int Unknown, int Gone, int Foreign);

/// <summary>The checkpoints in the journal, oldest first: <c>GET /api/v1/audit/checkpoints</c>.</summary>
public sealed record CheckpointsAnswer(IReadOnlyList<CheckpointAnswer> Checkpoints);

/// <summary>One checkpoint.</summary>
/// <param name="Line">As it was logged: what is signed, and the signature.</param>
public sealed record CheckpointAnswer(DateTimeOffset At, PlaceAnswer Place, string Chain, long Records,
    string Installation, string Key, string Line);

/// <summary>The public keys of checkpoints: <c>GET /api/v1/audit/key</c>.</summary>
/// <param name="Key">The id of the one in use; absent where none was made yet.</param>
/// <param name="Pem">All that were ever in use, the newest last.</param>
public sealed record AuditKeyAnswer(string? Key, string Pem);
