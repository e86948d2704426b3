using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Postroom.Relay.Spool.Journal;

/// <summary>What the journal stores, without a call, before and after each write; and the slots behind it for the
/// spool.</summary>
/// <remarks>
/// <code>
/// 0 magic 8 | 8 boot id's hash 16 | 24 writing to 8 | 32 written up to 8 | 40 synced up to 8 | 48 unused | 64 slots
/// </code>
/// After a kill the tail found ends between written and writing. After a power cut this memory is gone, or comes back
/// from whenever, under another boot id: then nothing here is believed.
/// </remarks>
internal sealed class JournalScratch : IDisposable
{
    private const int HeaderSize = 64;
    private const ulong Magic = 0x3153_4b52_414d_5250; // "PRMARKS1"
    private readonly IScratch _memory;
    private readonly byte[] _boot;

    public JournalScratch(IDisk disk, int slots)
    {
        _memory = disk.OpenScratch(JournalFiles.Scratch, HeaderSize + slots);
        _boot = disk.BootId is { } boot ? SHA256.HashData(Encoding.UTF8.GetBytes(boot))[..16] : [];
        IsOfThisBoot = _boot.Length > 0
            && BinaryPrimitives.ReadUInt64LittleEndian(_memory.Bytes) == Magic
            && _memory.Bytes.Slice(8, 16).SequenceEqual(_boot);
        Slots = new Part(_memory, HeaderSize);
    }

    /// <summary>Written by a process of this run of the machine.</summary>
    public bool IsOfThisBoot { get; }

    public IScratch Slots { get; }

    public Position WritingTo
    {
        get => Read(24);
        set => Write(24, value);
    }

    public Position WrittenTo
    {
        get => Read(32);
        set => Write(32, value);
    }

    public Position SyncedTo
    {
        get => Read(40);
        set => Write(40, value);
    }

    /// <summary>Up to where the journal of a folder was synced when somebody last wrote it down; null if nobody
    /// did. It may be older than the truth, never newer.</summary>
    public static Position? SyncedIn(IDisk disk) =>
        disk.ReadScratch(JournalFiles.Scratch) is { Length: >= HeaderSize } memory ? ReadIn(memory.AsSpan(40)) : null;

    /// <summary>The journal begins anew here.</summary>
    public void Begin(Position at)
    {
        (WritingTo, WrittenTo, SyncedTo) = (at, at, at);
        _boot.CopyTo(_memory.Bytes[8..]);
        BinaryPrimitives.WriteUInt64LittleEndian(_memory.Bytes, _boot.Length > 0 ? Magic : 0);
    }

    public void Dispose() => _memory.Dispose();

    private Position Read(int at) => ReadIn(_memory.Bytes[at..]);

    // One aligned load or store: a kill, or another thread, finds the old or the new position, never half of each.
    private static Position ReadIn(ReadOnlySpan<byte> at)
    {
        var both = BinaryPrimitives.ReadInt64LittleEndian(at);
        return new Position((int)(both >> 32), unchecked((int)both));
    }

    private void Write(int at, Position position) => BinaryPrimitives.WriteInt64LittleEndian(
        _memory.Bytes[at..], ((long)position.Segment << 32) | (uint)position.Offset);

    private sealed class Part(IScratch whole, int start) : IScratch
    {
        public Span<byte> Bytes => whole.Bytes[start..];

        public void Dispose()
        {
            // The whole is the journal's: it goes when the journal goes.
        }
    }
}
