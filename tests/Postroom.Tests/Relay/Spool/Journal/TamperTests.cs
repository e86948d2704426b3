using System.Buffers.Binary;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Relay.Spool.Journal;

/// <summary>Whatever is changed in a journal, the verification finds it; where nobody would read it, nothing is
/// lost.</summary>
public sealed class TamperTests
{
    [Fact]
    public async Task A_journal_that_nobody_touched_is_sound_and_told_of()
    {
        var disk = await SmallJournal.MakeAsync();
        var report = JournalCheck.Verify(disk);
        Assert.Empty(report.Breaks);
        Assert.Equal((1, true, 0L), (report.FirstSegment, report.EndsInOrder, report.Unfinished));
        Assert.Equal((4, 6), (report.Head.Segment, report.Segments));
        Assert.Equal(SmallJournal.Records, report.Records);
        Assert.True(report.FirstAt <= report.LastAt);
    }

    [Fact]
    public async Task Each_flipped_octet_of_each_file_is_found_and_the_first_break_is_where_it_is()
    {
        var disk = await SmallJournal.MakeAsync();
        var octets = 0;
        foreach (var name in SmallJournal.FilesOf(disk))
        {
            long length;
            using (var file = disk.Open(name, create: false))
                length = file.Length;
            var number = JournalFiles.NumberOf(Path.GetFileName(name), Path.GetExtension(name));
            foreach (var at in SmallJournal.Meaningful(disk, name, length))
            {
                disk.FlipBit(name, at);
                var breaks = JournalCheck.Verify(disk).Breaks;
                disk.FlipBit(name, at);
                if (breaks.Count == 0 || breaks[0].At.Segment != number)
                    Assert.Fail($"{name} at {at}: {(breaks.Count == 0 ? "not found" : breaks[0])}");
                octets++;
            }
        }

        Assert.InRange(octets, 30_000, 200_000);
        Assert.Empty(JournalCheck.Verify(disk).Breaks);
    }

