using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Postroom.Relay.Spool.Journal.Records;

namespace Postroom.Relay.Spool.Journal;

/// <summary>One record as it stands in a segment: header, salt, payload, body, and zeros up to the next 8
/// octets.</summary>
/// <remarks>
/// <code>
///   0 magic 2 | 2 kind 1 | 3 flags 1 | 4 payload length 4 | 8 body length 4 | 12 CRC of salt and payload 4
///  16 CRC of the body 4 | 20 CRC of octets 0–19 4 | 24 salt 16 | 40 payload | body | zeros
/// </code>
/// The header's CRC starts from the segment's own salt, its number and the offset, so that neither the past of a
/// recycled file nor a misplaced write ever passes for a record. Made on the caller's thread, all but that last sum.
/// The digest, SHA-256 of salt, payload and kind, goes into the chain. A payload that has a body begins with the
/// salted SHA-256 of the body, so the chain covers the body too and outlives it. The salt is of the cryptographic kind,
/// not of the dice handed in: who erases payload and salt leaves a digest from which nothing can be guessed.
/// </remarks>
internal sealed class Frame
{
    public const int HeaderSize = 40;
    public const ushort Magic = 0x7250; // "Pr"
    public const int SaltSize = 16;
    public const int DigestSize = 32;

    /// <summary>In a record segment: the body was left behind, the lengths still tell of it.</summary>
    public const byte BodyLeftBehind = 1;

    /// <summary>In a record segment: what stood here is forgotten, or part of it; see
    /// <see cref="Forget.ReducedFrame"/>.</summary>
    public const byte Reduced = 2;

    private byte[]? _head;

    private Frame(Entry? entry, FrameKind kind, ReadOnlyMemory<byte> body) => (Entry, Kind, Body) = (entry, kind, body);

    public Entry? Entry { get; }

    public FrameKind Kind { get; }

    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Header, salt and payload; only until <see cref="GiveBack"/>.</summary>
    public ReadOnlyMemory<byte> Head => _head.AsMemory(0, HeadLength);

    public Span<byte> HeadSpan => _head.AsSpan(0, HeadLength);

    public int HeadLength { get; private set; }

    /// <summary>What the chain covers.</summary>
    public ReadOnlySpan<byte> Digest => _head.AsSpan(HeadLength, DigestSize);

    public int BodyLength { get; private set; }

    public uint BodyChecksum { get; private set; }

    /// <summary>Octets in the segment, padding included.</summary>
    public int Octets => Padded(HeadLength + BodyLength);

    /// <summary>The next frame of the same append.</summary>
    public Frame? Next { get; set; }

    /// <summary>Where the body stands; of a frame with a body, once placed.</summary>
    public BodyPiece Piece { get; private set; }

    public static int Padded(int length) => (length + 7) & ~7;

    /// <exception cref="ArgumentException">A body with a record that is no <see cref="AcceptedRecord"/>.</exception>
    public static Frame Of(Entry entry) => !entry.InlineBody.IsEmpty && entry.Record is not AcceptedRecord
        ? throw new ArgumentException("only an accepted mail has a body", nameof(entry))
        : Make(entry, RecordEncoding.KindOf(entry.Record), entry.Record, entry.InlineBody);

    public static Frame OfRecord(JournalRecord record, ReadOnlyMemory<byte> body) =>
        Make(null, RecordEncoding.KindOf(record), record, body);

    public static Frame OfBody(ReadOnlyMemory<byte> piece) => Make(null, FrameKind.Body, null, piece);

    /// <summary>Tells the entry where it stands, and an accepted mail where the last piece of its body lies.</summary>
    public void Placed(Position at)
    {
        if (BodyLength > 0)
            Piece = new BodyPiece(at.Segment, at.Offset + HeadLength, BodyLength, BodyChecksum);
        if (Entry is null)
            return;
        Entry.Position = at;
        if (BodyLength > 0 && Entry.Record is AcceptedRecord accepted)
            accepted.Pieces = [.. accepted.Pieces, Piece];
    }

    /// <summary>To be called when written: the memory is the pool's again.</summary>
    public void GiveBack()
    {
        if (_head is { } head)
            ArrayPool<byte>.Shared.Return(head);
        _head = null;
        Body = default;
    }

    /// <summary>The last sum, which needs the place. Where it starts from is the segment's
    /// <see cref="SegmentHeader.Seed"/>.</summary>
    public static void Place(Span<byte> head, uint seed, int offset) =>
        BinaryPrimitives.WriteUInt32LittleEndian(head[20..], PlacedSum(head, seed, offset));

    public static uint PlacedSum(ReadOnlySpan<byte> head, uint seed, int offset) =>
        ~Crc32C.Continue(System.Numerics.BitOperations.Crc32C(seed, (uint)offset), head[..20]);

    /// <summary>SHA-256 of salt, payload and kind.</summary>
    /// <param name="saltAndPayload">With one octet to spare behind them, for the kind.</param>
    public static void DigestOf(FrameKind kind, Span<byte> saltAndPayload, Span<byte> digest)
    {
        saltAndPayload[^1] = (byte)kind;
        SHA256.HashData(saltAndPayload, digest);
    }

    /// <summary>SHA-256 of salt and the body's own SHA-256.</summary>
    public static void BodyDigestOf(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> body, Span<byte> digest)
    {
        Span<byte> salted = stackalloc byte[SaltSize + DigestSize];
        salt.CopyTo(salted);
        SHA256.HashData(body, salted[SaltSize..]);
        SHA256.HashData(salted, digest);
    }

    private static Frame Make(Entry? entry, FrameKind kind, JournalRecord? record, ReadOnlyMemory<byte> body)
    {
        var writer = new PayloadWriter(ArrayPool<byte>.Shared.Rent(1024), HeaderSize);
        RandomNumberGenerator.Fill(writer.Buffer.AsSpan(24, SaltSize));
        if (!body.IsEmpty)
        {
            var bodyDigest = writer.Take(DigestSize);
            BodyDigestOf(writer.Buffer.AsSpan(24, SaltSize), body.Span, bodyDigest);
        }

        if (record is not null)
            RecordEncoding.Write(ref writer, record);
        var headLength = writer.Length;
        writer.Reserve(DigestSize);
        var head = writer.Buffer;
        var frame = new Frame(entry, kind, body)
        {
            _head = head,
            HeadLength = headLength,
            BodyLength = body.Length,
            BodyChecksum = Crc32C.Of(body.Span),
        };
        var header = head.AsSpan(0, HeaderSize);
        BinaryPrimitives.WriteUInt16LittleEndian(header, Magic);
        (header[2], header[3]) = ((byte)kind, 0);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], headLength - HeaderSize);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], Crc32C.Of(head.AsSpan(24, headLength - 24)));
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], frame.BodyChecksum);
        Span<byte> digest = stackalloc byte[DigestSize];
        DigestOf(kind, head.AsSpan(24, headLength - 24 + 1), digest);
        digest.CopyTo(head.AsSpan(headLength));
        return frame;
    }
}
