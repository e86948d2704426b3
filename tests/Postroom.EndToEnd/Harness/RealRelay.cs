using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>The real program, started with a configuration and a data folder of its own.</summary>
internal sealed class RealRelay : IAsyncDisposable
{
    private static readonly string[] OnRuntime = ["dotnet", Path.Combine(AppContext.BaseDirectory, "postroom.dll")];

    // What users get is the published program; `./test` says where it is. Else the one that was built.
    private static readonly string[] Published =
        Environment.GetEnvironmentVariable("POSTROOM_PROGRAM") is { } program ? [program] : OnRuntime;

    /// <summary>Whether it is the published program, whose calls are its own; a runtime beside it makes some, too.
    /// </summary>
    public static bool IsPublished => Published != OnRuntime;

    private readonly StringBuilder _said = new();
    private Process? _process;

    public RealRelay()
    {
        Folder = Directory.CreateTempSubdirectory("postroom-").FullName;
        Data = Path.Combine(Folder, "data");
    }

    /// <summary>A folder of its own, removed in the end: the configuration, passwords, sockets.</summary>
    public string Folder { get; }

    public string Data { get; init; }

    /// <summary>Where the tests see that folder: elsewhere, if the relay has a mount namespace of its own.</summary>
    public string DataSeen { get => field ?? Data; init; }

    /// <summary>What it and its command line are started through, each becoming the next (exec): where else than here
    /// it lives.</summary>
    public IReadOnlyList<string> Through { get; init; } = [];

    /// <summary>As by <c>dotnet run</c>, whatever else is published.</summary>
    public bool IsOnRuntime { get; init; }

    public string ConfigurationFile => Path.Combine(Folder, "postroom.toml");

    /// <summary>What runs the program: <c>env NAME=VALUE</c>, <c>unshare</c>. It must become the program
    /// (exec).</summary>
    public IReadOnlyList<string> By { get; set; } = [];

    private string[] Program => [.. Through, .. IsOnRuntime ? OnRuntime : Published];

    /// <summary>Where it listens.</summary>
    public int Port { get; init; } = Ports.Free();

    /// <summary>Where its API is served, beside the socket in its data folder: of many relays one could have the usual
    /// address. Null: nothing is said of it.</summary>
    public string? ApiAddress { get; init; } = "off";

    /// <summary>Everything it has printed so far.</summary>
    public string Printed
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    /// <summary>The most memory it has had at any time.</summary>
    public long PeakMegabytes
    {
        get
        {
            Process.Refresh();
            return Process.PeakWorkingSet64 >> 20;
        }
    }

    /// <summary>The end of it, for tests of many lives.</summary>
    public string LastPrinted => Printed is { Length: > 20_000 } all ? all[^20_000..] : Printed;

    public Process Process => _process ?? throw new InvalidOperationException("the relay was not started");

    /// <summary>The smallest live configuration, with one route to a port of this machine.</summary>
    public string Live(int nextHop, string route = "", string listener = "", string rest = "") => $"""
        mode = "live"
        hostname = "relay.example.test"
        [[listener]]
        address = "127.0.0.1:{Port}"
        {listener}
        [[route]]
        name = "upstream"
        host = "127.0.0.1"
        port = {nextHop}
        tls  = "none"
        {route}
        {rest}
        """;

    /// <summary>Starts a relay that sends everything to one port of this machine, and waits until it listens.</summary>
    public static async Task<RealRelay> LiveAsync(int nextHop, string route = "", string listener = "",
        string rest = "")
    {
        var relay = new RealRelay();
        await relay.StartAsync(relay.Live(nextHop, route, listener, rest));
        return relay;
    }

    /// <summary>Starts it, or starts it again on the same data folder, and waits until it greets and answers.</summary>
    public async Task StartAsync(string? configuration = null)
    {
        Launch(configuration);
        await ListensAsync();
    }

