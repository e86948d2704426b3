using Postroom.Shared;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Xunit;
using OpenJournal = Postroom.Relay.Spool.Journal.MailJournal;

namespace Postroom.Tests.Relay.Spool.Journal;

/// <summary>Space of dead bodies is given back while live ones stand beside them, and nothing else is lost.</summary>
public sealed class CompactionTests : IDisposable
{
    private const int All = 30;
    private const int Octets = 10_000; // six in a segment of 64 KB

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-compact").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_needed_stays_and_the_rest_goes_and_all_of_it_verifies(bool onRealDisk)
    {
        IDisk disk = onRealDisk ? new RealDisk(_folder) : new SimulatedDisk(new Random(1));
        await FillAsync(disk);
        long given;
        await using (var journal = ReadyToRelease(disk, out var mails))
        {
            await CompactAsync(journal, mails, number => number % 3 == 0);
            AssertHolds(journal, mails, number => number % 3 == 0);
            given = journal.Segments.Sum(segment => segment.GivenBack);
            Assert.InRange(given, All / 2 * Octets, All * Octets);
        }

        Assert.Empty(JournalCheck.Verify(disk).Breaks);
        await using (var again = ReadyToRelease(disk, out var mails))
        {
            Assert.Equal(given, again.Segments.Sum(segment => segment.GivenBack));
            await CompactAsync(again, mails, number => number % 6 == 0);
            AssertHolds(again, mails, number => number % 6 == 0);
            Assert.True(again.Segments.Sum(segment => segment.GivenBack) > given);
        }

        Assert.Empty(JournalCheck.Verify(disk).Breaks);
    }

    [Fact]
    public async Task On_a_real_disk_holes_take_no_space()
    {
        var disk = new RealDisk(_folder);
        await FillAsync(disk);
        await using var journal = ReadyToRelease(disk, out var mails);
        var before = Taken();
        await CompactAsync(journal, mails, number => number == 3);
        Assert.InRange(before - Taken(), All / 2 * Octets, All * Octets);
    }

    [Fact]
    public async Task A_segment_with_holes_goes_with_its_list_and_is_not_used_again()
    {
        var disk = new SimulatedDisk(new Random(2));
        await FillAsync(disk);
        await using (var journal = ReadyToRelease(disk, out var mails))
        {
            await CompactAsync(journal, mails, number => number % 3 == 0);
            foreach (var segment in journal.Segments.Where(segment => segment.Releasable))
                journal.ReleaseBodies(segment.Number);
        }

        Assert.DoesNotContain(disk.List(JournalFiles.Records),
            name => name.EndsWith(".free", StringComparison.Ordinal));
        Assert.DoesNotContain("spare", disk.List(JournalFiles.Segments));
    }

    [Fact]
    public async Task A_list_whose_segment_is_gone_goes_at_the_next_start()
    {
        var disk = new SimulatedDisk(new Random(3));
        await FillAsync(disk);
        var list = new FreeList();
        list.Add(4096, 8192);
        list.Write(disk, segment: 900);
        await using var journal = Opened.At(disk, out var recovery, []);
        Assert.DoesNotContain("0000000900.free", disk.List(JournalFiles.Records));
        Assert.Empty(recovery.Damage);
    }

