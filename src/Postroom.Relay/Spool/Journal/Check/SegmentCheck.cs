using System.Security.Cryptography;
using Postroom.Mail;
using Postroom.Relay.Spool.Journal.Forget;

namespace Postroom.Relay.Spool.Journal.Check;

/// <summary>Verifies segment after segment, and carries the chain from one to the next.</summary>
internal sealed class SegmentCheck(IDisk disk, CheckLog log, ChainWitness witness, CancellationToken cancel)
{
    private int _segments;
    private long _records;
    private long _bodies;
    private long _bodyOctets;
    private byte[] _chain = [];
    private Position _head;
    private bool _cleanStop;
    private readonly VouchedFor _vouched = new();

    public VerifyReport Report() => new(_segments, _records, _bodies, _bodyOctets, log.Breaks)
    {
        FirstAt = log.FirstAt,
        LastAt = log.LastAt,
        Forgotten = _vouched.Records,
        Head = _head,
        Chain = _chain,
        EndsInOrder = _cleanStop,
    };

    /// <summary>At the end: what is gone, the chain says so.</summary>
    /// <param name="first">The first segment that is kept.</param>
    public void End(KnownSegment first) => _vouched.Check(first.Header, log);

    public void Follows(KnownSegment before, KnownSegment segment)
    {
        if (segment.Header.Previous.Segment != before.Number)
            log.Break(new Position(segment.Number, 0), FormattableString.Invariant(
                $"follows segment {segment.Header.Previous.Segment}, which is missing"));
        else if (!segment.Header.Chain.AsSpan().SequenceEqual(_chain))
            log.Break(new Position(segment.Number, 0), "does not continue the chain of the segment before");
    }

    /// <summary>All that is there of one segment.</summary>
    public void Segment(KnownSegment segment)
    {
        if (segment.HasBodies)
            CheckHeader(segment, JournalFiles.Segment(segment.Number));
        if (segment.HasRecords)
        {
            CheckHeader(segment, JournalFiles.Record(segment.Number));
            using (var records = segment.OpenRecordSegment(disk))
                Chain(segment, records);
            if (segment.HasBodies)
                Compare(segment);
        }
        else
            using (var reader = segment.OpenSegment(disk))
                Chain(segment, reader);

        if (log.IsMailWanted)
            NameMails(segment);
    }

    // Both copies and every zero around them; and a record segment is of the same segment as the one beside it.
    private void CheckHeader(KnownSegment segment, string name)
    {
        using var file = disk.Open(name, create: false);
        var block = new byte[SegmentHeader.Size];
        var header = SegmentHeader.Read(file)!;
        var at = new Position(segment.Number, 0);
        if (file.Read(0, block) != block.Length || !block.AsSpan().SequenceEqual(header.ToBlock()))
            log.Break(at, $"the header of {name} is not what was written");
        if (header.Salt != segment.Header.Salt || header.Previous != segment.Header.Previous
            || !header.Chain.AsSpan().SequenceEqual(segment.Header.Chain))
            log.Break(at, $"{name} is not of the segment that it is named after");
        if (header.Length > 0 && header.Length != file.Length)
            log.Break(at, FormattableString.Invariant(
                $"{name} has {file.Length} octets, and had {header.Length} when it was made"));
    }

    private void Chain(KnownSegment segment, SegmentReader reader)
    {
        using var reduced = new ReducedSum();
        Chain(segment, reader, reduced);
        _vouched.Found(segment.Number, reduced);
    }

    private void Chain(KnownSegment segment, SegmentReader reader, ReducedSum reduced)
    {
        _segments++;
        _chain = segment.Header.Chain;
        _cleanStop = false;
        using var group = new GroupCheck(_chain);
        while (!reader.IsAtEnd)
        {
            cancel.ThrowIfCancellationRequested();
            var at = new Position(segment.Number, group.Next);
            if (!reader.TryRead(withBody: false))
            {
                reader.TrySkip();
                if (group.Spoil())
                    log.Break(at, "no sound record stands here");
                continue;
            }

            if (reader.At.Offset != group.Next && group.Spoil())
                log.Break(at, "what stood here is gone");
            group.Next = reader.At.Offset + Frame.Padded(reader.HeadLength + reader.BodyLength);
            CheckPadding(reader);
            if (reader.IsReduced)
                reduced.Add(reader.Head);
            if (reader.Kind == FrameKind.Seal)
                CheckSeal(reader, group);
            else
                CheckRecord(reader, group);
        }

        if (segment.Cut is { } cut && group.Next != cut)
            log.Break(new Position(segment.Number, group.Next), FormattableString.Invariant(
                $"what is there ends here, and the segment ended at {cut}"));
        else if (group.Count > 0 && group.Spoil())
            log.Break(new Position(segment.Number, group.Start), "no seal vouches for the records from here on");
    }

    private void CheckSeal(SegmentReader reader, GroupCheck group)
    {
        var seal = Seal.Read(reader.Payload);
        var sealedAs = Seal.ChainOf(reader.Payload).ToArray();
        var isWhole = group.IsSound && seal.Count == group.Count && seal.GroupStart == group.Start;
        if ((!isWhole || !group.Chain().AsSpan().SequenceEqual(sealedAs)) && group.Spoil())
            log.Break(reader.At, "the chain breaks here: what stands before this seal is not what was sealed");
        _chain = sealedAs;
        _head = new Position(reader.At.Segment, group.Next);
        _cleanStop = seal.CleanStop;
        if (group.IsSound)
        {
            _records += group.Count;
            log.Sound(seal.At);
            witness.Sealed(new ChainHead(_head, sealedAs, group.Total, seal.At));
        }

        group.Begin(sealedAs);
    }

