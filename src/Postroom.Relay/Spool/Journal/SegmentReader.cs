using System.Buffers;
using System.Buffers.Binary;
using Postroom.Relay.Spool.Journal.Records;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Reads the frames of a segment, or of a record segment, through a window of a megabyte.</summary>
/// <remarks>
/// A record segment holds the same frames without bodies, each behind 8 octets that say where it stood in the journal;
/// its sums are those of that place, so a record keeps its <see cref="Position"/> for ever.
/// </remarks>
internal sealed class SegmentReader(IDiskFile file, SegmentHeader header, long end, bool isRecords) : IDisposable
{
    private const int Window = 1 << 20;
    private readonly long _end = Math.Min(end, file.Length);
    private readonly uint _seed = header.Seed;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(Math.Min(end, file.Length), 0, Window));
    private long _start;
    private int _count;

    public SegmentHeader Header => header;

    /// <summary>Where to read next.</summary>
    public int Next { get; private set; } = SegmentHeader.Size;

    public FrameKind Kind { get; private set; }

    /// <summary>Where the frame stands, or stood, in the journal.</summary>
    public Position At { get; private set; }

    /// <summary>Octets of header, salt and payload as they were written.</summary>
    public int HeadLength { get; private set; }

    /// <summary>What was written here is forgotten, or part of it: <see cref="Head"/> is another.</summary>
    public bool IsReduced { get; private set; }

    public int BodyLength { get; private set; }

    public uint BodyChecksum { get; private set; }

    /// <summary>The body is not in this file.</summary>
    public bool IsBodyLeftBehind { get; private set; }

    private int FrameStart { get; set; }

    private int HeadOnDisk { get; set; }

    public bool IsRecord => Kind < FrameKind.Body;

    public bool IsAtEnd => Next >= _end;

    public BodyPiece Piece => new(At.Segment, At.Offset + HeadLength, BodyLength, BodyChecksum);

    /// <summary>Header, salt and payload; until the next read.</summary>
    public ReadOnlySpan<byte> Head => Peek(FrameStart, HeadOnDisk);

    /// <summary>The payload behind the digest of its body.</summary>
    public ReadOnlySpan<byte> Payload => Head[(IsReduced ? Forget.ReducedFrame.Front
        : Frame.HeaderSize + (BodyLength > 0 ? Frame.DigestSize : 0))..];

    public ReadOnlySpan<byte> Body => Peek(FrameStart + HeadLength, BodyLength);

    /// <summary>The zeros between this frame and the next.</summary>
    public ReadOnlySpan<byte> Padding =>
        Peek(FrameStart + OnDisk, Next - FrameStart - OnDisk);

    private int OnDisk => HeadOnDisk + (IsBodyLeftBehind ? 0 : BodyLength);

    /// <summary>The record, an accepted mail with its inline body among its pieces.</summary>
    /// <exception cref="InvalidDataException">Its sums are right, but it says what no record says.</exception>
    public JournalRecord Decode()
    {
        var record = IsReduced ? Forget.ReducedFrame.Read(Kind, Payload) : RecordDecoding.Read(Kind, Payload);
        if (BodyLength > 0 && record is AcceptedRecord accepted)
            accepted.Pieces = [.. accepted.Pieces, Piece];
        return record;
    }

    /// <summary>Reads the frame at <see cref="Next"/> and steps behind it; false, and no step, if there is no sound
    /// one.</summary>
    /// <param name="withBody">The body's sum is checked as well.</param>
    public bool TryRead(bool withBody)
    {
        var start = Next;
        var offset = start;
        if (isRecords)
        {
            if (Peek(start, 8) is not { Length: 8 } prefix || BinaryPrimitives.ReadUInt32LittleEndian(prefix[4..]) != 0)
                return false;
            offset = BinaryPrimitives.ReadInt32LittleEndian(prefix);
            start += 8;
        }

        var head = Peek(start, Frame.HeaderSize);
        if (head.Length < Frame.HeaderSize || BinaryPrimitives.ReadUInt16LittleEndian(head) != Frame.Magic
            || Frame.PlacedSum(head, _seed, offset) != BinaryPrimitives.ReadUInt32LittleEndian(head[20..]))
            return false;
        var headLength = Frame.HeaderSize + (long)BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
        var bodyLength = (long)BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        var leftBehind = (head[3] & Frame.BodyLeftBehind) != 0;
        var onDisk = headLength + (leftBehind ? 0 : bodyLength);
        if (start + onDisk > _end)
            return false;
        var (kind, sum) = ((FrameKind)head[2], BinaryPrimitives.ReadUInt32LittleEndian(head[12..]));
        var bodySum = BinaryPrimitives.ReadUInt32LittleEndian(head[16..]);
        var reduced = (head[3] & Frame.Reduced) != 0;
        var whole = Peek(start, (int)headLength); // may move the window, and head with it
        if (Crc32C.Of(whole[24..]) != sum || (reduced && headLength < Forget.ReducedFrame.Front))
            return false;
        var written = reduced ? Forget.ReducedFrame.WrittenLength(whole) : (int)headLength;
        if (withBody && !leftBehind && bodyLength > 0
            && Crc32C.Of(Peek(start, (int)onDisk)[(int)headLength..]) != bodySum)
            return false;
        (Kind, At, FrameStart) = (kind, new Position(header.Number, offset), start);
        (HeadOnDisk, HeadLength, IsReduced) = ((int)headLength, written, reduced);
        (BodyLength, BodyChecksum, IsBodyLeftBehind) = ((int)bodyLength, bodySum, leftBehind);
        Next = start + Frame.Padded((int)onDisk);
        return true;
    }

    /// <summary>Steps over what is damaged, to the next sound frame; false if there is none.</summary>
    public bool TrySkip()
    {
        for (var at = Next + 8; at < _end; at += 8)
        {
            at = SkipZeros(at);
            if (!LooksLikeFrame(at))
                continue;
            Next = at;
            if (TryRead(withBody: false))
            {
                Next = at;
                return true;
            }
        }

        Next = (int)_end;
        return false;
    }

    public void StepTo(int offset) => Next = offset;

    /// <summary>What was read goes with it.</summary>
    public void Dispose()
    {
        file.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _count) = ([], 0);
    }

    private bool LooksLikeFrame(int at)
    {
        var head = Peek(isRecords ? at + 8 : at, 4);
        return head.Length == 4 && BinaryPrimitives.ReadUInt16LittleEndian(head) == Frame.Magic;
    }

    // What was written ahead with zeros is passed at the memory's speed.
    private int SkipZeros(int at)
    {
        while (at < _end)
        {
            var window = PeekSome(at);
            if (window.IsEmpty)
                break;
            var found = window.IndexOfAnyExcept((byte)0);
            if (found >= 0)
                return Math.Max(at, (at + found) & ~7);
            at += Frame.Padded(window.Length);
        }

        return at;
    }

    private ReadOnlySpan<byte> PeekSome(long at)
    {
        var some = Peek(at, 8);
        return some.IsEmpty ? some : _buffer.AsSpan((int)(at - _start), _count - (int)(at - _start));
    }

    private ReadOnlySpan<byte> Peek(long at, int length)
    {
        if (at < _start || at + length > _start + _count)
            Fill(at, length);
        var from = (int)(at - _start);
        return _buffer.AsSpan(from, Math.Max(0, Math.Min(length, _count - from)));
    }

    private void Fill(long at, int length)
    {
        if (length > _buffer.Length)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(length);
        }

        var count = (int)Math.Max(0, Math.Min(_buffer.Length, _end - at));
        _start = at;
        _count = file.Read(at, _buffer.AsSpan(0, count));
    }
}
