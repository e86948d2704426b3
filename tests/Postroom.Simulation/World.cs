using System.Text;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Routing;
using Postroom.Relay.Spool;
using Postroom.Shared;

namespace Postroom.Simulation;

/// <summary>One seed: two applications, a relay with several lives, two next hops, and whatever befalls them.</summary>
/// <remarks>While there is trouble, lives are killed or lose their power at any moment, disks are slow, full or fail,
/// clocks jump and next hops misbehave. Then the world calms down, and all that was promised must come true.</remarks>
internal sealed class World : ILoggerFactory, ILogger
{
    private const int MostSteps = 300_000;
    private static readonly TimeSpan CalmAtMost = TimeSpan.FromDays(3);

    private static readonly string[] Bugs =
        ["Bug", "PumpBroke", "AttemptBroke", "CourierBroke", "NotRefilled", "NotRead"];


    private readonly string _folder;
    private readonly List<Application> _applications = [];
    private readonly Queue<(End End, int Moments)> _fates = new();
    private readonly StringBuilder _story = new();
    private readonly List<string> _violations = [];
    private readonly List<bool> _ends = [];
    private Life _life;
    private Task? _caughtUp;
    private int _names;
    private long _slowUntil;
    private long _calmSince;

    public World(int seed, string folder)
    {
        (Seed, _folder) = (seed, folder);
        Scheduler = new Scheduler(new Random(seed)) { OnCrash = Crashed };
        Time = new SimulatedTime(Scheduler, Outside);
        var dice = Scheduler.Dice;
        var trouble = dice.Next(4) == 0 ? 0 : dice.Next(120);
        foreach (var name in (string[])["one", "two"])
            Hops[name] = new Hop(this, name, TimeSpan.FromMilliseconds(dice.Next(3) == 0 ? 30 : 0.2), trouble);
        Routes = [.. Hops.Keys.Select(name => new Route(name, name, 25)
        {
            Tls = TlsMode.None,
            Recipients = name == "one" ? ["*@one.test", "*@app.test"] : ["*@two.test"],
            Connections = dice.Next(1, 5), InFlight = dice.Next(1, 5),
        })];
        SpoolSettings = new SpoolSettings
        {
            SegmentSize = dice.Next(4) == 0 ? 128 << 10 : 256 << 10,
            FreeSpaceFloor = 64 << 10,
            Window = dice.Next(3) == 0 ? 2 : 1_000,
            BodyMemory = dice.Next(3) == 0 ? 0 : 1 << 20,
        };
        for (var lives = dice.Next(6); lives > 0; lives--)
            _fates.Enqueue(Fate(dice));
        _fates.Enqueue((End.Old, 0));
        var disk = new SimulatedDisk(dice);
        if (seed < 0)
            (Sandbox = new Sandbox(this, seed)).Prepare(disk);
        _life = NextLife(disk);
    }

    public int Seed { get; }

    /// <summary>Modes, storms and people; null in a world of a positive seed, where all mail goes out.</summary>
    public Sandbox? Sandbox { get; }

    public RouteTable RouteTable => new(Routes);

    public Scheduler Scheduler { get; }

    /// <summary>All that is not the relay: it never dies.</summary>
    public Party Outside { get; } = new("world");

    public SimulatedTime Time { get; }

    public Dictionary<string, Hop> Hops { get; } = [];

    public IReadOnlyList<Route> Routes { get; }

    public SpoolSettings SpoolSettings { get; }

    public IReadOnlyList<Application> Applications => _applications;

    public int LifeNumber { get; private set; }

    public Life Life => _life;

    /// <summary>The trouble is over.</summary>
    public bool IsCalm { get; private set; }

    /// <summary>What went wrong; the seed repeats it.</summary>
    public IReadOnlyList<string> Violations => _violations;

    /// <summary>What happened, for people and for comparing two runs of one seed.</summary>
    public string Story => _story.ToString();

    public ILogger Logger => this;

    public string NextName(string kind) => $"{kind}{++_names}";

    public NearConnection? Connect(ClientConnection client, int port) => _life.Near.Connect(client, port);

    public Task WaitAsync(TimeSpan wait) => Task.Delay(wait, Time);

    public void Note(string what) =>
        _story.Append($"{TimeSpan.FromTicks(Scheduler.Now):d\\.hh\\:mm\\:ss\\.ffffff} {what}\n");

    public void Violation(string what)
    {
        Note("VIOLATION " + what);
        _violations.Add(what);
    }

