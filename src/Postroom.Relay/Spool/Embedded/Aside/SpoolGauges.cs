using Postroom.Mail.Status;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Relay.Spool.Embedded.Aside;

/// <summary>How the store stands, for who measures it: from what is known already, never by counting mail.</summary>
public sealed class SpoolGauges
{
    private readonly SpoolParts _parts;
    private readonly LaneBoard _board;
    private readonly EmbeddedIndex _index;

    internal SpoolGauges(SpoolParts parts, LaneBoard board, EmbeddedIndex index) =>
        (_parts, _board, _index) = (parts, board, index);

    /// <summary>How many files and connections this process may have open.</summary>
    public static long MostDescriptors => Posix.MostDescriptors();

    /// <summary>Free octets where the data folder is.</summary>
    public long FreeSpace => _parts.Disk.FreeSpace;

    /// <summary>Durable records that are not in the index.</summary>
    public long IndexBehind => _index.Behind;

    /// <summary>Segments of the journal that hold bodies, and what they take on the disk.</summary>
    public (int Count, long Octets) Segments
    {
        get
        {
            var segments = _parts.Journal.Segments;
            return (segments.Count, segments.Sum(segment => segment.Octets - segment.GivenBack));
        }
    }

    /// <summary>When the oldest mail of each lane was accepted that waits there, of those in memory; null where none
    /// waits.</summary>
    /// <remarks>
    /// Memory has all that is due next, up to the window. Beyond it is mail that is due later and may be older, by the
    /// longest wait of a retry at most.
    /// </remarks>
    /// <param name="untried">Of the mail alone that has not failed by its own fault.</param>
    public IReadOnlyList<(string Lane, DateTimeOffset? AcceptedAt)> Oldest(bool untried = false)
    {
        lock (_board.Gate)
            return [.. _board.All.Select(lane => (lane.Name, lane.OldestWaiting(untried)?.At))];
    }

    /// <summary>Recipients by lane and state, as the index keeps count of them.</summary>
    public IReadOnlyList<(string Lane, State State, long Count)> Counts() => _index.Counts();
}
