using System.Buffers.Binary;
using System.Text;
using Postroom.Mail;
using Postroom.Shared;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Xunit;

namespace Postroom.Tests.Relay.Spool.Journal;

/// <summary>What a journal promises on any disk. Inherited once for each.</summary>
public abstract class JournalSuite
{
    private protected abstract IDisk Disk { get; }

    [Fact]
    public async Task What_was_appended_comes_back_in_order_with_its_body()
    {
        await using (var journal = Opened.New(Disk))
            for (var i = 1; i <= 20; i++)
                await journal.AppendAsync(Mails.Mail(i, i * 100), urgent: i % 2 == 0).Soon();
        var read = new List<JournalRecord>();
        await using var again = Opened.At(Disk, out var recovery, read);
        Assert.Equal(Enumerable.Range(1, 20), read.Select(Mails.NumberOf));
        foreach (var mail in read.Cast<AcceptedRecord>())
            Assert.Equal(Mails.Body(Mails.NumberOf(mail), (int)mail.Size), Opened.BodyOf(again, mail));
        Assert.True(recovery.CleanStop);
        Assert.Equal((20, new MailId(20), 0L), (recovery.Records, recovery.LastId, recovery.CutBytes));
        Assert.Empty(recovery.Damage);
    }

    [Fact]
    public async Task The_index_gets_what_is_durable_in_order_and_goes_on_from_there()
    {
        var taken = new List<Entry>();
        await using (var journal = Opened.New(Disk))
        {
            for (var i = 1; i <= 10; i++)
                await journal.AppendAsync([Mails.Mail(i, 10), new Entry(new RevokedRecord(new MailId(i), Mails.Noon))],
                    urgent: true);
            Assert.Equal(20, journal.DurableNotTaken);
            while (taken.Count < 10)
                taken.AddRange(await journal.TakeDurableAsync(3, CancellationToken.None).AsTask().Soon());
        }

        Assert.True(taken.Zip(taken.Skip(1)).All(pair => pair.First.Position < pair.Second.Position));
        Assert.All(taken, entry => Assert.True(entry.InlineBody.IsEmpty));
        var read = new List<JournalRecord>();
        await using (Opened.At(Disk, out _, read, taken[^1].Position))
            Assert.Equal(20 - taken.Count, read.Count);
    }

