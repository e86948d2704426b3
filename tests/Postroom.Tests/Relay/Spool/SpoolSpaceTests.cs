using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>One mail that waits for ever does not keep the space of all that went by it.</summary>
public sealed class SpoolSpaceTests
{
    private const int Octets = 30_000;

    [Fact]
    public async Task Space_of_what_was_delivered_is_given_back_although_a_few_beside_it_wait()
    {
        await using var world = new RealWorld();
        var spool = await world.OpenAsync();
        for (var i = 1; i <= 150; i++)
        {
            await spool.HandOverAsync(i % 50 == 0 ? $"stuck{i}@b.test" : "bob@a.test", Body(i));
            if (i % 50 != 0)
                await DeliverAsync(spool);
        }

        await UntilGivenBackAsync(world, spool);
        await AssertStuckAsync(spool);
    }

    [Fact]
    public async Task Compact_gives_back_all_there_is_and_what_waits_is_still_sent_whole()
    {
        await using var world = new RealWorld();
        var spool = await world.OpenAsync();
        for (var i = 1; i <= 150; i++)
        {
            await spool.HandOverAsync(i % 3 == 0 ? "bob@a.test" : $"stuck{i}@b.test", Body(i));
            if (i % 3 == 0)
                await DeliverAsync(spool); // too few for the spool to go through a segment by itself
        }

        await world.StopAsync(spool);
        Assert.True(world.TakenByBodies() > 125 * Octets);
        spool = await world.OpenAsync();
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        await spool.CompactAsync();
        await world.StopAsync(spool);
        Assert.InRange(world.TakenByBodies(), 100 * Octets, 140 * Octets); // of 150; holes are whole blocks

        await AssertStuckAsync(await world.OpenAsync());
    }

    [Fact]
    public async Task What_is_kept_for_a_while_is_not_thrown_away_because_somebody_sets_the_clock_forward()
    {
        await using var world = new RealWorld();
        var spool = await world.OpenAsync();
        var captured = new List<Target>();
        for (var i = 1; i <= 150; i++)
        {
            var accepted = await spool.HandOverAsync(i % 50 == 0 ? $"stuck{i}@b.test" : "bob@a.test", Body(i));
            if (i % 50 != 0)
                await DeliverAsync(spool);
            else
            {
                await spool.SettleAsync(new Settlement(
                    await spool.LeaseOneAsync("b"), [new Verdict(0, Happening.Captured)], null, []));
                captured.Add(new Target(accepted.Receipt!.Id, 0));
            }
        }

        world.Time.JumpWallClock(TimeSpan.FromDays(3650));
        await UntilGivenBackAsync(world, spool);
        await spool.DirectAsync(
            new Directive(Happening.Released, captured, "alice", "why not"), TestContext.Current.CancellationToken);
        await AssertStuckAsync(spool);
    }

    private static string Body(int number) => $"Subject: {number}\r\n\r\n{new string('x', Octets)}\r\n";

    // It looks now and then, after it has indexed something, once a segment's records have been copied.
    private static async Task UntilGivenBackAsync(RealWorld world, EmbeddedSpool spool)
    {
        for (var looks = 0; world.TakenByBodies() > 10 * Octets; looks++)
        {
            Assert.True(looks < 5_000, "it looked often enough, and gave nothing back");
            world.Time.Advance(TimeSpan.FromSeconds(11));
            await spool.HandOverAsync("bob@a.test");
            await DeliverAsync(spool);
            await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task DeliverAsync(EmbeddedSpool spool)
    {
        var lease = await spool.LeaseOneAsync("a");
        await spool.SettleAsync(new Settlement(
            lease, [new Verdict(0, Happening.Accepted) { Reply = "250 2.0.0 Ok" }], null, []));
    }

    private static async Task AssertStuckAsync(EmbeddedSpool spool)
    {
        var stuck = spool.Lanes.Single(lane => lane.Lane == "b").Waiting;
        for (var i = 0; i < stuck; i++)
        {
            var lease = await spool.LeaseOneAsync("b");
            var number = int.Parse(lease.Recipients[0].Recipient.Path.Address.Split('@')[0]["stuck".Length..],
                System.Globalization.CultureInfo.InvariantCulture);
            Assert.EndsWith(Body(number), await lease.Content.TextAsync(), StringComparison.Ordinal);
        }
    }
}
