namespace Postroom.Relay.Spool.Journal.Check;

/// <summary>Hears what a verification reads, in order: for who has something to compare it with.</summary>
public sealed class ChainWitness
{
    /// <summary>A group ends, and all of it is as it was sealed.</summary>
    public Action<ChainHead> Sealed { get; init; } = _ => { };

    /// <summary>An event of the relay itself. Its group's end comes later.</summary>
    public Action<Position, NotedRecord> Noted { get; init; } = (_, _) => { };
}
