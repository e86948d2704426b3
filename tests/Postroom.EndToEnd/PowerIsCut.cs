using System.Diagnostics;
using System.Globalization;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>The process is killed and its file system shut down: what was not synced is gone.</summary>
public sealed class PowerIsCut
{
    private readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("POSTROOM_SEED"),
        CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();

    private sealed record Outcome(int Cuts, int Acknowledged, int Doubled, int Recorded);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_recorded_comes_back()
    {
        Assert.InRange(await WithoutSyncAsync(), 1, int.MaxValue);
        await CutAsync(rounds: 4, TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    [Trait("Long", "yes")]
    public async Task Nothing_acknowledged_is_lost_and_nothing_recorded_comes_back_in_fifty_cuts()
    {
        var control = await WithoutSyncAsync();
        Assert.InRange(control, 1, int.MaxValue);
        var got = await CutAsync(rounds: 50, TimeSpan.FromSeconds(1.5));
        Figures.Note("power cut", string.Create(CultureInfo.InvariantCulture,
            $"{got.Cuts} cuts, {got.Acknowledged:N0} acknowledged, 0 lost, {got.Doubled} doubled, none of "
            + $"{got.Recorded:N0} recorded as delivered came back; without syncs one cut lost {control}"));
    }

    private async Task<Outcome> CutAsync(int rounds, TimeSpan busy)
    {
        var dice = new Random(_seed);
        await using var disk = await LoopDisk.CreateAsync();
        await using var relay = RelayOn(disk, disk.Enter);
        await using var traffic = new Traffic(relay.Port, new Book(new Letters(300_000)))
        {
            Told = () => $"seed {_seed}\n{relay.LastPrinted}",
        };
        var started = Stopwatch.StartNew();
        await relay.StartAsync(Live(relay, traffic));
        var startTakes = started.Elapsed;
        var recorded = 0;
        traffic.Hop.Up();
        traffic.Start();
        for (var round = 0; round < rounds; round++)
        {
            await traffic.BusyForAsync(busy * dice.NextDouble());
            var delivered = await DeliveredAsync(relay);
            recorded += delivered.Count;
            await traffic.BusyForAsync(busy / 10 * dice.NextDouble());
            var cut = await CutAsync(relay, traffic, disk, dice);
            if (dice.Next(3) == 0)
            {
                relay.Launch();
                await Task.Delay(startTakes * dice.NextDouble(), TestContext.Current.CancellationToken);
                await CutAsync(relay, traffic, disk, dice);
            }
            (traffic.Hop.AnswersAfter, traffic.Hop.OffersChunking) = (dice.Next(3) * 5, dice.Next(2) == 0);
            var isAway = round % 3 == 1;
            if (isAway)
                traffic.Hop.Down();
            await relay.StartAsync();
            if (isAway)
            {
                // What is acknowledged now is nowhere but on this disk when its power goes.
                await traffic.BusyForAsync(busy / 4);
                await CutAsync(relay, traffic, disk, dice);
                traffic.Hop.Up();
                await relay.StartAsync();

                // And once more, while the backlog runs off.
                await traffic.ArrivedAsync(dice.Next(1, 200));
                await CutAsync(relay, traffic, disk, dice);
                await relay.StartAsync();
            }
            await traffic.BusyAsync(1);
            var back = traffic.Book.Since(cut, delivered);
            Assert.True(back.Count == 0, $"recorded as delivered, and came again: {string.Join(", ", back)}\n"
                + traffic.Told());
        }
        await traffic.StopAsync();
        await traffic.Book.AllHereAsync(traffic.Told);
        await CutInTheQuietAsync(relay, traffic, disk, dice);
        var doubled = traffic.Judge();
        await traffic.AnnouncedAsync(relay);
        await relay.StopAsync();
        var verified = await relay.DoAsync("spool", "verify");
        Assert.True(verified.ExitCode == 0, $"{verified}\n{traffic.Told()}");
        return new Outcome(traffic.Crashes, traffic.Book.Acknowledged, doubled.Count, recorded);
    }

    /// <summary>No mail comes any more that would bring a sync with it: what is seen as delivered is safe all the
    /// same.</summary>
    private static async Task CutInTheQuietAsync(RealRelay relay, Traffic traffic, LoopDisk disk, Random dice)
    {
        await relay.FindAsync("state:waiting,trying", 0);
        var cut = await CutAsync(relay, traffic, disk, dice);
        await relay.StartAsync();
        await relay.FindAsync("state:waiting,trying", 0);
        var back = traffic.Book.Since(cut, traffic.Book.Ids());
        Assert.True(back.Count == 0, $"all was recorded, and came again: {string.Join(", ", back)}\n{traffic.Told()}");
    }

    /// <summary>The same without a single sync; the figure is what was acknowledged and is lost.</summary>
    /// <remarks>The next hop is away until the end: what it had taken could not be lost any more.</remarks>
    private static async Task<int> WithoutSyncAsync()
    {
        await using var disk = await LoopDisk.CreateAsync();
        await using var relay = RelayOn(disk, [.. disk.Enter, await NoSync.CompileAsync(disk.Folder)]);
        await using var traffic = new Traffic(relay.Port, new Book(new Letters(300_000)));
        await relay.StartAsync(Live(relay, traffic));
        await relay.StopAsync();
        await disk.SyncAsync(); // an installation that is older than its last day
        await relay.StartAsync();
        traffic.Start();
        await traffic.BusyAsync(200);
        await relay.KillAsync();
        await traffic.StopAsync();
        await disk.CutAsync(isNewBoot: true);
        await relay.StartAsync();
        traffic.Hop.Up();
        await relay.FindAsync("state:waiting,trying", 0);
        return traffic.Book.Lost().Count;
    }

    private static RealRelay RelayOn(LoopDisk disk, IReadOnlyList<string> through)
    {
        var data = Path.Combine(disk.Mount, "data");
        return new RealRelay { Through = through, Data = data, DataSeen = disk.Seen(data) };
    }

    // Small segments, so that cuts also meet their change; and room enough for a small disk.
    private static string Live(RealRelay relay, Traffic traffic) => relay.Live(traffic.Hop.Port, rest: """
        [spool]
        segment_size = "4MiB"
        free_space_floor = "16MiB"
        """);

    /// <returns>The moment after which everything that comes is of a later life.</returns>
    private static async Task<long> CutAsync(RealRelay relay, Traffic traffic, LoopDisk disk, Random dice)
    {
        await relay.KillAsync();
        await traffic.CrashedAsync();
        var moment = Stopwatch.GetTimestamp();
        await disk.CutAsync(isNewBoot: dice.Next(3) > 0);
        return moment;
    }

    // What a person can see as delivered is in the index, and the index takes only what is synced.
    private static async Task<HashSet<string>> DeliveredAsync(RealRelay relay)
    {
        var found = await relay.SearchAsync("state:delivered --most 1000");
        return [.. found.Select(r => r.GetProperty("id").GetString()!)];
    }
}