    /// <summary>Waits until it greets and answers.</summary>
    public async Task ListensAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (!await GreetsAsync(limit.Token) || !await AnswersAsync(limit.Token))
        {
            Assert.False(Process.HasExited, $"the relay ended instead of listening:\n{Printed}");
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Starts it without waiting for it to listen, for starts that are to be refused.</summary>
    public void Launch(string? configuration = null)
    {
        if (configuration != null)
            File.WriteAllText(ConfigurationFile, configuration);
        _process?.Dispose();
        string[] run = [.. By, .. Program, "run", "--config", ConfigurationFile, "--data", Data];
        var start = Shell.Command(run[0], run[1..]);
        if (ApiAddress is { } api)
            start.Environment["POSTROOM__API__ADDRESS"] = api;
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Runs a command of the program on this relay's data folder.</summary>
    public Task<Said> DoAsync(params string[] arguments) => DoWithInputAsync("", arguments);

    public Task<Said> DoWithInputAsync(string input, params string[] arguments) =>
        Shell.RunAsync(Program[0], [.. Program[1..], .. arguments, "--data", Data], input);

    /// <summary>A command of the program on this relay's data folder, to be started and talked with.</summary>
    public ProcessStartInfo Command(params string[] arguments) =>
        Shell.Command(Program[0], [.. Program[1..], .. arguments, "--data", Data]);

    /// <summary>Runs a command that takes no data folder.</summary>
    public static Task<Said> PlainAsync(params string[] arguments) =>
        Shell.RunAsync(Published[0], [.. Published[1..], .. arguments]);

    /// <summary>Runs a command that must succeed, with --json, and reads what it says.</summary>
    public async Task<JsonElement> AskAsync(params string[] arguments)
    {
        var said = await DoAsync([.. arguments, "--json"]);
        Assert.True(said.ExitCode == 0, $"{string.Join(' ', arguments)}: {said}\n{Printed}");
        return JsonDocument.Parse(said.Output).RootElement;
    }

    /// <summary>The recipients that a search finds.</summary>
    public async Task<List<JsonElement>> SearchAsync(string filter)
    {
        var said = await DoAsync(["search", .. filter.Split(' '), "--json"]);
        Assert.True(said.ExitCode is 0 or 1, $"search {filter}: {said}\n{Printed}");
        if (said.Output.Length == 0)
            return [];
        return [.. JsonDocument.Parse(said.Output).RootElement.GetProperty("recipients").EnumerateArray()];
    }

    /// <summary>Waits until a search finds that many recipients: by asking, as a person would.</summary>
    public async Task<List<JsonElement>> FindAsync(string filter, int count)
    {
        var until = Stopwatch.StartNew();
        while (true)
        {
            var found = await SearchAsync(filter);
            if (found.Count == count)
                return found;
            Assert.True(until.Elapsed < Shell.Limit, $"\"{filter}\" finds {found.Count}, not {count}\n{Printed}");
        }
    }

    /// <summary>Waits until it has printed a word, as often as given.</summary>
    public async Task WaitForAsync(string word, int times = 1)
    {
        var until = Stopwatch.StartNew();
        while (Printed.Split(word).Length <= times)
        {
            Assert.True(until.Elapsed < Shell.Limit, $"\"{word}\" is not printed {times} times\n{Printed}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until it ends by itself.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        await Process.WaitForExitAsync(limit.Token);
        return Process.ExitCode;
    }

    /// <summary>SIGKILL: it does not get to know.</summary>
    public async Task KillAsync()
    {
        Process.Kill();
        await ExitAsync();
    }

    /// <summary>SIGTERM, as systemd does.</summary>
    public async Task<int> StopAsync()
    {
        await Shell.SignalAsync(Process, "TERM");
        return await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
            if (Through.Count == 0 && TestContext.Current.TestState?.Result != TestResult.Failed)
                await Timelines.WalkAsync(this);
        }
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<bool> GreetsAsync(CancellationToken cancel)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, Port, cancel);
            var greeting = new byte[3];
            await client.GetStream().ReadExactlyAsync(greeting, cancel);
            return Encoding.ASCII.GetString(greeting) == "220";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    // The socket of the command line is there too. A stale one of a life before refuses.
    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(DataSeen, "api.sock")), cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Note(string? line)
    {
        lock (_said)
            _said.AppendLine(CultureInfo.InvariantCulture, $"{line}");
    }
}
