using System.Diagnostics;
using System.Globalization;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>SIGKILL under the load of six applications, over and over on one data folder.</summary>
public sealed class ProcessIsKilledAgainAndAgain
{
    private enum Moment
    {
        UnderLoad,
        WhileStopped,
        AfterAPause,
        InShutdown,
        InRecovery,
    }

    private readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("POSTROOM_SEED"),
        CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();

    /// <summary>What a relay is put through.</summary>
    /// <param name="Moments">When each kill comes.</param>
    /// <param name="Span">A kill comes up to this long after the relay has begun to accept.</param>
    /// <param name="Least">There are more kills until so many mails are acknowledged.</param>
    /// <param name="IsPlain">The next hop is always there and answers at once.</param>
    private sealed record Siege(IReadOnlyList<Moment> Moments, TimeSpan Span, int Least = 0, bool IsPlain = false);

    [Fact]
    public async Task Nothing_is_lost_or_torn_and_twice_comes_only_what_was_in_flight() =>
        await KilledAsync(new Siege([.. Enum.GetValues<Moment>(), Moment.UnderLoad, Moment.InRecovery],
            TimeSpan.FromMilliseconds(400)));

    [Fact]
    public async Task Postfix_can_be_put_through_the_same() => Assert.Equal(0, (await PostfixKilledAsync(
        new Siege([Moment.UnderLoad, Moment.UnderLoad], TimeSpan.FromMilliseconds(300), IsPlain: true))).Lost);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Nothing_is_lost_or_torn_in_two_hundred_kills_of_a_hundred_thousand_mails()
    {
        var dice = new Random(_seed);
        var moments = Enumerable.Range(0, 200)
            .Select(i => i % 2 == 0 ? Moment.UnderLoad : (Moment)dice.Next(5)).ToList();
        var got = await KilledAsync(new Siege(moments, TimeSpan.FromSeconds(2), Least: 100_000));
        Figures.Note("kill under traffic", $"{got}, each of them in doubt on its timeline");
    }

    [Fact]
    [Trait("Long", "yes")]
    public async Task Forty_kills_double_less_than_they_do_with_Postfix()
    {
        var siege = new Siege([.. Enumerable.Repeat(Moment.UnderLoad, 40)], TimeSpan.FromSeconds(2), IsPlain: true);
        var ours = await KilledAsync(siege);
        var postfix = await PostfixKilledAsync(siege);
        Figures.Note("kill under traffic, against Postfix", $"{ours}; Postfix: {postfix}");
        Assert.True(ours.Rate < postfix.Rate, $"{ours}; Postfix: {postfix}; seed {_seed}");
    }