    [Fact]
    public async Task Whoever_waits_for_the_durable_is_woken_and_may_give_up()
    {
        await using var journal = Opened.New(Disk);
        using var stop = new CancellationTokenSource();
        var givenUp = journal.TakeDurableAsync(1, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        var waiting = journal.TakeDurableAsync(1, CancellationToken.None).AsTask();
        await journal.AppendAsync(Mails.Mail(1, 1), urgent: false);
        Assert.Equal(1, Mails.NumberOf((await waiting.Soon())[0].Record));
    }

    [Fact]
    public async Task Pieces_that_went_ahead_and_the_rest_make_one_body()
    {
        await using var journal = Opened.New(Disk);
        var whole = Mails.Body(7, 50_000);
        var first = await journal.AppendBodyPieceAsync(whole.AsMemory(0, 20_000)).Soon();
        var second = await journal.AppendBodyPieceAsync(whole.AsMemory(20_000, 20_000)).Soon();
        var mail = Mails.Accepted(7, 50_000, first, second);
        await journal.AppendAsync(new Entry(mail, whole.AsMemory(40_000)), urgent: true).Soon();
        Assert.Equal(3, mail.Pieces.Count);
        Assert.Equal(whole, Opened.BodyOf(journal, mail));
    }

    [Fact]
    public async Task Full_segments_are_retired_copied_and_released_and_nothing_but_bodies_is_gone()
    {
        await using (var journal = Opened.New(Disk))
        {
            for (var i = 1; i <= 30; i++)
                await journal.AppendAsync(Mails.Mail(i, 10_000), urgent: true).Soon();
            Assert.True(journal.Segments.Count >= 5);
        }

        await using (var journal = await WithAllReleased())
            Assert.Single(journal.Segments);
        var read = new List<JournalRecord>();
        await using (var journal = Opened.At(Disk, out var recovery, read))
        {
            Assert.Equal(Enumerable.Range(1, 30), read.Select(Mails.NumberOf));
            Assert.Empty(recovery.Damage);
            Assert.Throws<DamagedBodyException>(() => Opened.BodyOf(journal, (AcceptedRecord)read[0]));
            Assert.Throws<InvalidOperationException>(() => journal.ReleaseBodies(journal.Segments[^1].Number));
        }

        var report = JournalCheck.Verify(Disk);
        Assert.Empty(report.Breaks);
        Assert.True(report.Records >= 30);
    }

    [Fact]
    public async Task A_used_segment_is_used_again_and_its_past_never_comes_back()
    {
        for (var round = 0; round < 4; round++)
        {
            await using (var journal = Opened.New(Disk))
                for (var i = 1; i <= 12; i++)
                    await journal.AppendAsync(Mails.Mail((round * 12) + i, 9_000), urgent: true).Soon();
            await (await WithAllReleased()).DisposeAsync();
        }

        var read = new List<JournalRecord>();
        await using (Opened.At(Disk, out var recovery, read))
            Assert.Empty(recovery.Damage);
        Assert.Equal(Enumerable.Range(1, 48), read.Select(Mails.NumberOf));
    }

    [Fact]
    public async Task What_does_not_fit_in_a_segment_is_refused_and_the_journal_goes_on()
    {
        await using var journal = Opened.New(Disk);
        await Assert.ThrowsAsync<ArgumentException>(() => journal.AppendAsync(Mails.Mail(1, 64 << 10), urgent: true));
        await journal.AppendAsync(Mails.Mail(2, 100), urgent: true).Soon();
    }

    [Fact]
    public async Task A_flipped_bit_in_a_body_is_found_when_it_is_read_and_by_the_check()
    {
        var mail = Mails.Accepted(1, 5_000);
        await using (var journal = Opened.New(Disk))
            await journal.AppendAsync(new Entry(mail, Mails.Body(1, 5_000)), urgent: true).Soon();
        FlipBit(mail.Pieces[0].Segment, mail.Pieces[0].Offset + 4_000);
        Assert.Contains(JournalCheck.Verify(Disk).Breaks, found =>
            found.What.Contains("body", StringComparison.Ordinal));
        var read = new List<JournalRecord>();
        await using var again = Opened.At(Disk, out var recovery, read);
        Assert.Single(recovery.Damage);
        Assert.Throws<DamagedBodyException>(() => Opened.BodyOf(again, (AcceptedRecord)Assert.Single(read)));
    }

    [Fact]
    public async Task A_flipped_bit_in_a_record_costs_that_record_alone_and_is_reported_and_kept()
    {
        var entries = Enumerable.Range(1, 5).Select(i => Mails.Mail(i, 100)).ToArray();
        await using (var journal = Opened.New(Disk))
            foreach (var entry in entries)
                await journal.AppendAsync(entry, urgent: true).Soon();
        FlipBit(entries[2].Position.Segment, entries[2].Position.Offset + 60);
        var read = new List<JournalRecord>();
        await using (Opened.At(Disk, out var recovery, read))
            Assert.NotNull(Assert.Single(recovery.Damage).KeptAs);
        Assert.Equal([1, 2, 4, 5], read.Select(Mails.NumberOf));
        Assert.False(JournalCheck.Verify(Disk).IsSound);
    }

    [Fact]
    public async Task A_record_rewritten_with_all_its_sums_right_breaks_the_chain()
    {
        var entries = Enumerable.Range(1, 5).Select(i => Mails.Mail(i, 100)).ToArray();
        await using (var journal = Opened.New(Disk))
            foreach (var entry in entries)
                await journal.AppendAsync(entry, urgent: true).Soon();
        Rewrite(entries[2].Position, "alice@example.org", "mally@example.org");
        var found = Assert.Single(JournalCheck.Verify(Disk).Breaks);
        Assert.Contains("chain", found.What, StringComparison.Ordinal);
        Assert.True(entries[2].Position < found.At && found.At < entries[3].Position);
    }

    [Fact]
    public async Task Unknown_files_are_moved_away_and_a_segment_never_begun_is_none()
    {
        await using (var journal = Opened.New(Disk))
            await journal.AppendAsync(Mails.Mail(1, 100), urgent: true).Soon();
        Put("journal/core.1234", [1, 2, 3]);
        Put("journal/0000000099.seg", new byte[8192]);
        Put("records/0000000098.tmp", [1]);
        var read = new List<JournalRecord>();
        await using (Opened.At(Disk, out var recovery, read))
            Assert.Equal("quarantine/core.1234", Assert.Single(recovery.Damage).KeptAs);
        Assert.Equal([1], read.Select(Mails.NumberOf));
        Assert.DoesNotContain("0000000099.seg", Disk.List("journal"));
    }

    [Fact]
    public async Task A_newer_format_is_refused_with_advice()
    {
        await Opened.New(Disk).DisposeAsync();
        using (var file = Disk.Open("journal/0000000001.seg", create: false))
        {
            var header = SegmentHeader.Read(file)! with { Version = SegmentHeader.CurrentVersion + 1 };
            file.Write(0, [header.ToBlock()]);
        }

        var refused = Assert.Throws<SpoolUnusableException>(() => Opened.New(Disk));
        Assert.Contains("newer Postroom", refused.Message, StringComparison.Ordinal);
    }

    private void FlipBit(int segment, long offset)
    {
        using var file = Disk.Open(JournalFiles.Segment(segment), create: false);
        var octet = new byte[1];
        file.Read(offset, octet);
        octet[0] ^= 1;
        file.Write(offset, [octet]);
    }

    // As somebody would who knows how records are written.
    private void Rewrite(Position at, string from, string to)
    {
        using var file = Disk.Open(JournalFiles.Segment(at.Segment), create: false);
        var head = new byte[Frame.HeaderSize];
        file.Read(at.Offset, head);
        head = new byte[Frame.HeaderSize + BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4))];
        file.Read(at.Offset, head);
        Encoding.ASCII.GetBytes(to).CopyTo(head, head.AsSpan().IndexOf(Encoding.ASCII.GetBytes(from)));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(12), Crc32C.Of(head.AsSpan(24)));
        Frame.Place(head, SegmentHeader.Read(file)!.Seed, at.Offset);
        file.Write(at.Offset, [head]);
    }

    private void Put(string name, byte[] content)
    {
        using var file = Disk.Open(name, create: true);
        file.Write(0, [content]);
    }

    // A start copies what an earlier life left; its end waits for what is under way, not for all: so start until done.
    private async Task<Postroom.Relay.Spool.Journal.MailJournal> WithAllReleased()
    {
        while (true)
        {
            var journal = Opened.New(Disk);
            await journal.TidiedAsync().Soon(); // else it may be closed again before anything is releasable, for ever
            foreach (var segment in journal.Segments)
                if (segment.Releasable)
                    journal.ReleaseBodies(segment.Number);
            if (journal.Segments.Count == 1)
                return journal;
            await journal.DisposeAsync();
        }
    }
}

public sealed class JournalOnSimulatedDiskTests : JournalSuite
{
    private protected override IDisk Disk { get; } = new SimulatedDisk(new Random(42));
}

public sealed class JournalOnRealDiskTests : JournalSuite, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-journal").FullName;

    public JournalOnRealDiskTests() => Disk = new RealDisk(_folder);

    private protected override IDisk Disk { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
