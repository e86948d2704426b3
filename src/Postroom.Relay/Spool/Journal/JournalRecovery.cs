using Postroom.Mail;

namespace Postroom.Relay.Spool.Journal;

/// <summary>Finds out at start what holds, and begins a new segment with it.</summary>
/// <remarks>
/// <list type="number">
/// <item>Every segment but the last had been synced to its end before its successor's header was written: what is
/// bad there is damage, and everything sound is replayed.</item>
/// <item>The last one is read to its end (<see cref="TailScan"/>). What lies past the last known sync mark may stand
/// in the page cache alone (after a sync that failed, the kernel calls dropped pages clean): it is copied into the new
/// segment and synced before anybody hears of it. So are the header and the name of the last one, for the same
/// reason.</item>
/// <item>The new segment's header comes last. A crash before it is durable leaves a file without a header, which is
/// no segment, and the next start does all of this again.</item>
/// </list>
/// What the index has taken (<c>from</c>) had been durable: it counts as a sync mark too, so no position that the index
/// knows ever moves.
/// </remarks>
internal sealed class JournalRecovery(IDisk disk, TimeProvider time, JournalScratch scratch)
{
    private readonly List<DamageReport> _damage = [];
    private Position _from;
    private Action<Position, JournalRecord> _replay = (_, _) => { };
    private int _records;
    private MailId _lastId;
    private DateTimeOffset? _lastAt;
    private bool _cleanStop = true;
    private bool _pageCacheKept;
    private long _cutBytes;

    /// <summary>Where the new segment stands when <see cref="Run"/> is done.</summary>
    public ActiveSegment? Active { get; private set; }

    /// <summary>The segments of earlier lives, once <see cref="Run"/> is done.</summary>
    public IReadOnlyList<KnownSegment> Segments { get; private set; } = [];

    public Recovery Run(Position? from, Action<Position, JournalRecord> replay)
    {
        (_from, _replay) = (from ?? default, replay);
        var catalogue = TidyUp();
        var known = catalogue.Segments;
        for (var i = 0; i < known.Count - 1; i++)
            if (known[i].Number >= _from.Segment)
                ReplayAll(known[i], known[i + 1]);
        var number = Math.Max(catalogue.Highest, _from.Segment) + 1;
        if (known.Count == 0)
            Begin(ActiveSegment.Create(disk, number, new byte[Frame.DigestSize]), default, new byte[Frame.DigestSize]);
        else
            RecoverLast(known[^1], number);
        Segments = Catalogue.Read(disk, []).Segments;
        return new Recovery
        {
            CleanStop = _cleanStop,
            PageCacheKept = _pageCacheKept,
            Records = _records,
            CutBytes = _cutBytes,
            Damage = _damage,
            LastAt = _lastAt,
            LastId = _lastId,
        };
    }

    /// <summary>Unknown and headless files go into the quarantine; drafts, the spare one and files that never began are
    /// removed.</summary>
    private Catalogue TidyUp()
    {
        var keeper = new DamageKeeper(disk, _damage);
        foreach (var name in disk.List(JournalFiles.Segments))
            if (name == Path.GetFileName(JournalFiles.Spare))
                disk.Remove(JournalFiles.Spare); // a power cut within its renaming may have left both names to one file
            else if (JournalFiles.NumberOf(name, ".seg") is null)
                keeper.MoveAway($"{JournalFiles.Segments}/{name}", 0, $"{name} is no file of the journal");
        foreach (var name in disk.List(JournalFiles.Records))
        {
            if (JournalFiles.NumberOf(name, ".tmp") is not null || JournalFiles.NumberOf(name, ".new") is not null)
                disk.Remove($"{JournalFiles.Records}/{name}");
            else if (JournalFiles.NumberOf(name, ".free") is { } number)
                RemoveIfAlone(name, number);
            else if (JournalFiles.NumberOf(name, ".rec") is null)
                keeper.MoveAway($"{JournalFiles.Records}/{name}", 0, $"{name} is no file of the journal");
        }

        var headless = new List<string>();
        var catalogue = Catalogue.Read(disk, headless);
        foreach (var name in headless)
        {
            if (JournalFiles.NeverBegan(disk, name))
                disk.Remove(name);
            else
                keeper.MoveAway(
                    name, JournalFiles.NumberOf(Path.GetFileName(name), Path.GetExtension(name)) ?? 0,
                    $"{name} has lost its header");
        }

        return catalogue;
    }

    // Its segment went, and the crash came before it went, too.
    private void RemoveIfAlone(string list, int number)
    {
        if (!disk.List(JournalFiles.Segments).Contains(Path.GetFileName(JournalFiles.Segment(number))))
            disk.Remove($"{JournalFiles.Records}/{list}");
    }

    private void ReplayAll(KnownSegment segment, KnownSegment next)
    {
        if (segment.Cut is null)
            new DamageKeeper(disk, _damage).Report(
                new Position(segment.Number, 0), 0, null,
                $"the segment after {segment.Number} is missing; next comes {next.Number}");
        using var reader = segment.OpenRecords(disk);
        ReplayTo(segment, reader, int.MaxValue, new DamageKeeper(disk, _damage));
    }

