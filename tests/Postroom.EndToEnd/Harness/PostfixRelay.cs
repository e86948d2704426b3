using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A Postfix in the relay's place, to be put through the same, with a configuration and queue of its
/// own.</summary>
/// <remarks>
/// Its master is the first process of a PID namespace, so that one SIGKILL ends all of its daemons at once.
/// </remarks>
internal sealed class PostfixRelay : IAsyncDisposable
{
    private readonly string _folder;
    private readonly int _port;
    private Process? _process;

    private PostfixRelay(string folder, int port) => (_folder, _port) = (folder, port);

    private string Configuration => Path.Combine(_folder, "conf");

    public static async Task<PostfixRelay> StartAsync(int port, int sink)
    {
        Assert.SkipUnless(Environment.UserName == "root", "a Postfix that can be killed whole needs root");
        var folder = Directory.CreateTempSubdirectory("postroom-postfix-").FullName;
        var postfix = new PostfixRelay(folder, port);
        var said = await Shell.RunAsync("bash", ["-c", PostfixHop.Configure, "postfix", folder,
            port.ToString(CultureInfo.InvariantCulture), sink.ToString(CultureInfo.InvariantCulture)]);
        Assert.True(said.ExitCode == 0, $"Postfix was not configured: {said}");
        await postfix.StartAsync();
        return postfix;
    }

    public async Task StartAsync()
    {
        _process?.Dispose();
        // Its own output goes to a file: it is written to by daemons that outlive who started them.
        _process = Process.Start(Shell.Command("unshare", ["--pid", "--fork", "--kill-child", "bash", "-c",
            $"exec postfix -c {Configuration} start-fg >>{_folder}/log/start.log 2>&1 </dev/null"]))!;
        var since = Stopwatch.StartNew();
        while (!await GreetsAsync())
        {
            if (since.Elapsed > Shell.Limit || _process.HasExited)
                Assert.Fail($"Postfix does not start: {string.Join('\n', Logs.Select(File.ReadAllText))}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>All of its processes at once.</summary>
    public async Task KillAsync()
    {
        var process = _process!;
        // The first process of the namespace is the child: with it the kernel ends all others.
        var child = File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Trim();
        await Shell.RunAsync("bash", ["-c", $"kill -KILL {child}"]);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        await process.WaitForExitAsync(limit.Token);
    }

    /// <summary>Tries at once what waits.</summary>
    public Task FlushAsync() => Shell.RunAsync("postqueue", ["-c", Configuration, "-f"]);

    /// <summary>Waits until nothing waits any more, so that everything that comes twice has come.</summary>
    public async Task EmptyAsync()
    {
        var since = Stopwatch.StartNew();
        while (Waiting > 0)
        {
            Assert.True(since.Elapsed < Shell.Limit, $"Postfix keeps {Waiting} mails");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Mails in its queue. It marks a complete file as executable; a kill leaves others, too.</summary>
    public int Waiting => ((string[])["incoming", "active", "deferred"]).Sum(queue =>
        new DirectoryInfo(Path.Combine(_folder, "spool", queue)).EnumerateFiles("*", SearchOption.AllDirectories)
            .Count(file => file.UnixFileMode.HasFlag(UnixFileMode.UserExecute)));

    private IEnumerable<string> Logs => Directory.EnumerateFiles(Path.Combine(_folder, "log"));

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> GreetsAsync()
    {
        try
        {
            await using var client = await SmtpClient.ConnectAsync(_port);
            return true;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