    /// <summary>How long the disk keeps a thread waiting now.</summary>
    public TimeSpan Slowness() => Scheduler.Now >= _slowUntil || IsCalm ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Scheduler.Dice.Next(Scheduler.Dice.Next(2) == 0 ? 50 : 15_000));

    /// <summary>Runs it to its end. Afterwards <see cref="Violations"/> is empty, or there is a bug.</summary>
    public void Run()
    {
        var dice = Scheduler.Dice;
        foreach (var name in (string[])["app", "wiki"])
            Add(new Application(this, name), dice.Next(1, 5));
        if (Sandbox is { HasStorms: true } sandbox)
            Add(new Application(this, "jira") { Bursts = true }, sandbox.Dice.Next(14, 22));
        Sandbox?.Begin();

        for (var i = dice.Next(4); i > 0; i--)
            Scheduler.After(TimeSpan.FromSeconds(dice.Next(300)), Outside, Misfortune);
        Watch();
        while (!IsAtItsEnd() && _violations.Count == 0)
            if (Scheduler.Steps > MostSteps)
                Violation($"{MostSteps} steps and no end");
            else if (!Scheduler.Step())
                Violation("nothing happens any more, and not all is done");
        if (_violations.Count == 0)
            new Verdict(this).Judge();
        SynchronizationContext.SetSynchronizationContext(null);
    }

    private void Add(Application application, int mails)
    {
        _applications.Add(application);
        Scheduler.Post(Outside, () => _ = application.RunAsync(mails));
    }

    public void Died(Life life)
    {
        if (IsCalm)
            Violation("the relay died in calm times");
        _ends.Add(life.IsOrderly);
        // The index as it is now; after a power cut it may be gone, and is built anew.
        if (!life.LostPower || Scheduler.Dice.Next(2) == 0)
            foreach (var part in (string[])["", "-wal"])
                if (File.Exists(Ledger(LifeNumber) + part))
                    File.Copy(Ledger(LifeNumber) + part, Ledger(LifeNumber + 1) + part);
        Scheduler.After(TimeSpan.FromMilliseconds(Scheduler.Dice.Next(5_000)), Outside,
            () => _life = NextLife(life.Left!));
    }

    /// <summary>That life did not end in order.</summary>
    public bool EndedByForce(int life) => life <= _ends.Count && !_ends[life - 1];

    private static (End, int) Fate(Random dice)
    {
        var end = (End)dice.Next(1, 5);
        // As often within the first ten moments as within the first thousand.
        var moments = (int)Math.Pow(10, 1 + dice.NextDouble() * 2.7);
        return (end, moments);
    }

    private Life NextLife(SimulatedDisk disk)
    {
        var (end, moments) = _fates.TryDequeue(out var fate) ? fate : (End.Old, 0);
        var ledger = Ledger(++LifeNumber);
        Note($"life {LifeNumber} begins, to end by {end} after {moments}");
        if (end == End.Old)
            disk.FreeSpace = SimulatedDisk.Roomy;
        if (end == End.DiskFails)
            disk.FailFrom(
                Scheduler.Dice.Next(3) == 0 ? DiskCall.Write : DiskCall.Sync, Scheduler.Dice.Next(1, 30),
                () => Scheduler.Dice.Next(2) == 0
                    ? new IOException("input/output error")
                    : new DiskFullException("no space"));
        var life = new Life(this, disk, ledger, end, moments);
        life.Begin();
        if (end is not End.Old)
            Scheduler.After(TimeSpan.FromSeconds(Scheduler.Dice.Next(1, 600)), Outside, () => Outlived(life, end));
        return life;
    }

    // It may have had nothing to do that could have been its end.
    private static void Outlived(Life life, End end)
    {
        if (life.IsOver)
            return;
        if (end == End.Stop)
            life.AskToStop();
        else
            life.Die();
    }

    private void Misfortune()
    {
        if (IsCalm)
            return;
        var dice = Scheduler.Dice;
        switch (dice.Next(4))
        {
            case 0:
                _slowUntil = Scheduler.Now + TimeSpan.FromSeconds(dice.Next(60)).Ticks;
                Note("the disk is slow for a while");
                break;
            case 1:
                Sandbox?.LookAtClock();
                Scheduler.WallShift += TimeSpan.FromHours(dice.Next(-48, 48));
                Note($"the wall clock is {Scheduler.WallShift} off");
                break;
            case 2:
                Hops[dice.Next(2) == 0 ? "one" : "two"].DownUntil =
                    Scheduler.Now + TimeSpan.FromSeconds(dice.Next(240)).Ticks;
                Note("a next hop is down for a while");
                break;
            default:
                var disk = _life.Disk;
                disk.FreeSpace = dice.Next(200_000);
                Note($"the disk has {disk.FreeSpace} octets left");
                Scheduler.After(
                    TimeSpan.FromSeconds(dice.Next(60)), Outside, () => disk.FreeSpace = SimulatedDisk.Roomy);
                break;
        }
    }

    // The world calms down when the last life has begun and the applications have had some time.
    private void Watch() => Scheduler.After(TimeSpan.FromMinutes(1), Outside, () =>
    {
        if (!IsCalm && _fates.Count == 0 && Scheduler.Now > TimeSpan.FromMinutes(6).Ticks)
        {
            (IsCalm, _calmSince) = (true, Scheduler.Now);
            Note("calm");
        }

        Watch();
    });

    private bool IsAtItsEnd()
    {
        if (!IsCalm || !_applications.TrueForAll(app => app.IsDone) || _life.Spool is not { } spool
            || Sandbox is { IsDone: false })
            return false;
        if (Scheduler.Now - _calmSince > CalmAtMost.Ticks)
        {
            Violation("mail still waits days after all trouble was over: "
                + string.Join(", ", spool.Lanes.Select(lane => $"{lane.Lane} {lane.Waiting}")));
            return true;
        }

        if (spool.Lanes.Any(lane => lane.Waiting > 0) || _life.Rooms?.Brake.All.Any(storm => storm.Slowly > 0) == true)
            _caughtUp = null;
        else if (_caughtUp is null)
            Scheduler.Post(_life.Party, () => _caughtUp ??= Sandbox?.LookAsync(spool)
                ?? spool.Index.CaughtUpAsync(CancellationToken.None).AsTask());
        return _caughtUp is { IsCompletedSuccessfully: true };
    }

    private void Crashed(Party party, Exception e)
    {
        if (!party.IsDead)
            Violation($"a step of {party} threw: {e}");
    }

    private string Ledger(int life) => Path.Combine(_folder, $"ledger{life}.db");

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // There is nothing to free: the folder is its maker's.
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (_life.IsOver || !Bugs.Contains(eventId.Name))
            return;
        Violation($"{eventId.Name}: {formatter(state, exception)} {exception}");
    }
}
