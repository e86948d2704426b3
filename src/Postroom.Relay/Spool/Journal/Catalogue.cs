namespace Postroom.Relay.Spool.Journal;

/// <summary>A segment that counts.</summary>
/// <param name="Cut">Where it ends; null if it is the last one, whose end has to be found.</param>
internal sealed record KnownSegment(SegmentHeader Header, bool HasBodies, bool HasRecords, int? Cut)
{
    public int Number => Header.Number;

    /// <summary>Opens it for its records: the record segment where there is one, for it is the smaller.</summary>
    public SegmentReader OpenRecords(IDisk disk) => HasRecords ? OpenRecordSegment(disk) : OpenSegment(disk);

    public SegmentReader OpenSegment(IDisk disk) => new(
        disk.Open(JournalFiles.Segment(Number), create: false), Header, Cut ?? int.MaxValue, isRecords: false);

    public SegmentReader OpenRecordSegment(IDisk disk)
    {
        var file = disk.Open(JournalFiles.Record(Number), create: false);
        var own = SegmentHeader.Read(file) ?? Header;
        return new SegmentReader(file, own, own.Length > 0 ? own.Length : int.MaxValue, isRecords: true);
    }
}

/// <summary>Which segments there are, in order.</summary>
/// <param name="Segments">Ascending.</param>
/// <param name="Highest">The highest number ever seen in a name; never to be used again.</param>
internal sealed record Catalogue(IReadOnlyList<KnownSegment> Segments, int Highest)
{
    /// <summary>Reads the headers. Changes nothing.</summary>
    /// <param name="headless">Files that are named like segments and have no sound header.</param>
    /// <exception cref="SpoolUnusableException">A segment is of a newer format.</exception>
    public static Catalogue Read(IDisk disk, List<string> headless)
    {
        var headers = new SortedDictionary<int, (SegmentHeader? Segment, SegmentHeader? Records)>();
        var highest = 0;
        foreach (var number in JournalFiles.NumbersIn(disk, JournalFiles.Segments, ".seg"))
        {
            highest = Math.Max(highest, number);
            if (HeaderOf(disk, JournalFiles.Segment(number), number, headless) is { } header)
                headers[number] = (header, null);
        }

        foreach (var number in JournalFiles.NumbersIn(disk, JournalFiles.Records, ".rec"))
        {
            highest = Math.Max(highest, number);
            if (HeaderOf(disk, JournalFiles.Record(number), number, headless) is { } header)
                headers[number] = (headers.GetValueOrDefault(number).Segment, header);
        }

        var all = headers.Values.ToArray();
        var segments = new KnownSegment[all.Length];
        for (var i = 0; i < all.Length; i++)
        {
            var (segment, records) = all[i];
            var next = i + 1 < all.Length ? (all[i + 1].Segment ?? all[i + 1].Records)!.Previous : default;
            var header = (segment ?? records)!;
            // A record segment remembers where its segment was cut.
            int? cut = next.Segment == header.Number ? next.Offset : records?.Synced;
            segments[i] = new KnownSegment(header, segment is not null, records is not null, cut);
        }

        return new Catalogue(segments, highest);
    }

    private static SegmentHeader? HeaderOf(IDisk disk, string name, int number, List<string> headless)
    {
        using var file = disk.Open(name, create: false);
        var header = SegmentHeader.Read(file);
        if (header is { Version: > SegmentHeader.CurrentVersion })
            throw new SpoolUnusableException(
                $"{name} is of journal format {header.Version}, written by a newer Postroom; this one knows "
                + $"{SegmentHeader.CurrentVersion}. Start the newer version again; nothing was changed.");
        if (header?.Number == number)
            return header;
        headless.Add(name);
        return null;
    }
}
