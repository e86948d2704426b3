using System.Buffers;
using System.Buffers.Binary;
using Postroom.Mail;
using Postroom.Relay.Spool.Journal.Records;

namespace Postroom.Relay.Spool.Journal.Forget;

/// <summary>A frame of a record segment of which something is forgotten: its digest, which the chain covers, and what
/// stays.</summary>
/// <remarks>
/// The header is that of <see cref="Frame"/> with <see cref="Frame.Reduced"/> set, the salt is gone, and so is what
/// could be guessed with it. What stays is no longer what the digest is of: an event later in the chain vouches for it
/// (<see cref="Voucher"/>).
/// <code>
///   0 header 24 | 24 zeros 16 | 40 digest 32 | 72 length of header, salt and payload as written 4
///  76 0: gone, then the mail and one, or 0 | 76 1: a record of the header's kind
/// </code>
/// </remarks>
internal static class ReducedFrame
{
    /// <summary>Octets before what stays.</summary>
    public const int Front = Frame.HeaderSize + Frame.DigestSize + 4;

    /// <summary>Header, salt and payload of the frame that takes the place of the one just read.</summary>
    public static byte[] Of(SegmentReader frame, JournalRecord stays, uint seed)
    {
        var writer = new PayloadWriter(ArrayPool<byte>.Shared.Rent(256), 0);
        var front = writer.Take(Front);
        front.Clear();
        Digest(frame, front.Slice(Frame.HeaderSize, Frame.DigestSize));
        BinaryPrimitives.WriteInt32LittleEndian(front[(Front - 4)..], frame.HeadLength);
        if (stays is GoneRecord gone)
        {
            writer.Byte(0);
            writer.Number(gone.Mail is { } mail ? mail.Value + 1 : 0);
        }
        else
        {
            writer.Byte(1);
            RecordEncoding.Write(ref writer, WithoutInline(stays, frame));
        }

        var head = writer.Buffer.AsSpan(0, writer.Length).ToArray();
        ArrayPool<byte>.Shared.Return(writer.Buffer);
        BinaryPrimitives.WriteUInt16LittleEndian(head, Frame.Magic);
        head[2] = (byte)frame.Kind;
        head[3] = (byte)(Frame.Reduced | (frame.BodyLength > 0 ? Frame.BodyLeftBehind : 0));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), head.Length - Frame.HeaderSize);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), frame.BodyLength);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), Crc32C.Of(head.AsSpan(24)));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(16), stays is GoneRecord ? 0 : frame.BodyChecksum);
        Frame.Place(head, seed, frame.At.Offset);
        return head;
    }

    /// <summary>The digest of the frame just read, as the chain has it.</summary>
    public static void Digest(SegmentReader frame, Span<byte> digest)
    {
        var head = frame.Head;
        if (frame.IsReduced)
        {
            head.Slice(Frame.HeaderSize, Frame.DigestSize).CopyTo(digest);
            return;
        }

        var salted = new byte[head.Length - 24 + 1];
        head[24..].CopyTo(salted);
        Frame.DigestOf(frame.Kind, salted, digest);
    }

    /// <summary>How long header, salt and payload were when they were written.</summary>
    public static int WrittenLength(ReadOnlySpan<byte> head) =>
        BinaryPrimitives.ReadInt32LittleEndian(head[(Front - 4)..]);

    /// <param name="payload">Behind <see cref="Front"/>.</param>
    /// <exception cref="InvalidDataException">Its sums are right, but it says what no record says.</exception>
    public static JournalRecord Read(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        var from = new PayloadReader(payload);
        if (from.Byte() == 1)
            return RecordDecoding.Read(kind, payload[1..]);
        var mail = from.Number();
        return new GoneRecord(mail == 0 ? null : new MailId(mail - 1));
    }

    // The reader adds the piece that stands beside the record.
    private static JournalRecord WithoutInline(JournalRecord stays, SegmentReader frame) =>
        stays is AcceptedRecord accepted && frame.BodyLength > 0
            ? accepted with { Pieces = [.. accepted.Pieces.Take(accepted.Pieces.Count - 1)] }
            : stays;
}
