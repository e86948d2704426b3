using System.Net;
using Postroom.EndToEnd.Harness;
using Postroom.Fuzz.Targets;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>The fuzzed sessions of the in-process tests, at the program that users get.</summary>
public sealed class SessionsBreakEveryRule
{
    private const int AtOnce = 6;

    [Fact]
    public Task No_session_does_harm() => HoldAsync(150, seed: 1);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Five_thousand_sessions_do_no_harm()
    {
        var seed = Random.Shared.Next() & 0xfffffff;
        var grown = await HoldAsync(5_000, seed);
        Figures.Note("hostile sessions, real program", $"5,000 sessions from seed {seed}: 0 crashes, 0 hangs, 0 "
            + $"replies of no form or out of step, an honest mail taken and delivered after each; resident memory "
            + $"grew by {grown} MB");
    }

    private static async Task<long> HoldAsync(int count, int seed)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var to = new IPEndPoint(IPAddress.Loopback, relay.Port);
        var first = 0.0;
        for (var done = 0; done < count; done += 100)
        {
            await Parallel.ForEachAsync(Enumerable.Range(seed + done, Math.Min(100, count - done)),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) =>
                    await HostileClient.PlayAsync(one, to, to));
            first = done == 0 ? Megabytes(relay) : first;
        }

        var grown = (long)(Megabytes(relay) - first);
        Assert.False(relay.Process.HasExited, relay.Printed);
        Assert.True(grown < 100, $"resident memory grew by {grown} MB");
        Assert.DoesNotContain("bug", relay.Printed, StringComparison.OrdinalIgnoreCase);
        await sink.WaitAsync(all => all.Count(IsHonest) >= count, $"{count} honest mails", relay);
        Assert.Equal(count, sink.Arrivals.Count(IsHonest));
        Assert.All(sink.Arrivals, one => Must.BeClean(one.Bytes, "no bare CR, bare LF or NUL is passed on"));
        return grown;
    }

    private static bool IsHonest(Arrival arrival) => arrival.To[0].Contains("<honest@", StringComparison.Ordinal);

    private static double Megabytes(RealRelay relay) => Footprint.Of(relay.Process.Id).Rss / 1_024;
}
