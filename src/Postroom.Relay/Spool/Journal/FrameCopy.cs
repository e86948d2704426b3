using System.Buffers.Binary;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Writes the frames of a record segment one behind the other.</summary>
internal sealed class FrameCopy(IDiskFile file) : IDisposable
{
    private readonly MemoryStream _gathered = new();
    private long _at = SegmentHeader.Size;

    /// <param name="offset">Where the frame stands in the journal.</param>
    /// <param name="head">Header, salt and payload, its sums right.</param>
    public void Add(int offset, ReadOnlySpan<byte> head)
    {
        Span<byte> eight = stackalloc byte[8];
        eight.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(eight, offset);
        _gathered.Write(eight);
        _gathered.Write(head);
        eight.Clear();
        _gathered.Write(eight[..(Frame.Padded(head.Length) - head.Length)]);
        if (_gathered.Length >= 1 << 20)
            Flush();
    }

    /// <summary>What is damaged stays as it is, for who looks into it.</summary>
    public void AddAsItIs(IDisk disk, int number, int from, int length)
    {
        var octets = new byte[length];
        using (var old = disk.Open(JournalFiles.Record(number), create: false))
            _ = old.Read(from, octets);
        _gathered.Write(octets);
    }

    /// <summary>The header, with where it ends, and all of it on stable storage.</summary>
    public void Finish(SegmentHeader header)
    {
        Flush();
        file.Write(0, [(header with { Version = SegmentHeader.CurrentVersion, Length = _at }).ToBlock()]);
        file.Sync();
    }

    public void Dispose() => _gathered.Dispose();

    private void Flush()
    {
        if (_gathered.Length > 0)
            file.Write(_at, [_gathered.GetBuffer().AsMemory(0, (int)_gathered.Length)]);
        _at += _gathered.Length;
        _gathered.SetLength(0);
    }
}
