using System.Buffers.Binary;

namespace Postroom.Relay.Spool.Journal;

/// <summary>The end of a group: without it, none of the group counts.</summary>
/// <param name="GroupStart">Where the group's first record stands.</param>
/// <param name="Count">How many records the group has.</param>
/// <param name="Synced">Up to here of this segment everything was synced before the group was written.</param>
/// <param name="At">When it was written, by the wall clock.</param>
/// <param name="CleanStop">Written at the orderly end.</param>
internal readonly record struct Seal(int GroupStart, int Count, int Synced, DateTimeOffset At, bool CleanStop)
{
    public const int Size = Frame.HeaderSize + PayloadSize;
    private const int PayloadSize = 56;

    /// <summary>The whole frame, but for its place.</summary>
    public void Write(Span<byte> frame, ReadOnlySpan<byte> chain)
    {
        frame[..Frame.HeaderSize].Clear();
        var payload = frame[Frame.HeaderSize..Size];
        BinaryPrimitives.WriteInt32LittleEndian(payload, GroupStart);
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], Count);
        BinaryPrimitives.WriteInt32LittleEndian(payload[8..], Synced);
        BinaryPrimitives.WriteInt32LittleEndian(payload[12..], CleanStop ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(payload[16..], At.UtcTicks);
        chain.CopyTo(payload[24..]);
        BinaryPrimitives.WriteUInt16LittleEndian(frame, Frame.Magic);
        frame[2] = (byte)FrameKind.Seal;
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], PayloadSize);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], Crc32C.Of(frame[24..Size]));
    }

    public static Seal Read(ReadOnlySpan<byte> payload) => new(
        BinaryPrimitives.ReadInt32LittleEndian(payload),
        BinaryPrimitives.ReadInt32LittleEndian(payload[4..]),
        BinaryPrimitives.ReadInt32LittleEndian(payload[8..]),
        new DateTimeOffset(BinaryPrimitives.ReadInt64LittleEndian(payload[16..]), TimeSpan.Zero),
        BinaryPrimitives.ReadInt32LittleEndian(payload[12..]) != 0);

    public static ReadOnlySpan<byte> ChainOf(ReadOnlySpan<byte> payload) => payload.Slice(24, Frame.DigestSize);
}
