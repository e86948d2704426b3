using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>
/// However little of a lane is in memory: what is due comes, and nothing stands behind mail that is due later.
/// </summary>
public sealed class LaneOrderTests
{
    private static readonly int[] Waits = [1, 10, 120, 1200]; // minutes

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Nothing_stands_behind_a_full_window_of_later_mail(int minutes)
    {
        await using var world = new SimulatedWorld(seed: 3) { Settings = Small(window: 8) };
        var spool = await world.OpenAsync();
        for (var i = 0; i < 30; i++)
            await DeferAsync(spool, await HandOverAsync(spool), world.Time.GetUtcNow().AddHours(20));

        var id = await HandOverAsync(spool);
        if (minutes > 0)
            await DeferAsync(spool, id, world.Time.GetUtcNow().AddMinutes(minutes));
        world.Time.Advance(TimeSpan.FromMinutes(minutes));
        Assert.Equal(id, (await spool.LeaseOneAsync("a")).Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Whatever_happens_what_is_due_comes_and_nothing_else(int seed)
    {
        var dice = new Random(seed);
        await using var world = new SimulatedWorld(seed) { Settings = Small(window: dice.Next(1, 9)) };
        var spool = await world.OpenAsync();
        var due = new Dictionary<MailId, DateTimeOffset>();
        for (var step = 0; step < 400; step++)
            switch (dice.Next(100))
            {
                case < 45:
                    due.Add(await HandOverAsync(spool), world.Time.GetUtcNow());
                    break;
                case < 90:
                    await TryOneAsync(spool, world, due, dice);
                    break;
                case < 97:
                    world.Time.Advance(TimeSpan.FromMinutes(Waits[dice.Next(3)] / 2.0));
                    break;
                case 97:
                    await spool.PauseAsync("a", Mails.Greylisted);
                    await spool.ResumeAsync("a");
                    break;
                case 98:
                    await spool.RouteByAsync(world.LaneOf, TestContext.Current.CancellationToken);
                    break;
                default:
                    world.Kill();
                    spool = await world.OpenAsync();
                    break;
            }

        world.Time.Advance(TimeSpan.FromDays(1));
        while (due.Count > 0)
            Assert.True(due.Remove((await spool.LeaseOneAsync("a")).Id));
    }

    private static SpoolSettings Small(int window) =>
        new() { SegmentSize = 1 << 20, FreeSpaceFloor = 1 << 20, Window = window };

    private static async Task TryOneAsync(
        EmbeddedSpool spool, SimulatedWorld world, Dictionary<MailId, DateTimeOffset> due, Random dice)
    {
        var now = world.Time.GetUtcNow();
        if (!due.Values.Any(d => d <= now))
            return;
        var lease = await spool.LeaseOneAsync("a");
        Assert.InRange(due[lease.Id], DateTimeOffset.MinValue, world.Time.GetUtcNow());
        due.Remove(lease.Id);
        if (dice.Next(3) == 0)
        {
            await spool.SettleAsync(new Settlement(lease, [new Verdict(0, Happening.Accepted)], null, []));
            return;
        }

        due[lease.Id] = world.Time.GetUtcNow().AddMinutes(Waits[dice.Next(Waits.Length)]);
        await spool.SettleAsync(Mails.Deferred(lease, due[lease.Id]));
    }

    private static async Task<MailId> HandOverAsync(EmbeddedSpool spool) =>
        (await spool.HandOverAsync("bob@a.test")).Receipt!.Id;

    private static async Task DeferAsync(EmbeddedSpool spool, MailId id, DateTimeOffset due)
    {
        var lease = await spool.LeaseOneAsync("a");
        Assert.Equal(id, lease.Id);
        await spool.SettleAsync(Mails.Deferred(lease, due));
    }
}
