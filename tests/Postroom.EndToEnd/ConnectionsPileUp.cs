using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Many connect and say nothing, some say an octet now and then; one honest client wants to send.</summary>
public sealed class ConnectionsPileUp
{
    private const string Many = "connections = 10000\nconnections_per_source = 10000";
    private const int MostMegabytes = 400;

    [Fact]
    public async Task An_honest_client_is_served() => await PileUpAsync(idle: 400, crawling: 40, mails: 20);

    [Fact]
    [Trait("Long", "yes")]
    public async Task An_honest_client_is_served_within_a_second_beside_5_500()
    {
        var (waits, megabytes) = await PileUpAsync(idle: 5_000, crawling: 500, mails: 300);
        waits.Sort();
        var (p50, p99) = (waits[waits.Count / 2], waits[waits.Count * 99 / 100]);
        Assert.True(p99 < TimeSpan.FromSeconds(1), $"99 of 100 mails were answered within {p99}");
        Figures.Note("5,000 idle and 500 crawling connections beside an honest client",
            string.Create(CultureInfo.InvariantCulture,
                $"{waits.Count} mails over a connection each, all accepted and delivered: "
                + $"p50 {p50.TotalMilliseconds:0} ms, p99 {p99.TotalMilliseconds:0} ms from connect to the answer; "
                + $"memory {megabytes} MB"));
    }

    private static async Task<(List<TimeSpan> Waits, long Megabytes)> PileUpAsync(int idle, int crawling, int mails)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port, listener: Many);
        var crowd = new List<Socket>();
        try
        {
            for (var i = 0; i < idle + crawling; i++)
                crowd.Add(await ConnectAsync(relay.Port));
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            var crawl = Task.Run(() => CrawlAsync(crowd[idle..], enough.Token), CancellationToken.None);
            var load = new Load(relay);
            var waits = new List<TimeSpan>();
            for (var i = 0; i < mails; i++)
            {
                var since = Stopwatch.StartNew();
                Assert.StartsWith("250", await load.OnceAsync(), StringComparison.Ordinal);
                waits.Add(since.Elapsed);
            }

            await load.AllArrivesAsync(sink);
            var megabytes = relay.PeakMegabytes;
            Assert.InRange(megabytes, 1, MostMegabytes);
            await enough.CancelAsync();
            Assert.True(await crawl > 0, "nobody crawled");
            return (waits, megabytes);
        }
        finally
        {
            crowd.ForEach(socket => socket.Dispose());
        }
    }

    // An octet of a command each in turn, and round again: none ever comes to the end of its line.
    private static async Task<int> CrawlAsync(List<Socket> crawlers, CancellationToken enough)
    {
        var octets = 0;
        try
        {
            for (; ; octets++)
            {
                await crawlers[octets % crawlers.Count].SendAsync("x"u8.ToArray(), enough);
                if (octets % crawlers.Count == crawlers.Count - 1)
                    await Task.Delay(100, enough); // now and then
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            return octets;
        }
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        return socket;
    }
}
