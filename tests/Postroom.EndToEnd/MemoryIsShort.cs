using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Large mails from many clients at once, and a heap that could hold few of them.</summary>
public sealed class MemoryIsShort
{
    private const string Limits = "message_size = \"20MB\"\nconnections_per_source = 500";

    [Fact]
    public async Task Forty_clients_with_a_heap_of_48_MB() => await CrowdAsync(clients: 40, megabytes: 2, heap: 48);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Two_hundred_clients_with_10_MB_each()
    {
        var (load, accepted, peak) = await CrowdAsync(clients: 200, megabytes: 10, heap: 128);
        Figures.Note("200 clients with 10 MB each, a heap of 128 MB",
            $"{accepted} accepted and delivered octet for octet, every other told a 4xx "
            + "(with the next mail "
            + $"{string.Join(", ", load.Answers.OrderBy(a => a.Key).Select(a => $"{a.Key}: {a.Value}"))}); "
            + $"the process lived on with at most {peak} MB, and took the next mail");
    }

    private static async Task<(Load Load, int Accepted, long Peak)> CrowdAsync(int clients, int megabytes, int heap)
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay
        {
            By = ["env", $"DOTNET_GCHeapHardLimit={(heap << 20).ToString("x", CultureInfo.InvariantCulture)}"],
        };
        await relay.StartAsync(relay.Live(sink.Port, listener: Limits));
        sink.Keeps = Condensed;
        var filler = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Range(0, megabytes << 14).Select(i => $"{i:d62}\r\n")));
        byte[] Mail(string key) => [.. Mails.Notification(key), .. filler];
        var load = new Load(relay, Mail);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(load.OnceAsync)));
        Assert.False(relay.Process.HasExited, relay.Printed);
        Assert.All(load.Answers.Keys, code => Assert.True(code[0] is '2' or '4', $"{code}"));
        var accepted = load.Accepted.Count;
        Assert.InRange(accepted, 1, clients);

        // One more, when all is over: whoever was refused may come again.
        while (!(await load.OnceAsync()).StartsWith("250", StringComparison.Ordinal))
            Assert.False(relay.Process.HasExited, relay.Printed);
        var arrived = await sink.WaitAsync(
            all => load.Accepted.ToHashSet().IsSubsetOf(all.Select(a => Mails.KeyOf(a.Bytes))),
            $"{load.Accepted.Count} that were acknowledged", relay);
        Assert.All(arrived, a => Assert.Equal(Condensed(Mail(Mails.KeyOf(a.Bytes))), a.Bytes));
        var peak = relay.PeakMegabytes;
        Assert.InRange(peak, 1, heap + 160);
        Assert.Equal(0, await relay.StopAsync());
        return (load, accepted, peak);
    }

    // What tells whose it is, and the sum of all that was sent: the test's own memory is bounded as well.
    private static byte[] Condensed(byte[] mail)
    {
        var sent = mail.AsSpan(mail.AsSpan().IndexOf("Date: Mon, 23 Nov 2026"u8));
        return [.. sent[..200], .. SHA256.HashData(sent)];
    }
}
