namespace Postroom.Mail.Sandbox;

/// <summary>A machine, as an installation knows the one it is live on.</summary>
/// <param name="HostName">As the machine itself is called, whatever the relay is.</param>
public sealed record Machine(string HostName)
{
    /// <summary>A digest of the machine's id; null where it has none, as in most containers.</summary>
    public string? Id { get; init; }

    /// <summary>When the data folder was made, as its file system says, to the nanosecond: it stays when a folder is
    /// renamed, and no copy has it. Null where that is not told.</summary>
    public string? Folder { get; init; }

    /// <summary>The addresses of its network cards that are burnt in, or given by the machine's maker; virtual ones
    /// of containers are not among them.</summary>
    public IReadOnlyList<string> Cards { get; init; } = [];

    /// <summary>The identity that a person gave, for machines that are made anew again and again.</summary>
    public string? Given { get; init; }

    /// <summary>In a short text: the given identity, or host name and id.</summary>
    public string Name => Given ?? Own;

    private string Own => Id is null ? HostName : $"{HostName}/{Id}";

    /// <summary>Whether a person who writes this text means this machine.</summary>
    public bool IsCalled(string text) => string.Equals(text, Name, StringComparison.OrdinalIgnoreCase)
        || string.Equals(text, Own, StringComparison.OrdinalIgnoreCase);

    /// <summary>What tells this machine from another, in words; empty: they are the same.</summary>
    /// <remarks>A given identity on both sides decides alone. A fact that one side does not know says nothing. Of
    /// network cards only that none is left says something: cards are added and taken out.</remarks>
    public IReadOnlyList<string> DiffersFrom(Machine other)
    {
        if (Given is not null && other.Given is not null)
            return Given == other.Given ? [] : [$"the identity is {Given}, and was {other.Given}"];
        List<string> all = [];
        if (!string.Equals(HostName, other.HostName, StringComparison.OrdinalIgnoreCase))
            all.Add($"the host name is {HostName}, and was {other.HostName}");
        if (Id is not null && other.Id is not null && Id != other.Id)
            all.Add("the machine id is another");
        if (Cards.Count > 0 && other.Cards.Count > 0 && !Cards.Intersect(other.Cards).Any())
            all.Add("all network cards are others");
        if (Folder is not null && other.Folder is not null && Folder != other.Folder)
            all.Add("the data folder is a copy: it was made at another time");
        return all;
    }

    /// <summary>Whether nothing that is kept of a machine has changed.</summary>
    public bool IsKeptAs(Machine kept) => this with { Cards = kept.Cards } == kept && Cards.SequenceEqual(kept.Cards);
}
