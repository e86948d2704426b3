namespace Postroom.Relay.Spool.Journal;

/// <summary>Hears what a verification reads, in order: for who has something to compare it with.</summary>
public class ChainWitness
{
    /// <summary>A group ends, and all of it is as it was sealed.</summary>
    public virtual void Sealed(ChainHead head)
    {
        // who has nothing to compare hears nothing
    }

    /// <summary>An event of the relay itself. Its group's end comes later.</summary>
    public virtual void Noted(Position at, NotedRecord record)
    {
        // nor here
    }
}

/// <summary>Where the chain stands at the end of a group.</summary>
/// <param name="End">Behind the group's seal.</param>
/// <param name="Chain">The chain's value there.</param>
/// <param name="Records">How many records and pieces of bodies its segment has up to there.</param>
/// <param name="At">When the group was written, by the wall clock.</param>
public sealed record ChainHead(Position End, byte[] Chain, long Records, DateTimeOffset At);
