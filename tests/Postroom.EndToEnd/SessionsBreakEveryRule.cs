using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Postroom.EndToEnd.Harness;
using Postroom.Fuzz.Targets;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>The fuzzed sessions of the in-process tests, at the program that users get.</summary>
public sealed partial class SessionsBreakEveryRule
{
    private const int AtOnce = 6;

    [Fact]
    public Task No_session_does_harm() => HoldAsync(150, seed: 1);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Five_thousand_sessions_do_no_harm()
    {
        var seed = Environment.TickCount & 0xfffffff;
        var grown = await HoldAsync(5_000, seed);
        Figures.Note("hostile sessions, real program", $"5,000 sessions from seed {seed}: 0 crashes, 0 hangs, 0 "
            + $"replies of no form or out of step, an honest mail taken and delivered after each; resident memory "
            + $"grew by "
            + $"{grown} MB");
    }

    private static async Task<long> HoldAsync(int count, int seed)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var to = new IPEndPoint(IPAddress.Loopback, relay.Port);
        var first = 0L;
        for (var done = 0; done < count; done += 100)
        {
            await Parallel.ForEachAsync(Enumerable.Range(seed + done, Math.Min(100, count - done)),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) => await PlayAsync(to, one));
            first = done == 0 ? Resident(relay) : first;
        }

        var grown = Resident(relay) - first;
        Assert.False(relay.Process.HasExited, relay.Printed);
        Assert.True(grown < 100, $"resident memory grew by {grown} MB");
        Assert.DoesNotContain("bug", relay.Printed, StringComparison.OrdinalIgnoreCase);
        await sink.WaitAsync(all => all.Count(IsHonest) >= count, $"{count} honest mails", relay);
        Assert.Equal(count, sink.Arrivals.Count(IsHonest));
        Assert.All(sink.Arrivals, one => Must.BeClean(one.Bytes, "no bare CR, bare LF or NUL is passed on"));
        return grown;
    }

    private static bool IsHonest(Arrival arrival) => arrival.To[0].Contains("<honest@", StringComparison.Ordinal);

    private static async Task PlayAsync(IPEndPoint to, int seed)
    {
        var from = new IPAddress(
            [127, (byte)(1 + (seed >> 16) % 250), (byte)((seed >> 8) & 255), (byte)(1 + seed % 250)]);
        try
        {
            await HostileClient.PlayAsync(to, from, new SessionGrammar(seed).Make());
            await HostileClient.SendHonestlyAsync(to, from);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new BrokenPromiseException($"seed {seed}: {e}");
        }
    }

    private static long Resident(RealRelay relay) => long.Parse(
        InKilobytes().Match(File.ReadAllText($"/proc/{relay.Process.Id}/status")).Groups[1].Value,
        CultureInfo.InvariantCulture) / 1_024;

    [GeneratedRegex(@"VmRSS:\s+([0-9]+) kB")]
    private static partial Regex InKilobytes();
}
