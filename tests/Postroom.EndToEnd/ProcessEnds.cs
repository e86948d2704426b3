using System.Collections.Concurrent;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class ProcessEnds
{
    // Sends mail after mail until the relay is gone; notes each that got its 250.
    private static async Task SendAsync(RealRelay relay, int sender, ConcurrentBag<string> acknowledged)
    {
        try
        {
            await using var client = await SmtpClient.ConnectAsync(relay.Port);
            for (var i = 0; ; i++)
            {
                var key = $"S{sender}-{i}";
                if ((await client.SendAsync(Mails.Notification(key))).StartsWith("250", StringComparison.Ordinal))
                    acknowledged.Add(key);
            }
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            // The relay is gone, as the test wants it.
        }
    }

    [Theory]
    [InlineData(false, true)]  // SIGKILL while mail flows through
    [InlineData(false, false)] // SIGKILL while the next hop is away
    [InlineData(true, true)]   // SIGTERM while mail flows through
    public async Task Every_mail_that_got_a_250_arrives_after_the_next_start(bool isAsked, bool isHopUp)
    {
        await using var sink = isHopUp ? Sink.Start() : Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var acknowledged = new ConcurrentBag<string>();
        var senders = Enumerable.Range(0, 8).Select(sender => SendAsync(relay, sender, acknowledged)).ToList();
        while (acknowledged.Count < 300 && !relay.Process.HasExited)
            await Task.Yield();
        if (isAsked)
            Assert.Equal(0, await relay.StopAsync());
        else
            await relay.KillAsync();
        await Task.WhenAll(senders);
        Assert.InRange(acknowledged.Count, 300, int.MaxValue);

        await relay.StartAsync();
        if (!isHopUp)
            sink.Up();
        var arrived = await sink.WaitAsync(
            all => acknowledged.ToHashSet().IsSubsetOf(Keys(all)), "all that was acknowledged", relay);
        Assert.All(arrived, a => Mails.ArrivedUnchanged(Mails.Notification(Mails.KeyOf(a.Bytes)), a.Bytes));
        // No more can be doubled than were in flight: 16 connections, 4 on each (promise 3). After SIGTERM none.
        Assert.InRange(arrived.Count - Keys(arrived).Count, 0, isAsked ? 0 : 64);
    }

    // Also in its very last moments, when all is closed: each run tries others.
    [Fact]
    public async Task Asked_again_and_again_it_ends_in_its_own_order_and_says_so()
    {
        for (var run = 0; run < 5; run++)
        {
            await using var relay = await RealRelay.LiveAsync(Ports.Free());
            await Shell.RunAsync("bash", ["-c", $"while kill -TERM {relay.Process.Id} 2>/dev/null; do :; done"]);
            Assert.Equal(0, await relay.ExitAsync());
        }
    }

    private static HashSet<string> Keys(IEnumerable<Arrival> arrivals) =>
        [.. arrivals.Select(a => Mails.KeyOf(a.Bytes))];
}
