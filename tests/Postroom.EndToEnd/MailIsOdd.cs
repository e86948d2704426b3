using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Promise 8: mails that are legal and hard on a careless way, in by every way and out by every way.</summary>
public sealed class MailIsOdd
{
    private const int Clients = 4;

    // A mail's recipient decides by which of them it goes out.
    private static readonly (string Name, bool Tls, bool Chunks, bool Ahead)[] WaysOut =
    [
        ("bdat", false, true, true), ("data", false, false, true), ("step", false, false, false),
        ("bdat-step", true, true, false), ("bdat-tls", true, true, true), ("data-tls", true, false, true),
    ];

    [Fact]
    public Task It_arrives_byte_for_byte() => ThroughUsAsync(count: 300);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Five_thousand_arrive_byte_for_byte()
    {
        var ours = await ThroughUsAsync(count: 5_000);
        var (theirs, refused) = await ThroughPostfixAsync(count: 5_000);
        Figures.Note("odd mails, byte for byte", $"{ours:N0} of 5,000; "
            + $"through Postfix as shipped {theirs:N0} of 5,000, and it refused {refused.Count:N0} "
            + $"({Reasons(refused)})");
    }

    private static string Reasons(IReadOnlyCollection<string> refused) => string.Join("; ", refused
        .Select(one => one[(one.IndexOf(": ", StringComparison.Ordinal) + 2)..])
        .GroupBy(said => said).OrderByDescending(some => some.Count())
        .Select(some => string.Create(CultureInfo.InvariantCulture, $"{some.Count():N0} {some.Key.Trim()}")));

    // The first half goes out as it comes in; the second half after a restart, out of the journal.
    private static async Task<int> ThroughUsAsync(int count)
    {
        await using var relay = new RealRelay();
        using var certificate = TestCertificate.Make("127.0.0.1");
        await File.WriteAllTextAsync(Path.Combine(relay.Folder, "trust.pem"), certificate.ExportCertificatePem());
        var sinks = WaysOut.Select(way => SinkFor(way, certificate)).ToList();
        try
        {
            await relay.StartAsync(Configuration(relay, sinks));
            sinks.ForEach(sink => sink.Up());
            Assert.Empty(await SendAllAsync(relay.Port, 0, count / 2));
            await AllArrivedAsync(sinks, count / 2, relay);
            sinks.ForEach(sink => sink.Down());
            Assert.Empty(await SendAllAsync(relay.Port, count / 2, count));
            Assert.Equal(0, await relay.StopAsync());
            await relay.StartAsync();
            sinks.ForEach(sink => sink.Up());
            await AllArrivedAsync(sinks, count, relay);
            await AddedLineEndsAreToldAsync(relay, count);
        }
        finally
        {
            foreach (var sink in sinks)
                await sink.DisposeAsync();
        }

        return count;
    }

    private static async Task<(int Identical, IReadOnlyCollection<string> Refused)> ThroughPostfixAsync(int count)
    {
        await using var sink = Sink.Start();
        using var certificate = TestCertificate.Make("127.0.0.1");
        var pem = Path.GetTempFileName();
        await File.WriteAllTextAsync(pem,
            certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem() + "\n" + certificate.ExportCertificatePem());
        await using var postfix = await PostfixHop.StartAsync(sink.Port, $"""
            local_header_rewrite_clients = permit_inet_interfaces
            smtpd_tls_security_level = may
            smtpd_tls_chain_files = {pem}
            """);
        var refused = await SendAllAsync(postfix.Port, 0, count);
        await postfix.EmptyAsync();
        File.Delete(pem);
        var identical = sink.Arrivals.Where(arrival => NumberOf(arrival) is not null)
            .Count(arrival => arrival.Bytes.AsSpan().EndsWith(OddMail.Make(NumberOf(arrival)!.Value).Due));
        return (identical, refused);
    }

    private static Sink SinkFor((string, bool Tls, bool Chunks, bool Ahead) way, X509Certificate2 certificate) =>
        Sink.Away(way.Chunks, way.Ahead, way.Tls ? certificate : null);

