using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Queue;
using Postroom.Relay.Wire;
using Postroom.Tests.Relay.Queue;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>The real queue and the real courier, with a scripted next hop and a spool that tells its story.</summary>
internal sealed class HopHouse : IAsyncDisposable
{
    private readonly Conductor _conductor;
    private Task _run = Task.CompletedTask;

    public HopHouse(ScriptedPeer peer, Route route, Func<CourierSettings, CourierSettings>? with = null)
    {
        Peer = peer;
        Time = new StoryTime(Pulse);
        Dialer = new TroubledDialer(new PipeDialer(peer));
        var table = new RouteTable([route]);
        Spool = new StorySpool(Time, table.LaneOf, Pulse);
        var settings = new CourierSettings("relay.example");
        _conductor = new Conductor(new ConductorParts
        {
            Spool = Spool,
            Routes = table,
            Policy = new SandboxPolicy(Mode.Live),
            Settings = new QueueSettings(),
            CourierFor = to => new SmtpCourier(to, with?.Invoke(settings) ?? settings, Dialer, Time),
            HostName = "relay.example",
            Time = Time,
            Dice = new Random(4),
            Log = Log,
        });
    }

    public ScriptedPeer Peer { get; }

    public Pulse Pulse { get; } = new();

    public StoryTime Time { get; }

    public StorySpool Spool { get; }

    public StoryLog Log { get; } = new();

    public TroubledDialer Dialer { get; }

    public void Run() => _run = _conductor.RunAsync(TestContext.Current.CancellationToken);

    public StoryMail Put(string body, bool isInMemory, params string[] to)
    {
        var recipients = to.Select(address => new Recipient(new ForwardPath(address), Notify.Never)).ToArray();
        var mail = Spool.Put(new Envelope(new ReversePath("app@example.com"), recipients), body: body,
            isInMemory: isInMemory);
        return mail;
    }

    /// <summary>Waits until this mail was tried and the outcome settled.</summary>
    public Task SettledAsync(StoryMail mail) => Pulse.UntilAsync(() => IsSettled(mail));

    public bool IsSettled(StoryMail mail) => Spool.Settlements.Any(settled => settled.Lease.Id == mail.Id);

    /// <summary>Waits until the courier has looked at everything that the next hop has said.</summary>
    public async Task QuietAsync()
    {
        for (var look = 0; look < 10_000 && !Dialer.IsQuiet; look++)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        Assert.True(Dialer.IsQuiet, "the courier does not read");
    }

    /// <summary>Lets so much time pass until it is settled, and sees that it is not before.</summary>
    public async Task SettledAfterAsync(StoryMail mail, TimeSpan time)
    {
        var second = TimeSpan.FromSeconds(1);
        Time.Advance(time - second);
        Assert.False(IsSettled(mail), $"settled before {time}");
        for (var late = 0; late < 2_000 && !IsSettled(mail); late++)
        {
            Time.Advance(second); // the wait may have begun a moment after the peer was silent
            await Task.Delay(late < 5 ? 1 : 10, TestContext.Current.CancellationToken);
        }

        await SettledAsync(mail);
    }

    /// <summary>The next hop has mended its ways: waits until nothing of the mail is open any more.</summary>
    public async Task EndedAsync(StoryMail mail)
    {
        for (var look = 0; look < 5_000; look++)
        {
            var open = mail.Recipients.Where(IsOpen).ToList();
            if (open.Count == 0)
                break;
            var due = open.Max(r => r.Due);
            var next = Lane.NextProbe is { } probe && probe > due ? probe : due;
            if (next > Time.GetUtcNow())
                Time.Advance(next - Time.GetUtcNow() + TimeSpan.FromMilliseconds(1));
            else if (look > 500) // a try that began before the hop mended its ways waits for its deadline
                Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }

        await Pulse.UntilAsync(() => !mail.Recipients.Exists(IsOpen));
    }

    public async ValueTask DisposeAsync()
    {
        var stop = _conductor.StopAsync();
        while (!stop.IsCompleted)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        await stop;
        await _run.WaitAsync(CourierHouse.Patience);
    }

    private LaneStatus Lane => _conductor.Lanes.Single(lane => lane.Lane == "upstream");

    private static bool IsOpen(StoryRecipient recipient) => RecipientLife.IsOpen(recipient.State);
}

/// <summary>A dialer that may be in trouble before there is a connection.</summary>
internal sealed class TroubledDialer(PipeDialer inner) : IDialer
{
    public bool IsUnknown { get; set; }

    public bool IsRefused { get; set; }

    public bool IsSilent { get; set; }

    public TaskCompletionSource Dialled { get; } = new();

    public int Connections => inner.Dialled;

    /// <summary>The latest connection is over, or all that came on it is read, and more is waited for.</summary>
    public bool IsQuiet => inner.Latest is null or { IsQuiet: true };

    public Task<IReadOnlyList<string>> ResolveAsync(string host, CancellationToken cancel) => IsUnknown
        ? throw new DialException($"{host} cannot be resolved: no such name")
        : inner.ResolveAsync(host, cancel);

    public async Task<Stream> ConnectAsync(string address, int port, CancellationToken cancel)
    {
        Dialled.TrySetResult();
        if (IsRefused)
            throw new DialException($"{address} port {port}: refused");
        if (IsSilent)
            await Task.Delay(Timeout.Infinite, cancel);
        return await inner.ConnectAsync(address, port, cancel);
    }
}
