using System.Buffers.Binary;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Which ranges of a segment were given back to the disk, so that nobody takes a hole for damage.</summary>
/// <remarks>
/// It stands on stable storage before the first hole is made, and a range in it is never read again, whether it is a
/// hole yet or not. It is as long as its segment is there, and its segment is never used again: a recycled one has to
/// own its space.
/// <code>
///   0 magic 4 | 4 count 4 | count times: offset 4, length 4 | CRC of all before 4
/// </code>
/// </remarks>
internal sealed class FreeList
{
    private const uint Magic = 0x45457250; // "PrEE"

    private readonly SortedDictionary<int, int> _ranges = [];

    /// <summary>Offset and length, ascending, none next to another.</summary>
    public IReadOnlyDictionary<int, int> Ranges => _ranges;

    /// <summary>There is a list, and it is not sound.</summary>
    public bool IsDamaged { get; private init; }

    public long Octets => _ranges.Values.Sum(length => (long)length);

    /// <summary>That of a segment; an empty one if it has none, or an unsound one.</summary>
    public static FreeList Read(IDisk disk, int segment)
    {
        var list = new FreeList();
        if (!disk.List(JournalFiles.Records).Contains(Path.GetFileName(JournalFiles.Free(segment))))
            return list;
        using var file = disk.Open(JournalFiles.Free(segment), create: false);
        var octets = new byte[file.Length];
        if (octets.Length < 12 || file.Read(0, octets) != octets.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(octets) != Magic
            || Crc32C.Of(octets.AsSpan(0, octets.Length - 4))
                != BinaryPrimitives.ReadUInt32LittleEndian(octets.AsSpan(octets.Length - 4)))
            return new FreeList { IsDamaged = true };
        var count = BinaryPrimitives.ReadInt32LittleEndian(octets.AsSpan(4));
        for (var i = 0; i < count; i++)
            list.Add(BinaryPrimitives.ReadInt32LittleEndian(octets.AsSpan(8 + (i * 8))),
                BinaryPrimitives.ReadInt32LittleEndian(octets.AsSpan(12 + (i * 8))));
        return list;
    }

    /// <summary>Adds a range that lies behind all others, joined to the last if it touches it.</summary>
    public void Add(int offset, int length)
    {
        if (_ranges.Count > 0 && _ranges.Last() is var (last, before) && last + before == offset)
            _ranges[last] = before + length;
        else
            _ranges.Add(offset, length);
    }

    /// <summary>Drops what is too short to be worth a hole, unless it was one before.</summary>
    public void Drop(int shorterThan, FreeList before)
    {
        foreach (var (offset, length) in _ranges.ToArray())
            if (length < shorterThan && !before._ranges.Keys.Any(hole => hole >= offset && hole < offset + length))
                _ranges.Remove(offset);
    }

    /// <summary>Puts it on stable storage, whole or not at all.</summary>
    public void Write(IDisk disk, int segment)
    {
        var octets = new byte[12 + (_ranges.Count * 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(octets, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(octets.AsSpan(4), _ranges.Count);
        var at = 8;
        foreach (var (offset, length) in _ranges)
        {
            BinaryPrimitives.WriteInt32LittleEndian(octets.AsSpan(at), offset);
            BinaryPrimitives.WriteInt32LittleEndian(octets.AsSpan(at + 4), length);
            at += 8;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(octets.AsSpan(at), Crc32C.Of(octets.AsSpan(0, at)));
        var draft = JournalFiles.RecordDraft(segment);
        using (var file = disk.Open(draft, create: true))
        {
            file.Truncate(0);
            file.Write(0, [octets]);
            file.Sync();
        }

        disk.Rename(draft, JournalFiles.Free(segment));
        disk.SyncFolder(JournalFiles.Records);
    }
}
