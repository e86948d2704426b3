using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Mail.Trouble;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Queue;

/// <summary>A conductor with a spool and couriers that tell their story, at noon on a Monday.</summary>
internal sealed class House : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, List<StoryCourier>> _couriers = [];
    private Task _run = Task.CompletedTask;

    public House(Mode mode = Mode.Live, int capacity = 4, QueueSettings? settings = null, params Route[] routes)
    {
        Time = new StoryTime(Pulse);
        Table = new RouteTable(routes.Length > 0 ? routes : [new Route("upstream", "127.0.0.1", 2526)]);
        Spool = new StorySpool(Time, Table.LaneOf, Pulse);
        Settings = settings ?? new QueueSettings();
        foreach (var route in Table.Routes)
            _couriers[route.Name] = [new StoryCourier(capacity, Time, Pulse)];
        Capacity = capacity;
        Conductor = new Conductor(new ConductorParts
        {
            Spool = Spool,
            Routes = Table,
            Policy = new SandboxPolicy(mode),
            Settings = Settings,
            CourierFor = Make,
            HostName = "relay.example.com",
            Time = Time,
            Dice = new Random(4),
            Log = Log,
            Meddle = (at, wouldLeave) => Meddle(at, wouldLeave),
            KeptBy = (lease, to) => KeptBy(lease, to),
        });
    }

    /// <summary>What is made to go wrong.</summary>
    public Func<Occasion, bool, Made?> Meddle { get; set; } = static (_, _) => null;

    /// <summary>What is asked before any mode.</summary>
    public Func<Lease, LeasedRecipient, ValueTask<Keeping?>> KeptBy { get; set; } =
        static (_, _) => ValueTask.FromResult<Keeping?>(null);

    public StoryTime Time { get; }
    public Pulse Pulse { get; } = new();
    public RouteTable Table { get; }
    public QueueSettings Settings { get; }
    public int Capacity { get; }
    public StorySpool Spool { get; }
    public StoryLog Log { get; } = new();
    public Conductor Conductor { get; }
    public List<string> Made { get; } = [];
    public StoryCourier Courier => CourierOf("upstream");

    /// <summary>The latest courier of a route; tests tell it its answers, even before it is made.</summary>
    public StoryCourier CourierOf(string route, int nth = 0) => _couriers[route][nth];

    public void NextCourier(string route) => _couriers[route].Add(new StoryCourier(Capacity, Time, Pulse));

    public House Run()
    {
        _run = Conductor.RunAsync(TestContext.Current.CancellationToken);
        return this;
    }

    public Task Ended => _run.WaitAsync(TimeSpan.FromSeconds(20));

    public StoryMail Put(string to = "alice@example.com", TimeSpan age = default, Notify notify = Notify.Unspecified) =>
        Spool.Put(new Envelope(new ReversePath("jira@example.com"), [new Recipient(new ForwardPath(to), notify)]), age);

    public Task UntilAsync(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string words = "") =>
        Pulse.UntilAsync(holds, words);

    /// <summary>Lets time pass once somebody sleeps who is to wake in it; sooner, it would sleep too long.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var then = Time.GetUtcNow() + time;
        await Pulse.UntilAsync(() => Time.SomebodyWakesBy(then), $"somebody wakes by {then:T}");
        Time.Advance(time);
    }

    public LaneStatus Lane(string name = "upstream") => Conductor.Lanes.Single(lane => lane.Lane == name);

    public static Failure Failure(Fault fault, int @class = 4, string words = "no", string? remote = null) =>
        new(fault, new EnhancedStatus(@class, 2, 2), words, remote);

    public async ValueTask DisposeAsync()
    {
        var stop = Conductor.StopAsync();
        while (!stop.IsCompleted) // a try that the test left open is cut off when its time is over
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await stop;
        await Ended;
    }

    private StoryCourier Make(Route route)
    {
        lock (Made)
        {
            var nth = Made.Count(made => made == route.Name);
            Made.Add(route.Name);
            return _couriers[route.Name][nth];
        }
    }
}

/// <summary>A clock that the test turns, and that tells who sleeps until when.</summary>
internal sealed class StoryTime(Pulse pulse) : FakeTimeProvider(House.Noon)
{
    private readonly HashSet<DateTimeOffset> _ends = [];

    public bool SomebodyWakesBy(DateTimeOffset then)
    {
        var now = GetUtcNow();
        lock (_ends)
            return _ends.Any(end => end > now && end <= then);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        lock (_ends)
            _ends.Add(GetUtcNow() + dueTime);
        pulse.Beat();
        return timer;
    }
}

internal sealed class StoryLog : ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
    {
        get { lock (_lines) return [.. _lines]; }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add($"{eventId.Id} {formatter(state, exception)}");
    }
}
