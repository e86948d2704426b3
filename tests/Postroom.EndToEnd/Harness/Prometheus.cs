using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>Debian's Prometheus, only unpacked: its promtool, and a server of the tests' own.</summary>
internal sealed class Prometheus : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-prometheus-").FullName;
    private readonly HttpClient _client = new();
    private Process? _process;

    private Prometheus(string address) => Address = address;

    public string Address { get; }

    /// <summary>A file that ships, by its path below <c>deploy/</c>.</summary>
    public static string Shipped(params string[] path) => Path.Combine([Root, "deploy", .. path]);

    public static Task<Said> ToolAsync(string input, params string[] arguments) =>
        Shell.RunAsync(Program("promtool"), arguments, input);

    /// <summary>Starts one that scrapes a relay each second, with a token for that alone, and keeps the shipped
    /// rules.</summary>
    public static async Task<Prometheus> StartAsync(RealRelay relay)
    {
        var prometheus = new Prometheus($"127.0.0.1:{Ports.Free()}");
        var token = Path.Combine(prometheus._folder, "postroom.token");
        var made = await relay.DoAsync("token", "create", "prometheus", "--scope", "metrics");
        Assert.True(made.ExitCode == 0, made.ToString());
        await File.WriteAllBytesAsync(token, made.Output);
        var configuration = Path.Combine(prometheus._folder, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, $"""
            global: {'{'} scrape_interval: 1s, evaluation_interval: 1s {'}'}
            rule_files: [ "{Shipped("prometheus", "postroom.rules.yml")}" ]
            scrape_configs:
              - job_name: postroom
                authorization: {'{'} credentials_file: "{token}" {'}'}
                static_configs: [ {'{'} targets: [ "{relay.ApiAddress}" ] {'}'} ]
            """);
        prometheus._process = Process.Start(Shell.Command(Program("prometheus"),
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={prometheus._folder}/data",
            $"--web.listen-address={prometheus.Address}", "--log.level=warn",
        ]))!;
        prometheus._process.OutputDataReceived += (_, _) => { };
        prometheus._process.ErrorDataReceived += (_, _) => { };
        prometheus._process.BeginOutputReadLine();
        prometheus._process.BeginErrorReadLine();
        return prometheus;
    }

    /// <summary>Asks a question until it has an answer.</summary>
    public async Task<JsonElement> AskAsync(string query)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (true)
        {
            var answer = await GetAsync($"query?query={Uri.EscapeDataString(query)}");
            if (answer is { } said && said.GetProperty("data").GetProperty("result").GetArrayLength() > 0)
                return said.GetProperty("data").GetProperty("result");
            Assert.False(limit.IsCancellationRequested, $"Prometheus has no {query}; {await TargetsAsync()}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What it says about those it scrapes: the last error too.</summary>
    public async Task<string> TargetsAsync() => (await GetAsync("targets"))?.ToString() ?? "it does not answer";

    public async Task<JsonElement?> GetAsync(string what)
    {
        try
        {
            var answer = await _client.GetStringAsync(
                new Uri($"http://{Address}/api/v1/{what}"), TestContext.Current.CancellationToken);
            return JsonDocument.Parse(answer).RootElement;
        }
        catch (HttpRequestException)
        {
            return null; // it is not up yet
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Postroom.slnx")))
                folder = folder.Parent;
            return folder.FullName;
        }
    }

    private static string Program(string name)
    {
        var unpacked = Path.Combine(Root, "artifacts", "prometheus", "usr", "bin", name);
        return File.Exists(unpacked) ? unpacked : Path.Combine("/usr/bin", name);
    }
}
