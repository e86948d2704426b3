using System.Diagnostics;
using System.Globalization;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A kill while a full house waits, and how soon the next life serves again.</summary>
public sealed class ManyWaitAtTheStart
{
    private sealed record Restart(TimeSpan Accepts, TimeSpan Delivers);

    [Fact]
    public async Task It_accepts_and_delivers_again_by_itself() => await RestartAsync(waiting: 3_000, rounds: 3);

    [Fact]
    [Trait("Long", "yes")]
    public async Task It_accepts_within_two_seconds_and_delivers_within_five_with_a_hundred_thousand_waiting()
    {
        var restarts = await RestartAsync(waiting: 100_000, rounds: 200);
        var accepts = restarts.Select(r => r.Accepts.TotalSeconds).Order().ToList();
        var delivers = restarts.Select(r => r.Delivers.TotalSeconds).Order().ToList();
        Figures.Note("restart with 100,000 waiting after a kill", string.Create(CultureInfo.InvariantCulture,
            $"{restarts.Count} kills; accepts after {accepts[accepts.Count / 2]:0.00} s, at most {accepts[^1]:0.00} s; "
            + $"delivers after {delivers[delivers.Count / 2]:0.00} s, at most {delivers[^1]:0.00} s"));
        Assert.InRange(accepts[^1], 0, 2);
        Assert.InRange(delivers[^1], 0, 5);
    }

    private static async Task<List<Restart>> RestartAsync(int waiting, int rounds)
    {
        await using var relay = new RealRelay();
        var book = new Book(new Letters(4_000));
        await using var traffic = new Traffic(relay.Port, book) { Told = () => relay.LastPrinted };
        await relay.StartAsync(relay.Live(traffic.Hop.Port));
        traffic.Start();
        // A round delivers one, and what was in flight at its kill comes again.
        await traffic.BusyAsync(waiting + 2 * rounds);

        var restarts = new List<Restart>();
        for (var round = 0; round < rounds; round++)
        {
            await relay.KillAsync(); // under the traffic of this life
            await traffic.StopAsync();
            traffic.Hop.DropHeld();
            await traffic.CrashedAsync();
            Assert.InRange(book.Acknowledged - traffic.Hop.Answered, waiting, int.MaxValue);

            // The hop is there, and answers one mail: the others stay in the house.
            traffic.Hop.Hold(after: 1);
            if (round == 0)
                traffic.Hop.Up();
            restarts.Add(await MeasureAsync(relay, traffic));
            traffic.Start();
            await traffic.BusyAsync(10);
        }
        await traffic.StopAsync();
        traffic.Hop.LetGo();
        await book.AllHereAsync(traffic.Told);
        traffic.Judge();
        return restarts;
    }

    private static async Task<Restart> MeasureAsync(RealRelay relay, Traffic traffic)
    {
        var (old, began) = (traffic.Book.Begun, Stopwatch.GetTimestamp());
        relay.Launch();
        var accepted = FirstAsync(traffic.Book, relay.Port);
        TimeSpan? delivers = null;
        while (delivers is null || !accepted.IsCompleted)
        {
            var now = Stopwatch.GetElapsedTime(began);
            Assert.True(now < Shell.Limit && !relay.Process.HasExited, $"it does not serve again\n{relay.LastPrinted}");
            if (delivers is null && traffic.Book.HasArrivedSince(old, began))
                delivers = now;
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
        return new Restart(Stopwatch.GetElapsedTime(began, await accepted), delivers.Value);
    }

    // The moment of the first 250 to a new mail.
    private static async Task<long> FirstAsync(Book book, int port)
    {
        var before = book.Acknowledged;
        var client = new LoadClient(port, book, Manner.ConnectionEach);
        await client.RunAsync(() => book.Acknowledged > before);
        return Stopwatch.GetTimestamp();
    }
}
