using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Forget;
using Postroom.Relay.Spool.Ledger.Forget;

namespace Postroom.Relay.Spool.Embedded.Retention;

/// <summary>Takes out of the journal what the ledger has forgotten.</summary>
/// <remarks>The chain vouches for what is taken out, on stable storage, before it goes: so nobody else can take
/// anything out.</remarks>
internal sealed class Journals(SpoolParts parts, BodyKeeping bodies, Func<JournalRecord, Task> append)
{
    /// <summary>The segments whose records are copied, oldest first.</summary>
    public Task<List<int>> NumbersAsync() => parts.Journal.AsideAsync(disk =>
        JournalFiles.NumbersIn(disk, JournalFiles.Records, ".rec"));

    /// <summary>When the last group of a segment was written.</summary>
    public async Task<GoneThrough> LookAtAsync(int number)
    {
        var (_, last) = await parts.Journal.AsideAsync(disk => SegmentReduction.Contents(disk, number));
        var seen = new GoneThrough(number, last, DateTimeOffset.UnixEpoch);
        await NoteAsync(seen);
        return seen;
    }

    /// <summary>Takes out of one segment all that is forgotten by now.</summary>
    /// <returns>False where that cannot be done yet.</returns>
    public async Task<bool> GoThroughAsync(int number)
    {
        var now = parts.Clock.Wall;
        var (mails, last) = await parts.Journal.AsideAsync(disk => SegmentReduction.Contents(disk, number));
        var forgotten = await parts.AskLedgerAsync(ledger => ledger.Oblivion.Of(mails));

        // First what stands beside the bodies: after a crash it is still the same as its record, and else not there.
        if (parts.Journal.Segments.Any(segment => segment.Number == number) && !await bodies.WipeAsync(number))
            return false;
        if (await parts.Journal.AsideAsync(disk => SegmentReduction.Draft(disk, number, forgotten)) is { } voucher)
        {
            await VouchAsync(voucher);
            await parts.Journal.AsideAsync(disk =>
            {
                SegmentReduction.Commit(disk, number);
                return true;
            });
        }

        await NoteAsync(new GoneThrough(number, last, now));
        return true;
    }

    /// <summary>Removes the oldest segment, of which all is forgotten.</summary>
    public async Task DropAsync(GoneThrough oldest)
    {
        await VouchAsync(new Voucher(oldest.Segment, 0, null, oldest.LastAt));
        await parts.Journal.AsideAsync(disk =>
        {
            disk.Remove(JournalFiles.Record(oldest.Segment));
            disk.SyncFolder(JournalFiles.Records);
            return true;
        });
    }

    /// <summary>From here on everything said so far can be gone through.</summary>
    public async Task RollAsync()
    {
        await parts.Journal.RollAsync();
        await parts.Journal.TidiedAsync();
    }

    /// <summary>A segment that was given back as a whole waits to be used again as it was.</summary>
    public Task DropSpareAsync() => parts.Journal.AsideAsync(disk =>
    {
        if (!disk.List(JournalFiles.Segments).Contains(Path.GetFileName(JournalFiles.Spare)))
            return false;
        disk.Remove(JournalFiles.Spare);
        disk.SyncFolder(JournalFiles.Segments);
        return true;
    });

    private Task VouchAsync(Voucher voucher) => append(new NotedRecord(
        new TrailEvent(parts.Clock.Wall, EventKind.Forgotten, null, null) { Text = voucher.ToString() }));

    private async Task NoteAsync(GoneThrough through) => await parts.AskLedgerAsync(ledger =>
    {
        ledger.Oblivion.Note(through);
        return true;
    });
}
