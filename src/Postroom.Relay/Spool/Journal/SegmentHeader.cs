using System.Buffers.Binary;

namespace Postroom.Relay.Spool.Journal;

/// <summary>What a segment begins with, twice, in different sectors: rot in one copy costs nothing.</summary>
/// <param name="Version">Of the format.</param>
/// <param name="Number">The segment's own.</param>
/// <param name="Salt">Random: where the sums of its records start from.</param>
/// <param name="Previous">Where the segment before ends: what lies behind that was cut and is never read.</param>
/// <param name="Synced">Up to here everything was synced before this header was written.</param>
/// <param name="Length">Of a record segment: where it ends; 0 in the journal.</param>
/// <param name="Chain">The chain's value at the segment's start.</param>
internal sealed record SegmentHeader(
    int Version, int Number, ulong Salt, Position Previous, int Synced, long Length, byte[] Chain)
{
    /// <summary>Records begin here.</summary>
    public const int Size = 4096;

    /// <summary>2: records can be forgotten.</summary>
    public const int CurrentVersion = 2;

    private const int SecondCopy = 2048;
    private const int CopySize = 96;
    private static ReadOnlySpan<byte> Magic => "POSTROOM"u8;

    /// <summary>Where the sums of the records' headers start from.</summary>
    public uint Seed => System.Numerics.BitOperations.Crc32C(
        System.Numerics.BitOperations.Crc32C(~0u, Salt), unchecked((uint)Number));

    public byte[] ToBlock()
    {
        var block = new byte[Size];
        var copy = block.AsSpan(0, CopySize);
        Magic.CopyTo(copy);
        BinaryPrimitives.WriteInt32LittleEndian(copy[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(copy[12..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(copy[16..], Salt);
        BinaryPrimitives.WriteInt32LittleEndian(copy[24..], Previous.Segment);
        BinaryPrimitives.WriteInt32LittleEndian(copy[28..], Previous.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(copy[32..], Synced);
        BinaryPrimitives.WriteInt64LittleEndian(copy[40..], Length);
        Chain.CopyTo(copy[48..]);
        BinaryPrimitives.WriteUInt32LittleEndian(copy[92..], Crc32C.Of(copy[..92]));
        copy.CopyTo(block.AsSpan(SecondCopy));
        return block;
    }

    /// <summary>The first sound copy, or null.</summary>
    public static SegmentHeader? Read(IDiskFile file)
    {
        var block = new byte[Size];
        if (file.Read(0, block) < SecondCopy + CopySize)
            return null;
        return ReadCopy(block.AsSpan(0, CopySize)) ?? ReadCopy(block.AsSpan(SecondCopy, CopySize));
    }

    private static SegmentHeader? ReadCopy(ReadOnlySpan<byte> copy)
    {
        if (!copy.StartsWith(Magic) || Crc32C.Of(copy[..92]) != BinaryPrimitives.ReadUInt32LittleEndian(copy[92..]))
            return null;
        return new SegmentHeader(
            BinaryPrimitives.ReadInt32LittleEndian(copy[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(copy[12..]),
            BinaryPrimitives.ReadUInt64LittleEndian(copy[16..]),
            new Position(
                BinaryPrimitives.ReadInt32LittleEndian(copy[24..]), BinaryPrimitives.ReadInt32LittleEndian(copy[28..])),
            BinaryPrimitives.ReadInt32LittleEndian(copy[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(copy[40..]),
            copy.Slice(48, Frame.DigestSize).ToArray());
    }
}
