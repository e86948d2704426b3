namespace Postroom.Relay.Spool.Journal;

/// <summary>The kinds of frames. A kind's form never changes: a new form is a new kind.</summary>
internal enum FrameKind : byte
{
    Accepted = 1,
    Leased = 2,
    Settled = 3,
    Directed = 4,
    Revoked = 5,
    LeasesLost = 6,
    Noted = 7,
    Forgotten = 8,

    /// <summary>A piece of a body, written ahead of the record that names it.</summary>
    Body = 32,

    /// <summary>The end of a group.</summary>
    Seal = 33,
}
