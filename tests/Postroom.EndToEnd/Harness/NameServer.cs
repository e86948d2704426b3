using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A dnsmasq of the test's own, on a loopback port: Debian's, with a file of records, and asking nobody.
/// </summary>
internal sealed class NameServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-dns-").FullName;
    private Process? _process;

    private NameServer()
    {
    }

    public int Port { get; } = Ports.Free();

    /// <summary>What it was asked: name and kind, in its order.</summary>
    public List<string> Asked => [.. File.ReadLines(Log)
        .Where(line => line.Contains(" query[", StringComparison.Ordinal))
        .Select(line => line[(line.IndexOf("query[", StringComparison.Ordinal) + 6)..].Split("] ", 2))
        .Select(parts => $"{parts[1].Split(' ')[0]} {parts[0]}")];

    private string Log => Path.Combine(_folder, "log");

    /// <summary>Starts one.</summary>
    /// <param name="records">In its own words: <c>txt-record=…</c>, <c>host-record=…</c>.</param>
    public static async Task<NameServer> StartAsync(string records)
    {
        var server = new NameServer();
        var configuration = Path.Combine(server._folder, "dnsmasq.conf");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            port={server.Port}
            listen-address=127.0.0.1
            bind-interfaces
            no-resolv
            no-hosts
            log-queries
            log-facility={server.Log}
            pid-file={Path.Combine(server._folder, "pid")}
            user={Environment.UserName}
            local=/com/
            local=/example/
            {records}

            """), TestContext.Current.CancellationToken);
        server._process = Process.Start(Shell.Command("/usr/sbin/dnsmasq",
            ["--keep-in-foreground", $"--conf-file={configuration}"]))!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (!File.Exists(server.Log)
            || !(await File.ReadAllTextAsync(server.Log, limit.Token)).Contains("started", StringComparison.Ordinal))
        {
            if (server._process.HasExited)
                Assert.Fail($"dnsmasq ended: {await server._process.StandardError.ReadToEndAsync(limit.Token)}");
            await Task.Delay(20, limit.Token);
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
