using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Delivery;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Submission;
using Postroom.Shared;

namespace Postroom.Simulation;

/// <summary>How a life of the relay ends.</summary>
internal enum End
{
    /// <summary>It lives on until the world is at its end.</summary>
    Old,
    Kill,
    PowerCut,

    /// <summary>Asked, as SIGTERM does.</summary>
    Stop,

    /// <summary>A call of the disk fails, and all that follow.</summary>
    DiskFails,
}

/// <summary>One life of the relay, from its start to its end, built from its rooms as the host builds it.</summary>
internal sealed class Life
{
    private readonly World _world;
    private readonly End _end;
    private readonly string _ledger;
    private readonly TaskCompletionSource _asked = new();
    private int _momentsLeft;

    /// <param name="moments">At so many moments from now (steps, calls of the disk, writes to the wire) it ends, if it
    /// is to be killed.</param>
    public Life(World world, SimulatedDisk disk, string ledger, End end, int moments)
    {
        (_world, Disk, _ledger, _end, _momentsLeft) = (world, disk, ledger, end, moments);
        Number = world.LifeNumber;
        Party = new Party("relay") { OnStep = Live };
        Time = new SimulatedTime(world.Scheduler, Party);
        Near = new NearSide(world, this);
        Far = new FarSide(world, this);
        disk.IsFatal = IsFatal;
        disk.Died = Die;
    }

    public Party Party { get; }

    public SimulatedTime Time { get; }

    public SimulatedDisk Disk { get; }

    public NearSide Near { get; }

    public FarSide Far { get; }

    /// <summary>From 1.</summary>
    public int Number { get; }

    public EmbeddedSpool? Spool { get; private set; }

    /// <summary>Where people come in; null before they can, and in a world without a sandbox.</summary>
    public Rooms? Rooms { get; private set; }

    /// <summary>Told when it is over: who waits for an answer gets none.</summary>
    public List<Action> Unanswered { get; } = [];

    /// <summary>Nothing of it acts any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The disk as the next life finds it.</summary>
    public SimulatedDisk? Left { get; private set; }

    /// <summary>It was asked to stop, and did.</summary>
    public bool IsOrderly { get; private set; }

    public bool LostPower => _end == End.PowerCut;

    public void Begin() => _world.Scheduler.Post(Party, () => _ = RunAsync());

    /// <summary>Asks it to stop; a killed one is not asked.</summary>
    public void AskToStop() => _world.Scheduler.Post(Party, () => _asked.TrySetResult());

    /// <summary>A moment passes: it may be the last.</summary>
    public void Live()
    {
        if (IsFatal())
            Die();
    }

    public bool IsFatal() =>
        IsOver || (_end is End.Kill or End.PowerCut && _momentsLeft > 0 && --_momentsLeft == 0);

    /// <summary>If it is to be killed, it is within so many moments from now.</summary>
    public void EndWithin(int moments) => _momentsLeft = Math.Min(_momentsLeft, moments);

    /// <summary>The process is gone, or the machine.</summary>
    public void Die()
    {
        if (IsOver)
            return;
        _world.Note($"the relay dies: {_end}");
        (IsOver, Party.IsDead) = (true, true);
        Left = LostPower ? Disk.PowerCut() : Disk.Kill();
        Near.Die(LostPower);
        Far.Die(LostPower);
        Unanswered.ForEach(tell => tell());
        _world.Died(this);
    }

    private async Task RunAsync()
    {
        try
        {
            var routes = new RouteTable(_world.Routes);
            var place = new SpoolPlace(Disk, _ledger, null)
            {
                Threads = new SimulatedThreads(_world.Scheduler, Party, _world.Slowness),
            };
            Spool = await SpoolOpening.OpenAsync(place, _world.SpoolSettings, routes.LaneOf, Time, _world.Logger);
            var rooms = _world.Sandbox is { } sandbox ? new Rooms(_world, sandbox, this, Spool) : null;
            var submission = new SubmissionServer(
                new SubmissionSettings("relay.test", "/nonexistent/users", Listeners()), Spool, Time, _world, Near)
            {
                Onlooker = rooms?.Onlooker ?? new Onlooker(),
            };
            await submission.StartAsync(CancellationToken.None);
            var conductor = new Conductor(Parts(routes, rooms));
            var running = conductor.RunAsync(CancellationToken.None);
            rooms?.Open(conductor, submission);
            Rooms = rooms;
            _world.Note("the relay serves");
            await ServeAsync();
            if (!Spool.Failed.IsFaulted)
            {
                await CloseAsync(submission, conductor, running);
                IsOrderly = true;
            }

            Die();
        }
        catch (Exception e) when (e is IOException or SpoolFailedException)
        {
            _world.Note($"the relay ends by itself: {e.Message}");
            Die();
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            _world.Violation($"the relay threw: {bug}");
        }
    }

    private ListenerSettings[] Listeners() =>
    [
        new("main", "127.0.0.1:25") { Tls = ListenerTls.Off },
        .. _world.Sandbox is { HasSide: true }
            ? [new ListenerSettings("side", "127.0.0.1:26") { Tls = ListenerTls.Off }] : (ListenerSettings[])[],
    ];

    private ConductorParts Parts(RouteTable routes, Rooms? rooms) => new()
    {
        Spool = Spool!,
        Routes = routes,
        Policy = rooms?.Keeper.Policy ?? new SandboxPolicy(Mode.Live),
        KeptBy = rooms is null ? static (_, _) => ValueTask.FromResult<Keeping?>(null) : rooms.KeptByAsync,
        Settings = new QueueSettings(),
        CourierFor = route => new SmtpCourier(route, new CourierSettings("relay.test"), Far, Time),
        HostName = "relay.test",
        Time = Time,
        Dice = _world.Scheduler.Dice,
        Log = _world.Logger,
    };

    // The host ends the process when the spool has failed.
    private Task ServeAsync() => Task.WhenAny(Spool!.Failed, _asked.Task);

    private async Task CloseAsync(SubmissionServer submission, Conductor conductor, Task running)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10), Time);
        Rooms?.BeginToClose();
        await submission.StopAsync(patience.Token);
        if (Rooms is not null)
            await Rooms.ClosedAsync();
        await conductor.StopAsync();
        await running;
        await Spool!.DisposeAsync();
        Rooms?.Dispose();
    }
}