    /// <param name="end">Where to stop; where that is not the end, the tail scan has reported the damage
    /// already.</param>
    private void ReplayTo(KnownSegment segment, SegmentReader reader, int end, DamageKeeper keeper)
    {
        while (!reader.IsAtEnd && reader.Next < end)
        {
            var bad = reader.Next;
            if (!reader.TryRead(withBody: false))
            {
                reader.TrySkip();
                if (end == int.MaxValue)
                    keeper.Keep(segment, bad, reader.Next);
                continue;
            }

            if (reader.Kind == FrameKind.Seal)
                _lastAt = Seal.Read(reader.Payload).At;
            else if (reader.IsRecord && reader.At > _from)
                Replay(reader, keeper);
        }
    }

    private void Replay(SegmentReader reader, DamageKeeper keeper)
    {
        try
        {
            Replay(reader.At, reader.Decode());
        }
        catch (InvalidDataException e)
        {
            keeper.Report(reader.At, reader.HeadLength, null, e.Message);
        }
    }

    private void Replay(Position at, JournalRecord record)
    {
        _records++;
        var accepted = record is AcceptedRecord mail ? mail.Id : (record as GoneRecord)?.Mail;
        if (accepted > _lastId)
            _lastId = accepted.Value;
        _replay(at, record);
    }

    private void RecoverLast(KnownSegment last, int number)
    {
        if (!last.HasBodies)
        {
            ReplayLastOfRecords(last, number);
            return;
        }

        Vouch(last);
        using var reader = last.OpenSegment(disk);
        var scan = TailScan.Of(reader);
        Decide(last, scan);
        if (last.Number >= _from.Segment)
        {
            reader.StepTo(SegmentHeader.Size);
            ReplayTo(last, reader, scan.Cut, new DamageKeeper(disk, _damage));
        }

        if (scan.Groups.Count > 0)
            (_cleanStop, _lastAt) = (scan.Groups[^1].Seal.CleanStop, scan.Groups[^1].Seal.At);
        else
            _cleanStop = false;
        _cutBytes = scan.CutBytes;
        var next = ActiveSegment.Create(disk, number, scan.ChainAtCut);
        var copied = new TailCopy(reader, scan, next).Run();
        Begin(next, new Position(last.Number, scan.Cut), scan.ChainAtCut);
        foreach (var entry in copied)
            Replay(entry.Position, entry.Record);
    }

    // A start before this one may have died by the very sync of this header: then it stands in the page cache, called
    // clean, and a power cut would take it, and with it all that the segment has. Written again, it is synced again.
    // Or it died by the sync of the folder: a power cut could keep the name of the next segment and lose this one's.
    private void Vouch(KnownSegment last)
    {
        using var file = disk.Open(JournalFiles.Segment(last.Number), create: false);
        file.Write(0, [last.Header.ToBlock()]);
        file.Sync();
        disk.SyncFolder(JournalFiles.Segments);
    }

    /// <summary>The last segment's own file is gone, its records are kept: there is no tail.</summary>
    private void ReplayLastOfRecords(KnownSegment last, int number)
    {
        var chain = last.Header.Chain;
        using (var reader = last.OpenRecords(disk))
            while (!reader.IsAtEnd && (reader.TryRead(withBody: false) || reader.TrySkip()))
                if (reader.Kind == FrameKind.Seal)
                    chain = Seal.ChainOf(reader.Payload).ToArray();
        using (var reader = last.OpenRecords(disk))
            if (last.Number >= _from.Segment)
                ReplayTo(last, reader, int.MaxValue, new DamageKeeper(disk, _damage));
        _cleanStop = false;
        Begin(ActiveSegment.Create(disk, number, chain), new Position(last.Number, last.Cut ?? 0), chain);
    }

    private void Decide(KnownSegment last, TailScan scan)
    {
        // What the scratch says is believed only if it fits what is found without it.
        var known = last.Number == _from.Segment ? _from.Offset + 1 : 0;
        var end = new Position(last.Number, scan.FoundEnd(known));
        _pageCacheKept = scratch.IsOfThisBoot && scratch.WrittenTo <= end && end <= scratch.WritingTo;
        if (_pageCacheKept && scratch.SyncedTo.Segment == last.Number)
            known = Math.Max(known, scratch.SyncedTo.Offset);
        var missing = scan.Decide(known);
        var keeper = new DamageKeeper(disk, _damage);
        foreach (var (from, to) in scan.Bad)
            keeper.Keep(last, from, to);
        if (missing > 0)
            keeper.Report(
                new Position(last.Number, scan.End), missing, null,
                    "what had been on stable storage here is not found");
    }

    private void Begin(ActiveSegment next, Position previous, byte[] chainBefore)
    {
        next.WriteGroup([], time.GetUtcNow(), cleanStop: false, aboutToWrite: null);
        next.Begin(disk, previous, chainBefore);
        // What the marks said is lost. The next start must not take them for marks of this one, which may end before it
        // has recorded the doubts: until the spool wipes them, they say that it could be any.
        if (!_pageCacheKept)
            scratch.Slots.Bytes.Fill(0xFF);
        scratch.Begin(new Position(next.Number, next.End));
        Active = next;
    }
}
