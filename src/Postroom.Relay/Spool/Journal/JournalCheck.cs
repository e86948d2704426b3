using System.Security.Cryptography;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Verifies a journal at rest: every checksum, every digest, the hash chain, every body. Changes
/// nothing.</summary>
public static class JournalCheck
{
    /// <summary>Reads all of it. Meant for a journal that nobody has open.</summary>
    /// <exception cref="SpoolUnusableException">It is of a newer format.</exception>
    public static VerifyReport Verify(IDisk disk)
    {
        var headless = new List<string>();
        var catalogue = Catalogue.Read(disk, headless);
        var run = new VerifyRun();
        foreach (var name in headless)
            run.Break(default, $"{name} has no header: made and never begun, or damaged");
        for (var i = 0; i < catalogue.Segments.Count; i++)
        {
            var segment = catalogue.Segments[i];
            if (i > 0)
                run.Follows(catalogue.Segments[i - 1], segment);
            if (segment.HasRecords)
                using (var reader = segment.OpenRecordSegment(disk))
                    run.Read(reader, isLast: false);
            if (segment.HasBodies)
                using (var reader = segment.OpenSegment(disk))
                    if (segment.HasRecords && FreeList.Read(disk, segment.Number) is { Octets: > 0 } free)
                        run.ReadBodies(reader, free);
                    else
                        run.Read(reader, isLast: i == catalogue.Segments.Count - 1);
        }

        return run.Report;
    }

    private sealed class VerifyRun
    {
        private readonly List<DamageReport> _breaks = [];
        private readonly List<byte> _digests = [];
        private int _segments;
        private long _records;
        private long _bodies;
        private long _bodyOctets;
        private byte[] _chain = [];

        public VerifyReport Report => new(_segments, _records, _bodies, _bodyOctets, _breaks);

        public void Break(Position at, string what) => _breaks.Add(new DamageReport(at, 0, null, what));

        public void Follows(KnownSegment before, KnownSegment segment)
        {
            if (segment.Header.Previous.Segment != before.Number)
                Break(new Position(segment.Number, 0), $"follows {segment.Header.Previous.Segment}, which is missing");
            else if (!segment.Header.Chain.AsSpan().SequenceEqual(_chain))
                Break(new Position(segment.Number, 0), "does not continue the chain of the segment before");
        }

        public void Read(SegmentReader reader, bool isLast)
        {
            _segments++;
            _chain = reader.Header.Chain;
            _digests.Clear();
            while (!reader.IsAtEnd)
            {
                var at = new Position(reader.Header.Number, reader.Next);
                if (!reader.TryRead(withBody: false))
                {
                    if (!reader.TrySkip() && isLast)
                        return; // behind the last record of the last segment there is nothing yet
                    Break(at, "no sound record stands here");
                    _digests.Clear();
                    continue;
                }

                if (reader.Kind == FrameKind.Seal)
                    CheckChain(reader);
                else
                    CheckRecord(reader);
            }
        }

        // The chain is that of the record segment; between the holes stand bodies, each with the head that vouches for
        // it.
        public void ReadBodies(SegmentReader reader, FreeList free)
        {
            _segments++;
            while (!reader.IsAtEnd)
            {
                if (free.Ranges.TryGetValue(reader.Next, out var length))
                {
                    reader.StepTo(reader.Next + length);
                    continue;
                }

                var at = new Position(reader.Header.Number, reader.Next);
                if (reader.TryRead(withBody: false))
                    CheckBody(reader);
                else
                {
                    reader.TrySkip();
                    Break(at, "no sound record stands here");
                }
            }
        }

        private void CheckChain(SegmentReader reader)
        {
            _digests.InsertRange(0, _chain);
            var chain = SHA256.HashData(_digests.ToArray());
            var sealedAs = Seal.ChainOf(reader.Payload);
            if (!sealedAs.SequenceEqual(chain))
                Break(reader.At, "the chain breaks here: what stands before this seal is not what was sealed");
            _chain = sealedAs.ToArray();
            _digests.Clear();
        }

        private void CheckRecord(SegmentReader reader)
        {
            var head = reader.Head.ToArray();
            var salted = new byte[head.Length - 24 + 1];
            head.AsSpan(24).CopyTo(salted);
            var digest = new byte[Frame.DigestSize];
            Frame.DigestOf(reader.Kind, salted, digest);
            _digests.AddRange(digest);
            _records++;
            CheckBody(reader);
        }

        private void CheckBody(SegmentReader reader)
        {
            if (reader.BodyLength == 0 || reader.IsBodyLeftBehind)
                return;
            var head = reader.Head.ToArray();
            var digest = new byte[Frame.DigestSize];
            Frame.BodyDigestOf(head.AsSpan(24, Frame.SaltSize), reader.Body, digest);
            if (!head.AsSpan(Frame.HeaderSize, Frame.DigestSize).SequenceEqual(digest))
            {
                Break(reader.At, "the body is not what was accepted");
                return;
            }

            _bodies++;
            _bodyOctets += reader.BodyLength;
        }
    }
}

/// <summary>What a verification found.</summary>
/// <param name="Segments">Segment files read, record segments included.</param>
/// <param name="Records">Records whose checksums are right; those of a segment and its record segment both
/// count.</param>
/// <param name="Bodies">Bodies and pieces of bodies that are there and right.</param>
/// <param name="BodyOctets">Octets of those.</param>
/// <param name="Breaks">What is wrong, in order; the first is where trust ends.</param>
public sealed record VerifyReport(int Segments, long Records, long Bodies, long BodyOctets,
    IReadOnlyList<DamageReport> Breaks)
{
    public bool IsSound => Breaks.Count == 0;
}
