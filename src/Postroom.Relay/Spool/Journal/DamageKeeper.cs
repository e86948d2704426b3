using System.Globalization;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Copies what is damaged into the quarantine, and reports it. A quarantine that cannot be written is no
/// obstacle.</summary>
internal sealed class DamageKeeper(IDisk disk, List<DamageReport> reports)
{
    private const int MostKept = 16 << 20;

    /// <summary>A range of a segment that holds no sound record.</summary>
    public void Keep(KnownSegment segment, int from, int to)
    {
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{JournalFiles.Quarantine}/{segment.Number:D10}-{from:D10}.bad");
        var source = segment.HasBodies ? JournalFiles.Segment(segment.Number) : JournalFiles.Record(segment.Number);
        var kept = TryCopy(source, name, from, Math.Min(to - from, MostKept));
        Report(new Position(segment.Number, from), to - from, kept ? name : null,
            "no sound record stands here any more");
    }

    /// <summary>A whole file that is not one of ours, or not any more.</summary>
    public void MoveAway(string name, int number, string what)
    {
        var kept = $"{JournalFiles.Quarantine}/{Path.GetFileName(name)}";
        try
        {
            disk.Rename(name, kept);
            Report(new Position(number, 0), 0, kept, what);
        }
        catch (IOException e)
        {
            Report(new Position(number, 0), 0, null, $"{what}; and it cannot be moved: {e.Message}");
        }
    }

    public void Report(Position at, long octets, string? keptAs, string what) =>
        reports.Add(new DamageReport(at, octets, keptAs, what));

    private bool TryCopy(string source, string name, int from, int octets)
    {
        try
        {
            using var file = disk.Open(source, create: false);
            using var copy = disk.Open(name, create: true);
            var content = new byte[octets];
            var read = file.Read(from, content);
            copy.Write(0, [content.AsMemory(0, read)]);
            copy.Sync();
            disk.SyncFolder(JournalFiles.Quarantine);
            return true;
        }
        catch (IOException)
        {
            return false; // the report says that nothing was kept
        }
    }
}