    [Fact]
    public async Task What_stands_in_a_hole_or_behind_the_end_means_nothing_and_is_never_read()
    {
        var disk = await SmallJournal.MakeAsync();
        var (segment, from, to) = SmallJournal.Hole(disk);
        for (var at = from; at < to; at += 97)
            disk.FlipBit(JournalFiles.Segment(segment), at);
        using (var file = disk.Open(JournalFiles.Segment(4), create: false))
            file.Write(JournalCheck.Verify(disk).Head.Offset + 16, [new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }]);
        Assert.Empty(JournalCheck.Verify(disk).Breaks);
        var read = new List<JournalRecord>();
        await using (Opened.At(disk, out var recovery, read))
            Assert.Empty(recovery.Damage);
        Assert.Equal(SmallJournal.Mailed, read.OfType<AcceptedRecord>().Count());
    }

    [Fact]
    public async Task A_file_that_is_cut_anywhere_is_found()
    {
        var disk = await SmallJournal.MakeAsync();
        foreach (var name in SmallJournal.FilesOf(disk))
        {
            byte[] whole;
            using (var file = disk.Open(name, create: false))
                file.Read(0, whole = new byte[file.Length]);
            for (var length = whole.Length - 8; length >= 0; length -= 8)
            {
                using var file = disk.Open(name, create: false);
                file.Truncate(length);
                var isFound = !JournalCheck.Verify(disk).IsSound;
                file.Write(0, [whole]);
                Assert.True(isFound, $"{name} cut to {length}");
            }
        }
    }

    [Theory]
    [InlineData(2, "missing")]
    [InlineData(3, "missing")]
    [InlineData(4, "missing")] // the last: the marks know of it
    public async Task A_segment_that_is_taken_out_is_missed(int number, string says)
    {
        var disk = await SmallJournal.MakeAsync();
        foreach (var name in SmallJournal.FilesOf(disk).Where(name => name.Contains($"{number:D10}")))
            disk.Remove(name);
        var found = JournalCheck.Verify(disk).Breaks;
        Assert.Contains(says, Assert.Single(found).What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_past_that_is_gone_is_a_break_where_the_chain_does_not_say_that_it_was_to_go()
    {
        var disk = await SmallJournal.MakeAsync();
        foreach (var name in SmallJournal.FilesOf(disk).Where(name => name.Contains("0000000001")))
            disk.Remove(name);
        var report = JournalCheck.Verify(disk);
        Assert.Contains("what was before segment 2 is gone", Assert.Single(report.Breaks).What,
            StringComparison.Ordinal);
        Assert.Equal(2, report.FirstSegment);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_records_that_changed_places_break_the_chain(bool inRecords)
    {
        var disk = await SmallJournal.MakeAsync();
        var (number, name) = inRecords ? (3, JournalFiles.Record(3)) : (4, JournalFiles.Segment(4));
        SmallJournal.SwapTwins(disk, number, name, inRecords);
        var breaks = JournalCheck.Verify(disk).Breaks;
        var found = Assert.Single(breaks, one => one.What.Contains("the chain breaks", StringComparison.Ordinal));
        Assert.Equal((number, number), (breaks[0].At.Segment, found.At.Segment));
        Assert.NotNull(found.After);
    }

    [Fact]
    public async Task A_body_put_in_the_place_of_another_with_all_its_sums_is_found_beside_its_record()
    {
        var disk = await SmallJournal.MakeAsync();
        // The segment with holes: its chain is read in its record segment, which stays as it was.
        SmallJournal.Forge(disk, segment: 2, "mail 4", "mall 4");
        var found = Assert.Single(JournalCheck.Verify(disk).Breaks);
        Assert.Equal((2, new MailId(4)), (found.At.Segment, found.Mail));
        Assert.Contains("records say", found.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_break_is_told_with_its_mail_and_the_instants_around_it()
    {
        var disk = await SmallJournal.MakeAsync();
        var piece = SmallJournal.PieceOf(disk, mail: 6);
        disk.FlipBit(JournalFiles.Segment(piece.Segment), piece.Offset + 3);
        var found = Assert.Single(JournalCheck.Verify(disk).Breaks);
        Assert.Equal(new MailId(6), found.Mail); // of a piece that went ahead of the record that names it
        Assert.True(found.After <= found.Before);
    }

    [Fact]
    public async Task What_a_kill_left_unfinished_is_no_break_but_what_was_synced_is_missed()
    {
        var disk = new SimulatedDisk(new Random(5));
        var journal = Opened.New(disk);
        await journal.AppendAsync(Mails.Mail(1, 100), urgent: true).Soon();
        await journal.AppendBodyPieceAsync(Mails.Body(2, 300)).Soon(); // written, never synced
        disk = disk.Kill();
        Assert.Empty(JournalCheck.Verify(disk).Breaks);
        Assert.False(JournalCheck.Verify(disk).EndsInOrder);
        disk.FlipBit(JournalFiles.Segment(1), JournalCheck.Verify(disk).Head.Offset - 20);
        var afterKill = JournalCheck.Verify(disk);
        Assert.True(afterKill.IsSound); // of what nobody was promised
        using (var file = disk.Open(JournalFiles.Segment(1), create: false))
            file.Truncate(SegmentHeader.Size + 200);
        Assert.Contains("not found", JournalCheck.Verify(disk).Breaks[^1].What, StringComparison.Ordinal);
    }
}

/// <summary>A journal of four lives with all there can be in it, in a few kilobytes.</summary>
internal static class SmallJournal
{
    public const int Mailed = 10;
    public const long Records = 15; // two pieces of a body among them

    public static readonly JournalSettings Settings = new() { SegmentSize = 64 << 10, MarksSize = 64, ZeroAhead = 0 };

    public static async Task<SimulatedDisk> MakeAsync()
    {
        var disk = new SimulatedDisk(new Random(7));
        await using (var first = Open(disk, []))
        {
            await AcceptAsync(first, 1);
            await first.AppendAsync([Text(2), new Entry(Mails.Settled(2))], urgent: true).Soon();
        }

        await using (var second = Open(disk, []))
        {
            await second.AppendAsync(Mails.Mail(3, 9_000), urgent: true).Soon();
            await AcceptAsync(second, 4);
            await second.AppendAsync(new Entry(new DirectedRecord(Mails.Noon, Happening.Held,
                [new Target(new MailId(4), 0)], "anna", null)), urgent: true).Soon();
        }

        await using (var third = Open(disk, []))
        {
            await third.AppendAsync([Twin(5), Twin(5)], urgent: true).Soon();
            var whole = Mails.Body(6, 700);
            var ahead = await third.AppendBodyPieceAsync(whole.AsMemory(0, 300)).Soon();
            var more = await third.AppendBodyPieceAsync(whole.AsMemory(300, 301)).Soon();
            await third.AppendAsync(new Entry(Mails.Accepted(6, 700, ahead, more), whole.AsMemory(601)), urgent: true)
                .Soon();
            await third.TidiedAsync().Soon();
            var live = PieceOf(disk, 4).Offset; // before files go
            third.ReleaseBodies(1);
            await third.CompactAsync(2, new HashSet<int> { live }).Soon();
        }

        await using (var last = Open(disk, []))
        {
            await last.TidiedAsync().Soon();
            await last.AppendAsync(new Entry(new NotedRecord(new TrailEvent(Mails.Noon, EventKind.Reloaded, null, null)
                { Who = "anna" })), urgent: true).Soon();
            await last.AppendAsync([Twin(8), Twin(8)], urgent: true).Soon();
            await AcceptAsync(last, 9);
        }

        Assert.DoesNotContain("0000000001.seg", disk.List("journal"));
        return disk;
    }

    public static IReadOnlyList<string> FilesOf(SimulatedDisk disk) =>
    [
        .. disk.List("journal").Select(name => "journal/" + name), .. disk.List("records").Select(n => "records/" + n),
    ];

    /// <summary>Every octet that is not given back, up to the end.</summary>
    public static IEnumerable<long> Meaningful(SimulatedDisk disk, string name, long length)
    {
        var (segment, from, to) = Hole(disk);
        for (long at = 0; at < length; at++)
            if (name != JournalFiles.Segment(segment) || at < from || at >= to)
                yield return at;
    }

    public static (int Segment, int From, int To) Hole(SimulatedDisk disk)
    {
        var (offset, length) = Assert.Single(FreeList.Read(disk, 2).Ranges);
        return (2, offset, offset + length);
    }

    public static BodyPiece PieceOf(SimulatedDisk disk, int mail)
    {
        foreach (var known in Catalogue.Read(disk, []).Segments)
        {
            using var reader = known.OpenRecords(disk);
            while (!reader.IsAtEnd && reader.TryRead(withBody: false))
                if (reader.Kind == FrameKind.Accepted && reader.Decode() is AcceptedRecord accepted
                    && accepted.Id == new MailId(mail))
                    return accepted.Pieces[0];
        }

        throw new InvalidOperationException("no such mail");
    }

    /// <summary>Puts each of two neighbours of the same length where the other was, with sums that are right
    /// there.</summary>
    public static void SwapTwins(SimulatedDisk disk, int number, string name, bool inRecords)
    {
        using var file = disk.Open(name, create: false);
        var header = SegmentHeader.Read(file)!;
        var known = Catalogue.Read(disk, []).Segments.First(one => one.Number == number);
        var frames = new List<(int File, int Offset, byte[] Head, byte[] Body)>();
        using (var reader = inRecords ? known.OpenRecordSegment(disk) : known.OpenSegment(disk))
            while (frames.Count < 2 && !reader.IsAtEnd)
            {
                var at = reader.Next + (inRecords ? 8 : 0);
                Assert.True(reader.TryRead(withBody: false));
                if (reader.Kind == FrameKind.Accepted)
                    frames.Add((at, reader.At.Offset, reader.Head.ToArray(),
                        reader.IsBodyLeftBehind ? [] : reader.Body.ToArray()));
            }

        Assert.Equal(frames[0].Head.Length, frames[1].Head.Length);
        for (var i = 0; i < 2; i++)
        {
            var (here, there) = (frames[i], frames[1 - i]);
            Frame.Place(there.Head, header.Seed, here.Offset);
            file.Write(here.File, [there.Head, there.Body]);
        }
    }

    /// <summary>As somebody would who knows how records are written, but not what the chain is for.</summary>
    public static void Forge(SimulatedDisk disk, int segment, string from, string to)
    {
        using var file = disk.Open(JournalFiles.Segment(segment), create: false);
        var known = Catalogue.Read(disk, []).Segments.First(one => one.Number == segment);
        using var reader = known.OpenSegment(disk);
        reader.StepTo(PieceOf(disk, 4).Offset - HeadOf(disk, known));
        Assert.True(reader.TryRead(withBody: true));
        var (head, body) = (reader.Head.ToArray(), reader.Body.ToArray());
        var at = body.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(from));
        System.Text.Encoding.ASCII.GetBytes(to).CopyTo(body, at);
        Frame.BodyDigestOf(head.AsSpan(24, Frame.SaltSize), body, head.AsSpan(Frame.HeaderSize, Frame.DigestSize));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), Crc32C.Of(head.AsSpan(24)));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(16), Crc32C.Of(body));
        Frame.Place(head, known.Header.Seed, reader.At.Offset);
        file.Write(reader.At.Offset, [head, body]);
    }

    private static int HeadOf(SimulatedDisk disk, KnownSegment known)
    {
        using var records = known.OpenRecordSegment(disk);
        while (records.TryRead(withBody: false))
            if (records.Kind == FrameKind.Accepted && records.Decode() is AcceptedRecord { Id.Value: 4 })
                return records.HeadLength;
        throw new InvalidOperationException("no such mail");
    }

    private static Postroom.Relay.Spool.Journal.MailJournal Open(SimulatedDisk disk, List<JournalRecord> read)
    {
        var journal = Postroom.Relay.Spool.Journal.MailJournal.Open(disk, Settings, TimeProvider.System,
            new RealThreads());
        journal.Recover(null, (_, record) => read.Add(record));
        return journal;
    }

    private static Task AcceptAsync(Postroom.Relay.Spool.Journal.MailJournal journal, int number) =>
        journal.AppendAsync(Text(number), urgent: true).Soon();

    private static Entry Text(int number)
    {
        var text = System.Text.Encoding.ASCII.GetBytes($"Subject: mail {number}\r\n\r\nhello\r\n");
        return new Entry(Mails.Accepted(number, text.Length), text);
    }

    private static Entry Twin(int number) => Text(number);
}
