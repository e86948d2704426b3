namespace Postroom.Relay.Spool.Journal;

/// <summary>Copies the records of a retired segment, without bodies, into a record segment that is kept.</summary>
/// <remarks>
/// Written under another name, synced, then renamed: it is there whole or not at all, so a crash in between costs the
/// work and neither loses nor doubles a record. Seals come along, so the chain can still be verified.
/// </remarks>
internal static class RecordCopy
{
    /// <summary>Does it, and tells what was not sound and is therefore missing in the copy.</summary>
    public static IReadOnlyList<DamageReport> Make(IDisk disk, int number)
    {
        var known = Catalogue.Read(disk, []).Segments.First(segment => segment.Number == number);
        if (known.HasRecords)
            return [];
        var damage = new List<DamageReport>();
        var draft = JournalFiles.RecordDraft(number);
        using (var reader = known.OpenSegment(disk))
        using (var copy = disk.Open(draft, create: true))
        {
            copy.Truncate(0);
            using var frames = new FrameCopy(copy);
            CopyFrames(reader, frames, known, new DamageKeeper(disk, damage));
            frames.Finish(known.Header with { Synced = known.Cut ?? reader.Next });
        }

        disk.Rename(draft, JournalFiles.Record(number));
        disk.SyncFolder(JournalFiles.Records);
        return damage;
    }

    private static void CopyFrames(SegmentReader reader, FrameCopy copy, KnownSegment known, DamageKeeper keeper)
    {
        while (!reader.IsAtEnd)
        {
            var bad = reader.Next;
            if (reader.TryRead(withBody: false))
            {
                copy.Add(reader.At.Offset, WithoutBody(reader, known.Header.Seed));
                continue;
            }

            reader.TrySkip();
            keeper.Keep(known, bad, reader.Next);
        }
    }

    private static ReadOnlySpan<byte> WithoutBody(SegmentReader reader, uint seed)
    {
        if (reader.BodyLength == 0)
            return reader.Head;
        var head = reader.Head.ToArray();
        head[3] |= Frame.BodyLeftBehind;
        Frame.Place(head, seed, reader.At.Offset);
        return head;
    }
}