    [Theory]
    [InlineData(DiskCall.Write)]
    [InlineData(DiskCall.Sync)]
    [InlineData(DiskCall.SyncFolder)]
    public async Task Whenever_it_fails_or_the_power_goes_nothing_that_is_needed_is_lost(DiskCall call)
    {
        var completed = false;
        for (var nth = 1; !completed; nth++)
        {
            var disk = new SimulatedDisk(new Random(nth));
            await FillAsync(disk);
            IReadOnlyList<AcceptedRecord> mails;
            await using (ReadyToRelease(disk, out mails))
                disk = disk.Kill(); // its housekeeping is not in our way
            disk.FailFrom(call, nth, () => new IOException("EIO"));
            try
            {
                Compaction.Run(disk, mails[0].Pieces[0].Segment, Live(mails, mails[0].Pieces[0].Segment, n => n == 2));
                completed = true;
            }
            catch (IOException)
            {
                Assert.InRange(nth, 1, 50);
            }

            foreach (var after in (SimulatedDisk[])[disk.Kill(), disk.PowerCut()])
            {
                var read = new List<JournalRecord>();
                await using (var journal = Opened.At(after, out var recovery, read))
                {
                    Assert.Empty(recovery.Damage);
                    Assert.Equal(Enumerable.Range(1, All), read.Select(Mails.NumberOf));
                    var first = mails[0].Pieces[0].Segment;
                    foreach (var mail in read.Cast<AcceptedRecord>())
                        if (mail.Pieces[0].Segment != first || Mails.NumberOf(mail) == 2)
                            Assert.Equal(Mails.Body(Mails.NumberOf(mail), Octets), Opened.BodyOf(journal, mail));
                }

                Assert.Empty(JournalCheck.Verify(after).Breaks);
            }
        }
    }

    [Fact]
    public async Task A_damaged_body_beside_the_holes_is_still_found()
    {
        var disk = new SimulatedDisk(new Random(4));
        await FillAsync(disk);
        AcceptedRecord kept;
        await using (var journal = ReadyToRelease(disk, out var mails))
        {
            await CompactAsync(journal, mails, number => number % 3 == 0);
            kept = mails[2];
        }

        disk.FlipBit(JournalFiles.Segment(kept.Pieces[0].Segment), kept.Pieces[0].Offset + 17);
        var found = Assert.Single(JournalCheck.Verify(disk).Breaks);
        Assert.Contains("body", found.What, StringComparison.Ordinal);
    }

    private static async Task FillAsync(IDisk disk)
    {
        await using var journal = Opened.New(disk);
        for (var i = 1; i <= All; i++)
            await journal.AppendAsync(Mails.Mail(i, Octets), urgent: true).Soon();
    }

    // A start copies the records that an earlier life left; its end waits for what is under way, not for all.
    private static OpenJournal ReadyToRelease(IDisk disk, out IReadOnlyList<AcceptedRecord> mails)
    {
        while (true)
        {
            var read = new List<JournalRecord>();
            var journal = Opened.At(disk, out _, read);
            mails = [.. read.Cast<AcceptedRecord>()];
            if (journal.Segments.SkipLast(1).All(segment => segment.Releasable))
                return journal;
            journal.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static async Task CompactAsync(
        OpenJournal journal, IReadOnlyList<AcceptedRecord> mails, Predicate<int> isLive)
    {
        foreach (var segment in journal.Segments.Where(segment => segment.Releasable))
            await journal.CompactAsync(segment.Number, Live(mails, segment.Number, isLive)).Soon();
    }

    private static HashSet<int> Live(IReadOnlyList<AcceptedRecord> mails, int segment, Predicate<int> isLive) =>
        [.. from mail in mails
            where isLive(Mails.NumberOf(mail))
            from piece in mail.Pieces
            where piece.Segment == segment
            select piece.Offset];

    private static void AssertHolds(OpenJournal journal, IReadOnlyList<AcceptedRecord> mails, Predicate<int> isLive)
    {
        var releasable = journal.Segments.Where(s => s.Releasable).Select(s => s.Number).ToHashSet();
        foreach (var mail in mails)
            if (isLive(Mails.NumberOf(mail)) || !releasable.Contains(mail.Pieces[0].Segment))
                Assert.Equal(Mails.Body(Mails.NumberOf(mail), Octets), Opened.BodyOf(journal, mail));
            else
                Assert.Throws<DamagedBodyException>(() => Opened.BodyOf(journal, mail));
    }

    private long Taken() =>
        Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories).Sum(RealDisk.OctetsTaken);
}
