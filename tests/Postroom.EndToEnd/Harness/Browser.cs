using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A browser without a window (Debian's chromium-headless-shell), led by its own protocol.</summary>
internal sealed partial class Browser : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[65_536];
    private readonly HashSet<string> _seen = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-browser-").FullName;
    private Process? _process;
    private string? _page;
    private int _last;

    /// <param name="elsewhere">Where all names of the world lead: a port of this machine.</param>
    public static async Task<Browser> StartAsync(int elsewhere)
    {
        var browser = new Browser();
        browser._process = Process.Start(Shell.Command("chromium-headless-shell", ["--no-sandbox",
            "--remote-debugging-port=0", $"--user-data-dir={browser._folder}", "--disable-background-networking",
            string.Create(CultureInfo.InvariantCulture,
                $"--host-resolver-rules=MAP * 127.0.0.1:{elsewhere}, EXCLUDE 127.0.0.1"), "about:blank"]))!;
        browser._process.StandardInput.Close();
        string? line;
        do
            line = await browser._process.StandardError.ReadLineAsync(Patience);
        while (line is not null && !Address().IsMatch(line));
        Assert.True(line is not null, "the browser ended instead of listening");
        _ = browser._process.StandardError.ReadToEndAsync(Patience);
        _ = browser._process.StandardOutput.ReadToEndAsync(Patience);
        await browser._socket.ConnectAsync(new Uri(Address().Match(line).Value), Patience);
        var made = await browser.AskAsync("Target.createTarget", """{"url":"about:blank"}""");
        var joined = await browser.AskAsync("Target.attachToTarget",
            $$"""{"targetId":"{{made.GetProperty("targetId").GetString()}}","flatten":true}""");
        browser._page = joined.GetProperty("sessionId").GetString();
        await browser.AskAsync("Page.enable", "{}");
        return browser;
    }

    /// <summary>Opens a page, and waits until it and what it has in it are loaded.</summary>
    public async Task OpenAsync(string address)
    {
        _seen.Clear();
        var gone = await AskAsync("Page.navigate", $$"""{"url":"{{address}}"}""");
        Assert.False(gone.TryGetProperty("errorText", out var wrong), $"{address}: {wrong}");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Patience);
        limit.CancelAfter(Shell.Limit);
        while (!_seen.Contains("Page.loadEventFired"))
            await ReadAsync(limit.Token);
    }

    /// <summary>What an expression is in the page that is open, as a text.</summary>
    public async Task<string?> EvaluateAsync(string expression)
    {
        var said = await AskAsync("Runtime.evaluate", $$"""{"expression":"String({{expression}})"}""");
        return said.GetProperty("result").GetProperty("value").GetString();
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process?.Kill(entireProcessTree: true);
        if (_process is not null)
            await _process.WaitForExitAsync(CancellationToken.None);
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static CancellationToken Patience => TestContext.Current.CancellationToken;

    private async Task<JsonElement> AskAsync(string method, string parameters)
    {
        var number = await SayAsync(method, parameters);
        while (true)
            if (await ReadAsync(Patience) is var said && said.TryGetProperty("id", out var id)
                && id.GetInt32() == number)
                return said.TryGetProperty("result", out var result)
                    ? result : throw new InvalidOperationException($"{method}: {said}");
    }

    private async Task<int> SayAsync(string method, string parameters)
    {
        var session = _page is null ? "" : $",\"sessionId\":\"{_page}\"";
        var text = string.Create(CultureInfo.InvariantCulture,
            $"{{\"id\":{++_last},\"method\":\"{method}\",\"params\":{parameters}{session}}}");
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Patience);
        return _last;
    }

    private async Task<JsonElement> ReadAsync(CancellationToken cancel)
    {
        using var text = new MemoryStream();
        ValueWebSocketReceiveResult got;
        do
        {
            got = await _socket.ReceiveAsync(_buffer.AsMemory(), cancel);
            text.Write(_buffer, 0, got.Count);
        }
        while (!got.EndOfMessage);
        using var read = JsonDocument.Parse(text.ToArray());
        var said = read.RootElement.Clone();
        if (said.TryGetProperty("method", out var name))
            _seen.Add(name.GetString()!);
        if (name.ValueKind == JsonValueKind.String && name.GetString() == "Page.javascriptDialogOpening")
            await SayAsync("Page.handleJavaScriptDialog", """{"accept":true}"""); // else it waits for a person
        return said;
    }

    [GeneratedRegex("ws://\\S+")]
    private static partial Regex Address();
}
