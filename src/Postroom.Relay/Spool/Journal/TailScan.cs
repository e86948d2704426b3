namespace Postroom.Relay.Spool.Journal;

/// <summary>A group as found: its seal, and whether all of it is there.</summary>
internal readonly record struct FoundGroup(int End, Seal Seal, bool IsWhole, byte[] Chain);

/// <summary>Reads the last segment to its end, and decides what of it holds.</summary>
/// <remarks>
/// Up to the last known sync mark everything had been on stable storage: what is bad there is damage, and reading goes
/// on behind it. Past the mark nothing was promised: whole groups are kept for as long as they follow each other, then
/// comes the cut. The marks are those in the seals, the header's, and what the caller knows.
/// </remarks>
internal sealed class TailScan
{
    private readonly List<FoundGroup> _groups = [];
    private readonly SegmentHeader _header;
    private int _lastSound = SegmentHeader.Size;

    private TailScan(SegmentHeader header) => _header = header;

    /// <summary>What is kept, in order.</summary>
    public IReadOnlyList<FoundGroup> Groups => _groups;

    /// <summary>Ranges without a sound frame in what had been synced.</summary>
    public List<(int From, int To)> Bad { get; } = [];

    /// <summary>Groups before this one stay where they are; those from it on are copied.</summary>
    public int FirstToCopy { get; private set; }

    /// <summary>Where the segment ends from now on.</summary>
    public int Cut => FirstToCopy > 0 ? _groups[FirstToCopy - 1].End : SegmentHeader.Size;

    public byte[] ChainAtCut => FirstToCopy > 0 ? _groups[FirstToCopy - 1].Chain : _header.Chain;

    /// <summary>Where what is kept ends.</summary>
    public int End => _groups.Count > 0 ? _groups[^1].End : SegmentHeader.Size;

    /// <summary>Octets of sound records behind that: of groups that were not whole.</summary>
    public long CutBytes => Math.Max(0, _lastSound - End);

    /// <summary>First look: every frame, every sum.</summary>
    public static TailScan Of(SegmentReader reader)
    {
        var scan = new TailScan(reader.Header);
        var (start, count, sound) = (reader.Next, 0, true);
        while (!reader.IsAtEnd)
        {
            if (!reader.TryRead(withBody: true))
            {
                var bad = reader.Next;
                sound = false;
                if (!reader.TrySkip())
                    break;
                scan.Bad.Add((bad, reader.Next));
                if (!reader.TryRead(withBody: true))
                    continue; // sound but for its body: found bad again, and skipped, above
            }

            scan._lastSound = reader.Next;
            if (reader.Kind != FrameKind.Seal)
            {
                count++;
                continue;
            }

            var payload = reader.Payload;
            var seal = Seal.Read(payload);
            var whole = sound && seal.GroupStart == start && seal.Count == count;
            scan._groups.Add(new FoundGroup(reader.Next, seal, whole, Seal.ChainOf(payload).ToArray()));
            (start, count, sound) = (reader.Next, 0, true);
        }

        return scan;
    }

    /// <summary>Where it would end, did nobody know better than <paramref name="known"/>. Changes nothing.</summary>
    public int FoundEnd(int known)
    {
        var (keep, _) = Kept(Marked(known));
        return keep > 0 ? _groups[keep - 1].End : SegmentHeader.Size;
    }

    /// <summary>Second: what holds, given that everything before <paramref name="known"/> had been synced.</summary>
    /// <returns>Octets that had been synced and are not found at the end.</returns>
    public long Decide(int known)
    {
        known = Marked(known);
        (var keep, FirstToCopy) = Kept(known);
        _groups.RemoveRange(keep, _groups.Count - keep);
        Bad.RemoveAll(range => range.From >= known);
        return Math.Max(0, known - End);
    }

    private int Marked(int known)
    {
        known = Math.Max(known, _header.Synced);
        foreach (var group in _groups)
            known = Math.Max(known, group.Seal.Synced);
        return known;
    }

    private (int Keep, int Synced) Kept(int known)
    {
        var (keep, synced, end) = (0, 0, SegmentHeader.Size);
        foreach (var group in _groups)
        {
            var wasSynced = group.Seal.GroupStart < known;
            if (!wasSynced && !(group.IsWhole && group.Seal.GroupStart == end))
                break;
            keep++;
            end = group.End;
            if (wasSynced)
                synced = keep;
        }

        return (keep, synced);
    }
}