    private void CheckRecord(SegmentReader reader, GroupCheck group)
    {
        group.Add(reader);
        if (!reader.IsBodyLeftBehind)
            CheckBody(reader);
        if (reader.Kind != FrameKind.Noted || DecodeOrNull(reader) is not NotedRecord noted)
            return;
        witness.Noted(reader.At, noted);
        if (!reader.IsReduced) // what stays of a record is no longer what the chain covers
            _vouched.Noted(noted.Event);
    }

    /// <summary>Every frame that still stands in the segment is the one that the chain of its records covers.</summary>
    private void Compare(KnownSegment segment)
    {
        _segments++;
        var free = FreeList.Read(disk, segment.Number);
        if (free.IsDamaged)
            log.Break(new Position(segment.Number, 0), $"{JournalFiles.Free(segment.Number)} is not what was written");
        using var reader = segment.OpenSegment(disk);
        using var records = segment.OpenRecordSegment(disk);
        while (!reader.IsAtEnd)
        {
            cancel.ThrowIfCancellationRequested();
            if (free.Ranges.TryGetValue(reader.Next, out var length))
            {
                reader.StepTo(reader.Next + length);
                continue;
            }

            var at = new Position(segment.Number, reader.Next);
            if (!reader.TryRead(withBody: false))
            {
                reader.TrySkip();
                log.Break(at, "no sound record stands here");
                continue;
            }

            CheckPadding(reader);
            if (!IsSame(reader, records))
                log.Break(at, "this is not what the records say of it", MailOf(reader));
            else
                CheckBody(reader);
        }

        if (segment.Cut is { } cut && reader.Next != cut)
            log.Break(new Position(segment.Number, reader.Next), FormattableString.Invariant(
                $"what is there ends here, and the segment ended at {cut}"));
    }

    // All but the flag that the body was left behind, and the sum that covers it.
    private static bool IsSame(SegmentReader reader, SegmentReader records)
    {
        var isThere = true;
        while (records.At.Offset < reader.At.Offset && isThere)
            isThere = !records.IsAtEnd && (records.TryRead(withBody: false) || records.TrySkip());
        return records.At == reader.At && reader.Head[..3].SequenceEqual(records.Head[..3])
            && reader.Head[4..20].SequenceEqual(records.Head[4..20])
            && reader.Head[24..].SequenceEqual(records.Head[24..]);
    }

    private void CheckBody(SegmentReader reader)
    {
        if (reader.BodyLength == 0)
            return;
        Span<byte> digest = stackalloc byte[Frame.DigestSize];
        var head = reader.Head.ToArray(); // the body may move the reader's window
        Frame.BodyDigestOf(head.AsSpan(24, Frame.SaltSize), reader.Body, digest);
        if (!head.AsSpan(Frame.HeaderSize, Frame.DigestSize).SequenceEqual(digest))
        {
            if (MailOf(reader) is { } mail)
                log.Break(reader.At, "the body is not what was accepted", mail);
            else
                log.BreakOfBody(reader.At, reader.Piece, "a piece of a body is not what was accepted");
            return;
        }

        _bodies++;
        _bodyOctets += reader.BodyLength;
    }

    private void CheckPadding(SegmentReader reader)
    {
        if (reader.Padding.ContainsAnyExcept((byte)0))
            log.Break(reader.At, "the zeros behind this record are not what was written", MailOf(reader));
    }

    private void NameMails(KnownSegment segment)
    {
        using var reader = segment.OpenRecords(disk);
        while (log.IsMailWanted && !reader.IsAtEnd && (reader.TryRead(withBody: false) || reader.TrySkip()))
            if (reader.Kind == FrameKind.Accepted && DecodeOrNull(reader) is AcceptedRecord accepted)
                log.Named(accepted);
    }

    private static MailId? MailOf(SegmentReader reader) => reader.IsRecord
        ? DecodeOrNull(reader) switch
        {
            AcceptedRecord accepted => accepted.Id,
            SettledRecord settled => settled.Id,
            RevokedRecord revoked => revoked.Id,
            NotedRecord noted => noted.Event.Mail,
            _ => null,
        }
        : null;

    private static JournalRecord? DecodeOrNull(SegmentReader reader)
    {
        try
        {
            return reader.Decode();
        }
        catch (InvalidDataException)
        {
            return null; // a kind of a newer version, say; its digest is in the chain all the same
        }
    }

    /// <summary>The records since the last seal.</summary>
    private sealed class GroupCheck : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public GroupCheck(byte[] chain) => Begin(chain);

        /// <summary>Where the next frame has to stand.</summary>
        public int Next { get; set; } = SegmentHeader.Size;

        public int Start { get; private set; }

        public int Count { get; private set; }

        /// <summary>In the segment so far.</summary>
        public long Total { get; private set; }

        public bool IsSound { get; private set; }

        /// <summary>Something of it is wrong; true if that is news.</summary>
        public bool Spoil()
        {
            var isNews = IsSound;
            IsSound = false;
            return isNews;
        }

        public void Begin(byte[] chain)
        {
            (Start, Count, IsSound) = (Next, 0, true);
            _hash.GetHashAndReset();
            _hash.AppendData(chain);
        }

        public void Add(SegmentReader frame)
        {
            Span<byte> digest = stackalloc byte[Frame.DigestSize];
            ReducedFrame.Digest(frame, digest);
            _hash.AppendData(digest);
            Count++;
            Total++;
        }

        public byte[] Chain() => _hash.GetCurrentHash();

        public void Dispose() => _hash.Dispose();
    }
}
