using Postroom.Mail.Status;

namespace Postroom.Mail.Audit;

/// <summary>A question about recipients: all terms must hold. The same language everywhere.</summary>
public sealed record Filter(IReadOnlyList<Term> Terms)
{
    /// <summary>Everything.</summary>
    public static Filter All { get; } = new([]);
}

/// <summary>What a term looks at.</summary>
public enum Field
{
    To, From, Addressed, Subject, Id, Route, State, Reply, Fault, Before, After, Larger, Smaller, Words, Source, Issue,
    Project, App, Instance, Node, Is, Box, Tag, Replay,

    /// <summary>When a captured recipient came into its box, as a mark of the index. Not in the language: it is what a
    /// list was of, and what is new since.</summary>
    Came,
}

/// <summary>One term of a filter.</summary>
/// <param name="Field">What it looks at.</param>
/// <param name="Value">What it looks for, as written: an address or a part of it, a state's name…</param>
/// <param name="Not">Preceded by <c>-</c>: holds where the rest does not.</param>
public sealed record Term(Field Field, string Value, bool Not = false)
{
    /// <summary>
    /// The instant of <see cref="Field.Before"/> and <see cref="Field.After"/>; an <c>age:</c> becomes one of them.
    /// </summary>
    public DateTimeOffset Instant { get; init; }

    /// <summary>The octets of <see cref="Field.Larger"/> and <see cref="Field.Smaller"/>; the mark of
    /// <see cref="Field.Came"/>.</summary>
    public long Octets { get; init; }

    /// <summary>The states of <see cref="Field.State"/>: one or more, separated by commas in the text.</summary>
    public IReadOnlyList<State> States { get; init; } = [];

    /// <summary>What came into a box after a mark of the index.</summary>
    public static Term CameAfter(long mark) => new(Field.Came, "after") { Octets = mark };

    /// <summary>What had come into a box by then.</summary>
    public static Term CameBy(long mark) => new(Field.Came, "by") { Octets = mark };
}
