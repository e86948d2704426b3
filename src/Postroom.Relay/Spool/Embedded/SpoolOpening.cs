using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>
/// Opens the spool of a data folder: recovers the journal, brings the ledger up to it, ends old leases.
/// </summary>
public static class SpoolOpening
{
    /// <summary>The index's file in the data folder.</summary>
    public const string LedgerFile = "ledger.db";

    private const int Bite = 4096;

    /// <summary>Opens a data folder of this machine, which nobody else may have open.</summary>
    /// <exception cref="SpoolUnusableException">In use, of a newer format; the message says what to do.</exception>
    public static Task<EmbeddedSpool> OpenAsync(
        string folder, SpoolSettings settings, LaneOf laneOf, TimeProvider time, ILogger log) =>
        OpenAsync(SpoolPlace.Take(folder), settings, laneOf, time, log);

    /// <summary>Opens a spool on any disk: the simulator's too.</summary>
    public static async Task<EmbeddedSpool> OpenAsync(
        SpoolPlace place, SpoolSettings settings, LaneOf laneOf, TimeProvider time, ILogger log)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.SegmentSize, 2 * PieceWriter.MostInPiece);
        var ledger = OpenLedger(place.LedgerFile, log);
        try
        {
            var journal = MailJournal.Open(place.Disk, new JournalSettings
            {
                SegmentSize = settings.SegmentSize, Meters = place.Meters,
            }, time, place.Threads);
            var recovery = Replay(journal, ledger, laneOf);
            var marks = new WireMarks(journal.Marks);
            var thread = place.Offload is null ? new LedgerThread(place.Threads) : null;
            var parts = new SpoolParts(settings, place.Disk, time, log)
            {
                Journal = journal,
                Ledger = ledger,
                Marks = marks,
                Clock = new SteadyClock(time, settings.LongestWait),
                FolderLock = place.FolderLock,
                Offload = place.Offload ?? thread!.RunAsync,
                Rest = place.Threads.Rest,
                Thread = thread,
            };
            foreach (var damage in recovery.Damage)
                SpoolLog.Damaged(log, damage.At.Segment, damage.At.Offset, damage.Octets, damage.What);
            await EndOldLivesAsync(parts, recovery, laneOf);
            marks.Wipe();
            return new EmbeddedSpool(parts, laneOf, Latest(recovery.LastId, ledger.LastId));
        }
        catch (LedgerCorruptException) when (ledger.Damaged.IsFaulted)
        {
            ledger.Dispose();
            place.FolderLock?.Dispose();
            await ledger.Damaged; // what it says is ours
            throw;
        }
    }

    private static MailLedger OpenLedger(string file, ILogger log)
    {
        try
        {
            return MailLedger.Open(file);
        }
        catch (LedgerCorruptException e)
        {
            SpoolLog.Rebuilding(log, e.Message);
            MailLedger.PutAside(file);
            return MailLedger.Open(file);
        }
    }

    private static Recovery Replay(MailJournal journal, MailLedger ledger, LaneOf laneOf)
    {
        var batch = new List<(Position, JournalRecord)>(Bite);
        var recovery = journal.Recover(ledger.IndexedTo, (at, record) =>
        {
            batch.Add((at, record));
            if (batch.Count < Bite)
                return;
            ledger.Apply(batch, laneOf);
            batch.Clear();
        });
        if (batch.Count > 0)
            ledger.Apply(batch, laneOf);
        return recovery;
    }

    // Leases of the life before have no owner. Those that may have reached the wire are said to be in doubt, before
    // anything is tried again (promise 3): after a kill the marks tell which, after a power cut it could be any.
    private static async Task EndOldLivesAsync(SpoolParts parts, Recovery recovery, LaneOf laneOf)
    {
        List<Target> inDoubt = [], untried = [];
        var marked = recovery.PageCacheKept ? parts.Marks.Read() : null;
        foreach (var parcel in parts.Ledger.Trying())
        {
            var list = marked is null || marked.Contains(parcel.Mail) ? inDoubt : untried;
            foreach (var recipient in parcel.Recipients)
                list.Add(new Target(parcel.Mail, recipient.Index));
        }

        var now = parts.Clock.Wall;
        var entries = new List<Entry>();
        if (inDoubt.Count + untried.Count > 0)
            entries.Add(new Entry(new LeasesLostRecord(now, inDoubt, untried)));
        entries.Add(new Entry(new NotedRecord(new TrailEvent(now, EventKind.Started, null, null)
        {
            Text = recovery.LastAt is { } last ? $"not running since {last:u}" : "first start",
        })));
        await parts.Journal.AppendAsync(entries, urgent: true);
        var taken = 0;
        var batch = new List<(Position, JournalRecord)>();
        while (taken < entries.Count)
            foreach (var entry in await parts.Journal.TakeDurableAsync(Bite, CancellationToken.None))
            {
                batch.Add((entry.Position, entry.Record));
                taken++;
            }

        parts.Ledger.Apply(batch, laneOf);
        SpoolLog.Recovered(parts.Log, recovery.Records, inDoubt.Count, untried.Count);
    }

    private static MailId Latest(MailId a, MailId b) => a > b ? a : b;
}

/// <summary>Where a spool lies.</summary>
/// <param name="Disk">The journal's disk.</param>
/// <param name="LedgerFile">The index's file.</param>
/// <param name="FolderLock">Released with the spool; null if nobody else can come.</param>
public sealed record SpoolPlace(IDisk Disk, string LedgerFile, IDisposable? FolderLock)
{
    /// <summary>Takes a data folder of this machine.</summary>
    /// <exception cref="SpoolUnusableException">Somebody else has it open.</exception>
    public static SpoolPlace Take(string folder)
    {
        Directory.CreateDirectory(folder);
        var mine = DataFolderLock.Take(folder);
        return new SpoolPlace(new RealDisk(folder), Path.Combine(folder, SpoolOpening.LedgerFile), mine);
    }

    /// <summary>Counts what the journal writes.</summary>
    public JournalMeters Meters { get; init; } = RelayMeters.Unwatched.Journal;

    /// <summary>The threads of journal and ledger.</summary>
    public IThreads Threads { get; init; } = new RealThreads();

    /// <summary>Runs what blocks on the ledger; null for a thread of its own.</summary>
    public Func<Action, Task>? Offload { get; init; }
}
