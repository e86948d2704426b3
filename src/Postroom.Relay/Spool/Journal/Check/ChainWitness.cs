namespace Postroom.Relay.Spool.Journal.Check;

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
