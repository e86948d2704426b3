using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Some mail on its road through a relay to which a misfortune happens, and the count afterwards.</summary>
/// <remarks>
/// The invariants (promises 1, 2, 3 and 8): what got its 250 arrives, and is delivered in the relay's own words;
/// every copy is what was sent, octet for octet; a second copy only where the timeline says in doubt.
/// </remarks>
internal sealed class Trial : IAsyncDisposable
{
    private const int DiskFailed = 74; // docs/reference/exit-codes.md
    private const int Killed = 128 + 9;

    private readonly ConcurrentDictionary<string, string> _acknowledged = new();
    private readonly List<Arrival> _before = [];

    private Trial(Misfortune plan, RealRelay relay) => (Plan, Relay) = (plan, relay);

    public Misfortune Plan { get; }

    public Sink Sink { get; } = Sink.Start();

    public RealRelay Relay { get; }

    /// <summary>With which codes the process may end when a call fails: the documented ones.</summary>
    public IReadOnlyList<int> RightEnds { get; set; } = [DiskFailed];

    /// <summary>How the process ended; null while it runs.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>The mails that got a 250, and their ids.</summary>
    public IReadOnlyDictionary<string, string> Acknowledged => _acknowledged;

    public static async Task<Trial> MakeAsync() => new(await Misfortune.MakeAsync(), new RealRelay());

    /// <summary>The same data folder once more, as a copy with a next hop of its own.</summary>
    public async Task<Trial> AgainAsync()
    {
        var again = await MakeAsync();
        var copied = await Shell.RunAsync("cp", ["-a", Relay.Data, again.Relay.Data]);
        Assert.True(copied.ExitCode == 0, $"cp: {copied}");
        again._before.AddRange(Sink.Arrivals);
        foreach (var (key, id) in _acknowledged)
            again._acknowledged[key] = id;
        return again;
    }

    /// <summary>A copy of its data folder is the same installation still: it has an identity. And where its source is
    /// at home is written: nothing is learned, and kept, that is no mail.</summary>
    public string Configuration => "identity = \"trial\"\n" + Relay.Live(Sink.Port, rest: """
        [[source]]
        instance = "52b0fe4d0a7b7c41f65ea09fe94f9a26"
        from = ["local"]
        """);

    /// <summary>Starts the relay with the shim in between.</summary>
    public async Task StartAsync()
    {
        Relay.By = Plan.By;
        await Relay.StartAsync(Configuration);
    }

    /// <summary>The same, with the misfortune in the start itself; does not wait for it to listen.</summary>
    public void StartArmed(Mishap how, long at)
    {
        Relay.By = Plan.By;
        Plan.Arm(how, at);
        Relay.Launch(Configuration);
    }

    /// <summary>Sends mails over a few connections; what the relay says to each is noted.</summary>
    public Task SendAsync(int mails, int connections) => Task.WhenAll(
        Enumerable.Range(0, connections).Select(c => SendByOneAsync(c, mails / connections)));

    /// <summary>Waits until the process has ended, or all it has acknowledged is delivered and nothing moves.</summary>
    public async Task EndOrSettleAsync()
    {
        var since = Stopwatch.StartNew();
        while (!Relay.Process.HasExited && !await IsSettledAsync())
        {
            Assert.True(since.Elapsed < Shell.Limit, $"{Plan}: it neither ends nor delivers\n{Relay.Printed}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        if (Relay.Process.HasExited)
            ExitCode = await Relay.ExitAsync();
    }

    /// <summary>The next start, unharmed; then nothing may be missing, torn, or doubled unannounced.</summary>
    public async Task RecoverAndCheckAsync()
    {
        Plan.Disarm();
        ExitCode ??= await Relay.StopAsync();
        var right = ExitCode == 0
            || (Plan.HasStruck && (Plan.Is(Mishap.Kill) ? ExitCode == Killed : RightEnds.Contains(ExitCode.Value)));
        Assert.True(right, $"{Plan}: exit code {ExitCode}\n{Relay.Printed}");
        Relay.By = [];
        await Relay.StartAsync(Configuration);
        ExitCode = null;
        await EndOrSettleAsync();
        Assert.True(ExitCode is null, $"{Plan}: the start after it ended with {ExitCode}\n{Relay.Printed}");
        await CheckAsync();
        Assert.True(await Relay.StopAsync() == 0, $"{Plan}: a stop is no success\n{Relay.Printed}");
        var verified = await Relay.DoAsync("spool", "verify");
        Assert.True(verified.ExitCode == 0, $"{Plan}: {verified}");
    }

    public async ValueTask DisposeAsync()
    {
        await Relay.DisposeAsync();
        await Sink.DisposeAsync();
        Plan.Dispose();
    }

    private List<Arrival> Arrivals => [.. _before, .. Sink.Arrivals];

    private async Task CheckAsync()
    {
        using var questions = new Questions(Relay);
        var recipients = await questions.RecipientsAsync();
        Assert.All(recipients, r => Assert.Equal("delivered", r.GetProperty("state").GetString()));
        var known = recipients.Select(r => r.GetProperty("id").GetString()!).ToHashSet();
        var arrived = Arrivals.GroupBy(a => Mails.KeyOf(a.Bytes)).ToDictionary(g => g.Key, g => g.ToList());
        foreach (var (key, id) in _acknowledged)
        {
            Assert.True(arrived.ContainsKey(key), $"{Plan}: {key} got a 250 and never arrived\n{Relay.Printed}");
            Assert.True(known.Contains(id), $"{Plan}: {key} got a 250 as {id}, which the relay does not know");
        }

        foreach (var (key, copies) in arrived)
        {
            Assert.All(copies, c => Mails.ArrivedUnchanged(Mails.Notification(key), c.Bytes));
            var id = Assert.Single(copies.Select(c => c.Id).Distinct());
            Assert.True(known.Contains(id), $"{Plan}: {key} arrived as {id}, which the relay does not know");
            if (copies.Count > 1)
                Assert.True((await questions.KindsAsync(id)).Contains("indoubt"),
                    $"{Plan}: {key} came {copies.Count} times, and its timeline knows no doubt\n{Relay.Printed}");
        }
    }

    private async Task SendByOneAsync(int connection, int mails)
    {
        try
        {
            await using var client = await SmtpClient.ConnectAsync(Relay.Port);
            for (var i = 0; i < mails; i++)
            {
                var key = $"C{connection}-{i}";
                var reply = await client.SendAsync(Mails.Notification(key));
                if (reply.StartsWith("250", StringComparison.Ordinal))
                    _acknowledged[key] = reply.Split(' ')[^1];
            }
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Cut off without an answer: that tells the client to send again.
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{Plan}: a client was left without an answer\n{Relay.Printed}");
        }
    }

    // First by what arrives: to ask makes calls of its own, and these are not the road's.
    private async Task<bool> IsSettledAsync()
    {
        var arrived = Arrivals.Select(a => Mails.KeyOf(a.Bytes)).ToHashSet();
        if (!_acknowledged.Keys.All(arrived.Contains))
            return false;
        try
        {
            using var questions = new Questions(Relay);
            return (await questions.RecipientsAsync())
                .All(r => r.GetProperty("state").GetString() is not ("waiting" or "trying"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false; // the misfortune hit this answer, or the process is about to end
        }
    }
}
