namespace Postroom.Relay.Spool.Journal.Check;

/// <summary>Verifies a journal: every sum, every digest, the hash chain, every body, what stands between records.
/// Changes nothing.</summary>
/// <remarks>
/// <para>From the first record kept. Where a segment has a record segment, the chain is read there, and every frame
/// that still stands in the segment has to be the same as its record. Each octet up to the end is a header, a frame or
/// a zero between frames, and all of them are held to what was written.</para>
/// <para>Without significance, and not looked at: what lies behind the end of a segment (zeros ahead, or the past of a
/// file that is used again), the spare file, drafts, the quarantine, the marks but for their claim of how far all was
/// synced.</para>
/// </remarks>
public static class JournalCheck
{
    /// <summary>Reads all of a journal that nobody has open.</summary>
    /// <exception cref="SpoolUnusableException">It is of a newer format.</exception>
    public static VerifyReport Verify(IDisk disk, ChainWitness? witness = null) =>
        Run(disk, null, witness, CancellationToken.None);

    /// <summary>Reads a journal that is written to, up to a place where a group ended that is on stable storage. Its
    /// segments must not be released meanwhile.</summary>
    internal static VerifyReport VerifyTo(
        IDisk disk, Position end, ChainWitness? witness, CancellationToken cancel) => Run(disk, end, witness, cancel);

    private static VerifyReport Run(IDisk disk, Position? upTo, ChainWitness? witness, CancellationToken cancel)
    {
        var headless = new List<string>();
        var segments = Catalogue.Read(disk, headless).Segments;
        var log = new CheckLog();
        var known = upTo ?? JournalScratch.SyncedIn(disk) ?? default;
        if (upTo is { } end)
            segments = [.. segments.Where(segment => segment.Number <= end.Segment)];
        foreach (var name in headless)
            Headless(log, disk, name, segments.Count > 0 ? segments[^1].Number : 0);
        var check = new SegmentCheck(disk, log, witness ?? new ChainWitness(), cancel);
        var unfinished = 0L;
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            var isLast = i == segments.Count - 1;
            if (i > 0)
                check.Follows(segments[i - 1], segment);
            var missing = 0L;
            if (isLast && upTo is not null && !segment.HasRecords) // else it was retired meanwhile, and is whole
                segment = segment with { Cut = upTo.Value.Offset };
            else if (segment is { Cut: null, HasBodies: true })
                (segment, missing, unfinished) = WithEnd(disk, segment, known);
            else if (isLast && known.Segment == segment.Number)
                missing = Math.Max(0, known.Offset - segment.Cut ?? 0);
            check.Segment(segment);
            if (missing > 0)
                log.Break(new Position(segment.Number, segment.Cut ?? 0), FormattableString.Invariant(
                    $"{missing} octets that had been on stable storage from here on are not found"));
        }

        if (segments.Count > 0)
            check.End(segments[0]);
        if (known.Segment > (segments.Count > 0 ? segments[^1].Number : 0))
            log.Break(new Position(known.Segment, 0), "this segment is missing: it had been on stable storage");
        return check.Report() with
        {
            FirstSegment = segments.Count > 0 ? segments[0].Number : null,
            Unfinished = unfinished,
        };
    }

    // A file that a crash left in the making holds nothing; anything else has lost its header.
    private static void Headless(CheckLog log, IDisk disk, string name, int last)
    {
        var number = JournalFiles.NumberOf(Path.GetFileName(name), Path.GetExtension(name)) ?? 0;
        if (number <= last || !JournalFiles.NeverBegan(disk, name))
            log.Break(new Position(number, 0), $"{name} has lost its header");
    }

    // The last segment of a journal at rest ends where the next start would have it end.
    private static (KnownSegment Segment, long Missing, long Unfinished) WithEnd(
        IDisk disk, KnownSegment segment, Position known)
    {
        using var reader = segment.OpenSegment(disk);
        var scan = TailScan.Of(reader);
        var missing = scan.Decide(known.Segment == segment.Number ? known.Offset : 0);
        return (segment with { Cut = scan.End }, missing, scan.CutBytes);
    }
}