    /// <summary>What a run of kills came to.</summary>
    private sealed record Outcome(int Kills, int Acknowledged, int Lost, int Doubled)
    {
        public double Rate => (double)Doubled / Acknowledged;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Kills} kills, {Acknowledged:N0} acknowledged, {Lost} lost, {Doubled} doubled ({Rate:P3})");
    }

    private async Task<Outcome> KilledAsync(Siege siege)
    {
        var dice = new Random(_seed);
        await using var relay = new RealRelay();
        await using var traffic = new Traffic(relay.Port, new Book(new Letters(300_000)))
        {
            Told = () => $"seed {_seed}\n{relay.LastPrinted}",
        };
        // Small segments, so that kills also meet their change.
        await File.WriteAllTextAsync(relay.ConfigurationFile, relay.Live(traffic.Hop.Port, rest: """
            [spool]
            segment_size = "4MiB"
            """), TestContext.Current.CancellationToken);
        var started = Stopwatch.StartNew();
        await relay.StartAsync();
        var startTakes = started.Elapsed;
        traffic.Hop.Up();
        traffic.Start();
        for (var i = 0; i < siege.Moments.Count || traffic.Book.Acknowledged < siege.Least; i++)
        {
            await traffic.BusyForAsync(siege.Span * dice.NextDouble());
            Assert.True(traffic.Hop.BrokenOff == 0, $"the relay broke connections off by itself\n{traffic.Told()}");
            var moment = i < siege.Moments.Count ? siege.Moments[i] : Moment.UnderLoad;
            await KillAsync(relay, traffic, moment, dice, startTakes);
            if (siege.IsPlain)
                await relay.StartAsync();
            else
                await NextLifeAsync(relay, traffic, siege, dice);
        }
        await traffic.StopAsync();
        await traffic.Book.AllHereAsync(traffic.Told);
        await relay.FindAsync("state:waiting,trying", 0);
        var doubled = traffic.Judge();
        await traffic.AnnouncedAsync(relay);
        Assert.Equal(0, await relay.StopAsync());
        var verified = await relay.DoAsync("spool", "verify");
        Assert.True(verified.ExitCode == 0, $"{verified}\n{traffic.Told()}");
        return new Outcome(traffic.Crashes, traffic.Book.Acknowledged, 0, doubled.Count);
    }

    // The next life may find another next hop, for a while none, and then its end while a backlog runs off.
    private static async Task NextLifeAsync(RealRelay relay, Traffic traffic, Siege siege, Random dice)
    {
        (traffic.Hop.AnswersAfter, traffic.Hop.OffersChunking) = (dice.Next(3) * 5, dice.Next(2) == 0);
        var isAway = dice.Next(3) == 0;
        if (isAway)
            traffic.Hop.Down();
        await relay.StartAsync();
        if (!isAway)
            return;
        await traffic.BusyForAsync(siege.Span / 4);
        traffic.Hop.Up();
        if (dice.Next(2) == 0)
            return;
        await traffic.ArrivedAsync(dice.Next(1, 200));
        await KillAsync(relay, traffic, Moment.UnderLoad, dice, TimeSpan.Zero);
        await relay.StartAsync();
    }

    private static async Task KillAsync(RealRelay relay, Traffic traffic, Moment moment, Random dice,
        TimeSpan startTakes)
    {
        switch (moment)
        {
            case Moment.WhileStopped:
                await PauseAsync(relay, dice);
                break;
            case Moment.AfterAPause:
                await PauseAsync(relay, dice);
                await Shell.SignalAsync(relay.Process, "CONT");
                await traffic.BusyAsync(dice.Next(1, 50));
                break;
            case Moment.InShutdown:
                await Shell.SignalAsync(relay.Process, "TERM");
                await Task.Delay(dice.Next(100), TestContext.Current.CancellationToken);
                break;
        }
        await relay.KillAsync();
        await traffic.CrashedAsync();
        if (moment != Moment.InRecovery)
            return;
        for (var times = dice.Next(1, 4); times > 0; times--)
        {
            relay.Launch();
            await Task.Delay(startTakes * dice.NextDouble(), TestContext.Current.CancellationToken);
            await relay.KillAsync();
            await traffic.CrashedAsync();
        }
    }

    private static async Task PauseAsync(RealRelay relay, Random dice)
    {
        await Shell.SignalAsync(relay.Process, "STOP");
        await Task.Delay(dice.Next(20, 400), TestContext.Current.CancellationToken);
    }

    private async Task<Outcome> PostfixKilledAsync(Siege siege)
    {
        var dice = new Random(_seed);
        var port = Ports.Free();
        await using var traffic = new Traffic(port, new Book(new Letters(300_000), isStrict: false));
        await using var postfix = await PostfixRelay.StartAsync(port, traffic.Hop.Port);
        traffic.Hop.Up();
        traffic.Start();
        foreach (var _ in siege.Moments)
        {
            await traffic.BusyForAsync(siege.Span * dice.NextDouble());
            await postfix.KillAsync();
            await traffic.CrashedAsync();
            await postfix.StartAsync();
        }
        await traffic.StopAsync();
        await postfix.FlushAsync();
        await traffic.Book.AllHereAsync(() => "Postfix");
        await postfix.EmptyAsync();
        var book = traffic.Book;
        return new Outcome(traffic.Crashes, book.Acknowledged, book.Lost().Count, book.Doubled().Count);
    }
}
