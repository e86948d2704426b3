using System.Buffers.Binary;

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
            var end = CopyFrames(reader, copy, known, new DamageKeeper(disk, damage));
            var header = known.Header with { Synced = known.Cut ?? reader.Next, Length = end };
            copy.Write(0, [header.ToBlock()]);
            copy.Sync();
        }

        disk.Rename(draft, JournalFiles.Record(number));
        disk.SyncFolder(JournalFiles.Records);
        return damage;
    }

    private static long CopyFrames(SegmentReader reader, IDiskFile copy, KnownSegment known, DamageKeeper keeper)
    {
        var seed = known.Header.Seed;
        var gathered = new MemoryStream();
        long written = SegmentHeader.Size;
        while (!reader.IsAtEnd)
        {
            var bad = reader.Next;
            if (!reader.TryRead(withBody: false))
            {
                reader.TrySkip();
                keeper.Keep(known, bad, reader.Next);
                continue;
            }

            Add(gathered, reader, seed);
            if (gathered.Length >= 1 << 20)
                written = Flush(gathered, copy, written);
        }

        return Flush(gathered, copy, written);
    }

    private static void Add(MemoryStream to, SegmentReader reader, uint seed)
    {
        Span<byte> prefix = stackalloc byte[8];
        prefix.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(prefix, reader.At.Offset);
        to.Write(prefix);
        var head = reader.Head.ToArray();
        if (reader.BodyLength > 0)
        {
            head[3] |= Frame.BodyLeftBehind;
            Frame.Place(head, seed, reader.At.Offset);
        }

        to.Write(head);
        prefix.Clear();
        to.Write(prefix[..(Frame.Padded(head.Length) - head.Length)]);
    }

    private static long Flush(MemoryStream gathered, IDiskFile copy, long at)
    {
        if (gathered.Length > 0)
            copy.Write(at, [gathered.GetBuffer().AsMemory(0, (int)gathered.Length)]);
        at += gathered.Length;
        gathered.SetLength(0);
        return at;
    }
}
