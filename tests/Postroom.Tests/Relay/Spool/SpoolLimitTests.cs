using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail.Status;
using Postroom.Shared;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Spool.Journal;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>Promise 9: everything is bounded, and what was accepted does not suffer.</summary>
public sealed class SpoolLimitTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-limit").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Below_the_floor_of_free_space_nothing_is_accepted_until_there_is_clearly_more()
    {
        await using var world = new SimulatedWorld(seed: 9);
        var spool = await world.OpenAsync();
        var floor = world.Settings.FreeSpaceFloor;
        foreach (var (free, refusal) in new[]
                 {
                     (8 * floor, Refusal.None), (floor - 1, Refusal.DiskFull), (floor + 1, Refusal.DiskFull),
                     (8 * floor, Refusal.None),
                 })
        {
            world.Disk.FreeSpace = free;
            world.Time.Advance(TimeSpan.FromMilliseconds(100));
            Assert.Equal((refusal, refusal == Refusal.None),
                ((await spool.HandOverAsync("bob@a.test")).Refusal, spool.HasRoom));
        }

        _ = await spool.LeaseOneAsync("a");
        _ = await spool.LeaseOneAsync("a");
        await spool.AssertNothingDueAsync("a");
    }

    [Fact]
    public async Task Where_the_index_cannot_keep_up_intake_waits_for_it_and_then_says_so()
    {
        var (disk, clock) = (new SimulatedDisk(new Random(9)), new FakeTimeProvider());
        var stuck = new TaskCompletionSource();
        var place = new SpoolPlace(disk, Path.Combine(_folder, SpoolOpening.LedgerFile), null)
        {
            Offload = async what =>
            {
                await stuck.Task;
                what();
            },
        };
        var spool = await SpoolOpening.OpenAsync(
            place, new SpoolSettings { SegmentSize = 1 << 20, IndexLag = 4, AnswerWithin = TimeSpan.FromDays(40) },
            (_, _, _) => "a", clock, NullLogger.Instance);
        var taken = new List<Acceptance>();
        while (taken.Count == 0 || taken[^1].Refusal == Refusal.None)
        {
            var handingOver = spool.HandOverAsync("bob@a.test");
            if (taken.Count > 4)
                await PassUntilAsync(clock, handingOver);
            taken.Add(await handingOver);
            Assert.True(taken.Count < 100, "there is no bound");
        }

        Assert.Equal(Refusal.QueueFull, taken[^1].Refusal);
        // All that was written is what is behind: more than the bound, and no more than those mails and the start.
        Assert.InRange(spool.Index.Behind, 5, 2 * taken.Count + 4);
        stuck.SetResult();
        Assert.Equal(Refusal.None, (await spool.HandOverAsync("bob@a.test")).Refusal);
        for (var i = 0; i < taken.Count; i++)
            _ = await spool.LeaseOneAsync("a"); // the refused one is not among them, the last one is
        await PassUntilAsync(clock, spool.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Bodies_of_mail_that_waits_outlive_those_that_nobody_needs_any_more()
    {
        await using var world = new SimulatedWorld(seed: 9);
        world.Settings = world.Settings with { SegmentSize = 256 << 10, BodyMemory = 0 };
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test", "Subject: kept\r\n\r\nhello\r\n");
        using var enough = new CancellationTokenSource(Patience);
        while (NumbersIn(world) is var numbers && numbers[^1] == numbers.Count)
        {
            Assert.False(enough.IsCancellationRequested, "no segment was given back");
            await DeliverAsync(world, spool);
        }

        var kept = await spool.LeaseOneAsync("a");
        Assert.EndsWith("Subject: kept\r\n\r\nhello\r\n", await kept.Content.TextAsync());
    }

    [Fact]
    public async Task A_body_that_takes_long_to_come_is_there_when_its_mail_is_accepted()
    {
        await using var world = new SimulatedWorld(seed: 9);
        world.Settings = world.Settings with { SegmentSize = 256 << 10, BodyMemory = 0 };
        var spool = await world.OpenAsync();
        using var slow = spool.OpenBody();
        var body = new string('y', 100_000);
        Encoding.ASCII.GetBytes(body, slow.GetSpan(body.Length));
        slow.Advance(body.Length);
        await slow.FlushAsync(TestContext.Current.CancellationToken); // its first piece is in the journal now
        while (NumbersIn(world)[^1] < 8)
            await DeliverAsync(world, spool); // so that all before it could be given back
        await spool.AcceptAsync(Mails.Draft(slow, "bob@a.test"), TestContext.Current.CancellationToken);
        Assert.EndsWith("\n" + body, await (await spool.LeaseOneAsync("a")).Content.TextAsync());
    }

    private static async Task PassUntilAsync(FakeTimeProvider clock, Task done)
    {
        while (!done.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    private static List<int> NumbersIn(SimulatedWorld world) =>
        JournalFiles.NumbersIn(world.Disk, JournalFiles.Segments, ".seg");

    private static async Task DeliverAsync(SimulatedWorld world, EmbeddedSpool spool)
    {
        await spool.HandOverAsync("bob@b.test", new string('x', 20_000));
        var lease = await spool.LeaseOneAsync("b");
        await spool.SettleAsync(
            new Settlement(lease, [new Verdict(0, Happening.Accepted) { Reply = "250 ok" }], null, []));
        world.Time.Advance(TimeSpan.FromSeconds(11)); // it looks again what can go
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
    }
}
