using System.Globalization;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Very many mails through one process: what it takes of the machine stays what it was.</summary>
public sealed class LifeIsLong
{
    [Fact]
    public async Task Memory_descriptors_and_threads_stay_what_they_were()
    {
        var blocks = await LiveAsync(block: 2_000, blocks: 4, everyMs: 20);
        // So early everything still warms up; a mail that leaves something behind would show all the same.
        Assert.All(blocks[^1].Over(blocks[1]), ratio => Assert.InRange(ratio, 0, 2));
    }

    [Fact]
    [Trait("Long", "yes")]
    public async Task Memory_descriptors_and_threads_are_flat_over_a_million_mails()
    {
        var blocks = await LiveAsync(block: 100_000, blocks: 10, everyMs: 1_000);
        var ratios = blocks[^1].Over(blocks[1]);
        Figures.Note("a million messages through one process", string.Create(CultureInfo.InvariantCulture,
            $"after 200,000: {blocks[1]}; after 1,000,000: {blocks[^1]}; "
            + $"ratios {string.Join(", ", ratios.Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))}"));
        Assert.All(ratios, ratio => Assert.InRange(ratio, 0.9, 1.1));
    }

    /// <summary>What the process took usually, in each block of mails.</summary>
    private static async Task<List<Footprint>> LiveAsync(int block, int blocks, int everyMs)
    {
        await using var relay = new RealRelay();
        await using var traffic = new Traffic(relay.Port, new Book(new Letters(4_000)))
        {
            Told = () => relay.LastPrinted,
        };
        await relay.StartAsync(relay.Live(traffic.Hop.Port));
        traffic.Hop.Up();
        // No more waits than flows: a backlog would be measured with it.
        traffic.Start(mostMissing: 500);
        var usual = new List<Footprint>();
        for (var i = 0; i < blocks; i++)
        {
            var readings = new List<Footprint>();
            var done = traffic.BusyAsync(block);
            do
            {
                readings.Add(Footprint.Of(relay.Process.Id));
                await Task.WhenAny(done, Task.Delay(everyMs, TestContext.Current.CancellationToken));
            }
            while (!done.IsCompleted);
            await done;
            usual.Add(Footprint.Usual(readings));
            Console.WriteLine($"{traffic.Book.Arrived:N0} arrived: {usual[^1]}");
        }
        await traffic.StopAsync();
        await traffic.Book.AllHereAsync(traffic.Told);
        Assert.Empty(traffic.Judge());
        return usual;
    }
}
