using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;
using Postroom.Relay.Postmaster;
using Postroom.Relay.Submission;
using Postroom.Relay.Vault;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Relay.Postmaster;

/// <summary>An alarm that tests raise and resolve, and a receiver that is told.</summary>
public abstract class WatchedHook : IAsyncDisposable
{
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private protected static readonly byte[] Key = Encoding.UTF8.GetBytes("a key of sixteen octets and more");

    private protected readonly string _folder = Directory.CreateTempSubdirectory("postroom-alarms-").FullName;
    private protected readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 1, 10, 0, 0, TimeSpan.Zero));
    private protected readonly List<TrailEvent> _noted = [];
    private protected readonly List<(Receiver To, string Subject, string Text)> _mails = [];
    private protected readonly SecretVault _vault;
    private protected readonly LoopbackHook _hook = new(FreePort());
    private protected CancellationTokenSource _end = new();
    private protected Task _running = Task.CompletedTask;
    private protected volatile float _value;
    private protected volatile string _detail = "of “≥” <b>";

    protected WatchedHook()
    {
        _vault = new SecretVault(Path.Combine(_folder, "vault"),
            new KeyFile(Path.Combine(_folder, "vault.key")), _time);
        _vault.Put("hook-key", new Secret($"whsec_{Convert.ToBase64String(Key)}"));
        _vault.Put("hook-url", new Secret($"http://127.0.0.1:{_hook.Port}/chat"));
    }

    private protected Receiver Hook => new("ops", ReceiverKind.Webhook)
    {
        Url = new Uri($"http://127.0.0.1:{_hook.Port}/alarms"), Key = "hook-key",
    };

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _hook.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected AlarmWatch Start(params Receiver[] receivers)
    {
        _end = new CancellationTokenSource();
        var alarm = new Alarm("waits", Measures.Waiting, 10)
        {
            For = TimeSpan.FromMinutes(1), Severity = Severity.Critical, Text = "{value} wait for {subject}: {detail}",
            Cure = "look at it",
        };
        var watch = new AlarmWatch(new PostmasterSettings([alarm], receivers), new PostmasterParts(
            Path.Combine(_folder, "alarms.json"), Note,
            () => _ => [new Measured("upstream", _value) { Detail = _detail }],
            new ReceiverNeeds(_vault, "relay.example", _time, MailAsync), NullLogger.Instance));
        _running = watch.RunAsync(_end.Token);
        return watch;
    }

    private protected void Note(TrailEvent happened)
    {
        lock (_noted)
            _noted.Add(happened);
    }

    private protected Task<Taken> MailAsync(Receiver to, Notice notice, string subject, string text)
    {
        _mails.Add((to, subject, text));
        return Task.FromResult(new Taken(new Reply(250, null, "ok"), MailId.After(default, _time.GetUtcNow())));
    }

    private protected async Task StopAsync()
    {
        _end.Cancel();
        await _running;
        _end.Dispose();
    }

    // A look and a try at a time, each to its end: who is told is told over real sockets.
    private protected async Task PassUntilAsync(Func<bool> isSo)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(1, limit.Token);
        }
    }

    private protected async Task PassAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += AlarmWatch.Every)
        {
            _time.Advance(AlarmWatch.Every);
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private protected static async Task StallAsync(System.Net.Sockets.TcpListener listener)
    {
        using var socket = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n"u8.ToArray(),
            TestContext.Current.CancellationToken);
        await Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
    }

    private protected static int FreePort()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork,
            System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
