namespace Postroom.Relay.Spool.Journal;

/// <summary>Gives the space of dead bodies back while their segment still holds live ones.</summary>
/// <remarks>
/// Nothing moves: the records of a retired segment stand in its record segment, so everything in it but the live bodies
/// becomes a hole. A crash before the list stands costs the work; after it, at most some space until the next time.
/// </remarks>
internal static class Compaction
{
    /// <summary>Shorter holes give nothing back: a file system deals in blocks.</summary>
    private const int Block = 4096;

    /// <param name="live">Where in the segment the bodies begin that somebody needs.</param>
    /// <param name="wipe">Nothing dead is to be read any more, however short, on any file system: it is overwritten,
    /// and what the file was before goes from behind its end.</param>
    /// <returns>Octets given back in all, those of earlier times included.</returns>
    public static long Run(IDisk disk, int number, IReadOnlySet<int> live, bool wipe = false)
    {
        var known = Catalogue.Read(disk, []).Segments.FirstOrDefault(segment => segment.Number == number);
        if (known is not { HasRecords: true, HasBodies: true })
            return 0;
        var before = FreeList.Read(disk, number);
        var after = new FreeList();
        using (var reader = known.OpenSegment(disk))
            while (!reader.IsAtEnd)
                Pass(reader, before, after, live);
        if (!wipe)
            after.Drop(shorterThan: 2 * Block, before); // of which one whole block at least is inside
        if (after.Octets <= before.Octets && !wipe)
            return before.Octets;
        after.Write(disk, number);
        using var file = disk.Open(JournalFiles.Segment(number), create: false);
        foreach (var (offset, length) in after.Ranges)
        {
            if (wipe)
                Overwrite(file, offset, length);
            file.GiveBack(offset, length);
        }

        if (wipe && known.Cut is { } end)
            file.Truncate(end);
        file.Sync();
        return after.Octets;
    }

    private static void Overwrite(IDiskFile file, long offset, long length)
    {
        var zeros = new byte[Math.Min(length, 1 << 20)];
        for (var end = offset + length; offset < end; offset += zeros.Length)
            file.Write(offset, [zeros.AsMemory(0, (int)Math.Min(zeros.Length, end - offset))]);
    }

    // What is damaged is left as it is, for who looks into it.
    private static void Pass(SegmentReader reader, FreeList before, FreeList after, IReadOnlySet<int> live)
    {
        var start = reader.Next;
        if (before.Ranges.TryGetValue(start, out var length))
        {
            after.Add(start, length);
            reader.StepTo(start + length);
        }
        else if (!reader.TryRead(withBody: false))
            reader.TrySkip();
        else if (reader.BodyLength == 0 || !live.Contains(reader.Piece.Offset))
            after.Add(start, reader.Next - start);
    }
}