    private static string Configuration(RealRelay relay, List<Sink> sinks) => $"""
        mode = "live"
        hostname = "relay.example.test"
        [[listener]]
        address = "127.0.0.1:{relay.Port}"

        """ + string.Concat(sinks.Zip(WaysOut, (sink, way) => $"""
        [[route]]
        name = "{way.Name}"
        host = "127.0.0.1"
        port = {sink.Port}
        tls = "{(way.Tls ? "required" : "none")}"
        trust = '{Path.Combine(relay.Folder, "trust.pem")}'
        recipients = ["{way.Name}.example.com"]

        """));

    private static int WayOut(int number) => (number + number / OddKinds.All.Count) % WaysOut.Length;

    private static async Task<IReadOnlyCollection<string>> SendAllAsync(int port, int from, int to)
    {
        var refused = new ConcurrentBag<string>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(async () =>
        {
            var dice = new Random(from + client);
            var numbers = Enumerable.Range(from, to - from).Where(number => number % Clients == client);
            foreach (var some in numbers.Chunk(10))
                await SendSomeAsync(port, some, dice, refused);
        })));
        return refused;
    }

    // On one connection, in the clear or not; a new one where something was refused: what was sent ahead is open there.
    private static async Task SendSomeAsync(int port, int[] numbers, Random dice, ConcurrentBag<string> refused)
    {
        var left = new Queue<int>(numbers);
        while (left.Count > 0)
        {
            await using var client = await OddClient.ConnectAsync(port, dice, tls: dice.Next(2) == 0);
            string? said = null;
            while (said is null && left.TryDequeue(out var number))
            {
                var mail = OddMail.Make(number);
                said = await client.SendAsync(mail, $"m{number}@{WaysOut[WayOut(number)].Name}.example.com");
                if (said is not null)
                    refused.Add($"{number}, {mail.Kind}: {said}");
            }
        }
    }

    private static async Task AllArrivedAsync(List<Sink> sinks, int count, RealRelay relay)
    {
        for (var way = 0; way < sinks.Count; way++)
        {
            var due = Enumerable.Range(0, count).Where(number => WayOut(number) == way).ToList();
            var arrivals = await sinks[way].WaitAsync(due.Count, relay);
            Assert.Equal(due, arrivals.Select(arrival => NumberOf(arrival)!.Value).Order());
            Assert.All(arrivals, arrival => Assert.Equal((WaysOut[way].Tls, WaysOut[way].Chunks),
                (arrival.ByTls, arrival.ByChunks)));
            foreach (var arrival in arrivals)
            {
                var mail = OddMail.Make(NumberOf(arrival)!.Value);
                Assert.True(mail.HasArrivedAs(arrival.Bytes),
                    $"mail {mail.Number}, {mail.Kind}, by {WaysOut[way].Name}: {mail.Octets.Length} octets "
                    + $"were sent, {arrival.Bytes.Length} arrived, and begin:\n"
                    + arrival.Text[..Math.Min(arrival.Text.Length, 600)]);
            }
        }
    }

    // The one thing that is added behind a mail stands where people look (promise 8).
    private static async Task AddedLineEndsAreToldAsync(RealRelay relay, int count)
    {
        var told = Enumerable.Range(0, count).Select(OddMail.Make).GroupBy(mail => mail.NeedsChunks);
        foreach (var mail in told.SelectMany(some => some.Take(3)))
        {
            var id = (await relay.FindAsync($"to:m{mail.Number}@{WaysOut[WayOut(mail.Number)].Name}.example.com", 1))[0]
                .GetProperty("id").GetString()!;
            var shown = await relay.AskAsync("queue", "show", id);
            var repaired = shown.TryGetProperty("repaired", out var text) ? text.GetString() : null;
            Assert.Equal(mail.NeedsChunks ? "final CRLF added" : null, repaired);
        }
    }

    // By its recipient; null if it is none of ours, but a report.
    private static int? NumberOf(Arrival arrival)
    {
        var to = arrival.To[0]["RCPT TO:<".Length..];
        var name = to.AsSpan(1, to.IndexOf('@') - 1);
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
