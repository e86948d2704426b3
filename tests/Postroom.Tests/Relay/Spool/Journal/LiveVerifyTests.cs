using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Shared;
using Xunit;
using OpenJournal = Postroom.Relay.Spool.Journal.MailJournal;

namespace Postroom.Tests.Relay.Spool.Journal;

/// <summary>A journal is verified while it is written to and tidied up, and neither is in the other's way.</summary>
public sealed class LiveVerifyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-live-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Beside_a_writer_and_housekeeping_it_is_sound_each_time_up_to_where_it_was(bool onRealDisk)
    {
        IDisk disk = onRealDisk ? new RealDisk(_folder) : new SimulatedDisk(new Random(9));
        await using var journal = Opened.New(disk);
        using var stop = new CancellationTokenSource();
        var writing = WriteAsync(journal, stop.Token);
        var tidying = TidyAsync(journal, stop.Token);
        var before = new Position();
        for (var round = 0; round < 25 || before.Segment <= 3; round++) // until there was something to tidy up
        {
            var since = journal.Head.End;
            var report = await journal.VerifyAsync(new ChainWitness(), CancellationToken.None).Soon();
            Assert.True(report.IsSound, string.Join('\n', report.Breaks));
            Assert.True(report.Head >= since && report.Head >= before);
            before = report.Head;
        }

        stop.Cancel();
        await writing.Soon();
        await tidying.Soon();
    }

    [Fact]
    public async Task While_it_reads_nothing_is_given_back_and_after_it_all_is()
    {
        var disk = new RealDisk(_folder);
        await using var journal = Opened.New(disk);
        for (var i = 1; i <= 20; i++)
            await journal.AppendAsync(Mails.Mail(i, 9_000), urgent: true).Soon();
        await journal.TidiedAsync().Soon();
        var full = journal.Segments.Where(one => one.Releasable).Select(one => one.Number).ToList();
        var releasing = new Releasing(journal, disk, full);
        var report = await journal.VerifyAsync(new ChainWitness { Sealed = releasing.Sealed }, CancellationToken.None)
            .Soon();
        Assert.Empty(report.Breaks);
        Assert.Equal(full.Count, releasing.StillThere);
        await releasing.Compacting!.Soon();
        await journal.TidiedAsync().Soon();
        Assert.DoesNotContain(JournalFiles.NumbersIn(disk, "journal", ".seg"), full.Skip(1).Contains);
    }

    [Fact]
    public async Task A_break_is_found_beside_the_writer_too()
    {
        var disk = new SimulatedDisk(new Random(3));
        await using var journal = Opened.New(disk);
        var mail = Mails.Mail(1, 500);
        await journal.AppendAsync(mail, urgent: true).Soon();
        disk.FlipBit(JournalFiles.Segment(1), mail.Position.Offset + 50);
        var report = await journal.VerifyAsync(new ChainWitness(), CancellationToken.None).Soon();
        Assert.Equal(mail.Position, Assert.Single(report.Breaks).At);
    }

    [Fact]
    public async Task It_can_be_given_up()
    {
        await using var journal = Opened.New(new SimulatedDisk(new Random(3)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            journal.VerifyAsync(new ChainWitness(), new CancellationToken(canceled: true)).Soon());
        Assert.True((await journal.VerifyAsync(new ChainWitness(), CancellationToken.None).Soon()).IsSound);
    }

    private static async Task WriteAsync(OpenJournal journal, CancellationToken stop)
    {
        for (var i = 1; !stop.IsCancellationRequested; i++)
        {
            await journal.AppendBodyPieceAsync(Mails.Body(i, 2_000)).Soon();
            await journal.AppendAsync(Mails.Mail(i, 6_000), urgent: true).Soon();
        }
    }

    private static async Task TidyAsync(OpenJournal journal, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await journal.TidiedAsync().Soon();
            var releasable = journal.Segments.Where(one => one.Releasable).Select(one => one.Number).ToList();
            for (var i = 0; i < releasable.Count; i++)
                if (i % 2 == 0)
                    journal.ReleaseBodies(releasable[i]);
                else
                    await journal.CompactAsync(releasable[i], new HashSet<int>()).Soon();
            await Task.Yield();
        }
    }

    // In the middle of the reading somebody has no use for the bodies any more.
    private sealed class Releasing(OpenJournal journal, IDisk disk, List<int> full)
    {
        public int StillThere { get; private set; }

        public Task? Compacting { get; private set; }

        public void Sealed(ChainHead _)
        {
            if (Compacting is not null)
                return;
            Compacting = journal.CompactAsync(full[0], new HashSet<int>());
            foreach (var number in full.Skip(1))
                journal.ReleaseBodies(number);
            journal.TidiedAsync().Wait(TimeSpan.FromSeconds(30)); // releases would come before that
            StillThere = JournalFiles.NumbersIn(disk, "journal", ".seg").Count(full.Contains);
        }
    }
}
