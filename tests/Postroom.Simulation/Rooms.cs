using Postroom.Api;
using Postroom.Api.Inbox;
using Postroom.Api.Replays;
using Postroom.Host;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Modes;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Storms;
using Postroom.Relay.Submission;
using Postroom.Relay.Suppression;

namespace Postroom.Simulation;

/// <summary>Of one life: modes, brake, and what people do, joined to the road as the host joins them.</summary>
internal sealed class Rooms : IDisposable
{
    private const long MessageSize = 1 << 20;

    private readonly World _world;
    private readonly Sandbox _sandbox;
    private readonly Life _life;
    private readonly Storms _storms;
    private readonly Func<Lease, LeasedRecipient, ValueTask<Keeping?>> _kept;
    private readonly CancellationTokenSource _closing = new();
    private readonly SemaphoreSlim _one = new(1);
    private Task _telling = Task.CompletedTask;
    private Conductor? _conductor;
    private Replaying? _replaying;
    private Copies? _copies;

    public Rooms(World world, Sandbox sandbox, Life life, EmbeddedSpool spool)
    {
        (_world, _sandbox, _life, Spool) = (world, sandbox, life, spool);
        Keeper = new ModeKeeper(sandbox.Configured.Written,
            new ModeBook(new SmallFile("modes.json", life.Disk), life.Time, world.Logger), life.Time, world.Logger);
        _storms = new Storms(new StormBrake(sandbox.StormSettings,
            new StormParts(new SmallFile("storms.json", life.Disk), spool, life.Time, world.Logger)));
        _kept = _storms.After(static (_, _) => ValueTask.FromResult<Keeping?>(null), Keeper);
        sandbox.Begins(world.LifeNumber, Keeper.Doors.Said(), Brake.All);
    }

    public EmbeddedSpool Spool { get; }

    public ModeKeeper Keeper { get; }

    public StormBrake Brake => _storms.Brake;

    public Onlooker Onlooker => new() { Counted = _storms.Seen(Keeper) };

    public void Open(Conductor conductor, SubmissionServer submission)
    {
        _conductor = conductor;
        var doors = new ApiDoors(Spool, static () => throw new NotSupportedException("nobody asks"),
            static (_, _) => throw new NotSupportedException("a reload comes by another way"), _life.Time)
        {
            Take = (envelope, origin, mail, cancel) =>
                submission.TakeAsync(envelope, origin, mail, MessageSize, cancel),
            Modes = Keeper.Doors, Storms = Brake,
            Suppressions = new SuppressionList("/nonexistent/suppressions", _life.Time, _world.Logger),
            Tokens = null!, UsersFile = "", Alarms = null!, Trouble = null!, Vault = null!, // nobody goes there
        };
        (_replaying, _copies) = (new Replaying(doors), new Copies(doors));
        _telling = Task.WhenAll(Brake.RunAsync(_closing.Token),
            Keeper.RunAsync(Spool, conductor.JudgeByAsync, _closing.Token));
    }

    /// <summary>Asked at each lease, for each recipient: what the brake says, and beside it what the world knows.
    /// </summary>
    public async ValueTask<Keeping?> KeptByAsync(Lease lease, LeasedRecipient to)
    {
        var (may, since, address) = (_sandbox.At(lease), _sandbox.LookAtClock(), to.Recipient.Path.Address);
        var mail = new Letter(lease.Envelope.From.Address, lease.Origin.Listener, lease.Header.App?.App);
        var blowing = Blowing(lease, _sandbox.Modes(may, mail, address, since)) && !_sandbox.WasKept(lease.Id, address);
        var kept = await _kept(lease, to);
        var modes = _sandbox.Modes(may, mail, address, since);
        if (blowing && kept is null && modes.All(Leaves))
            _world.Violation($"{lease.Id} for {address} passes while its storm blows");
        _sandbox.Judged(lease.Id, address, new Judgement(_life.Number, _world.Scheduler.Now,
            kept is null ? modes : new HashSet<Mode> { Mode.Hold }, kept?.Rule));
        return kept;
    }

    /// <summary>Reads the configuration anew, as after SIGHUP.</summary>
    public Task ReloadAsync(RouteTable routes) => Keeper.UseAsync(_sandbox.Configured.Written,
        policy => _conductor!.ReloadAsync(routes, policy, new QueueSettings(), CancellationToken.None));

    /// <summary>A mail once more, to those that it had gone to.</summary>
    public async Task<string?> ReplayAsync(MailId mail, string who)
    {
        await _one.WaitAsync();
        try
        {
            await Spool.Index.CaughtUpAsync(CancellationToken.None);
            var rows = Spool.Index.FindAll(new Filter([new Term(Field.Id, mail.ToString())]), 100)
                .SelectMany(page => page).ToList();
            var done = await _replaying!.DoAsync(rows, new ReplayOrder(null, null, null, who, "once more")
            {
                IsNamed = true,
            }, CancellationToken.None);
            return done.Replayed.Select(one => one.Id).FirstOrDefault();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>A copy of a mail to somebody else; the same key, the same copy.</summary>
    public async Task<string?> CopyAsync(MailId mail, string to, string key)
    {
        if (Spool.Index.Show(mail) is not { } record)
            return null;
        var order = new CopyOrder([to], "", "person", "look at this", key);
        _copies!.Check(record, order);
        return (await _copies.HandOverAsync(record, order, CancellationToken.None)).Id;
    }

    /// <summary>Nothing is told any more, before the store closes.</summary>
    public void BeginToClose() => _closing.Cancel();

    public Task ClosedAsync() => Task.WhenAny(_telling, Task.Delay(TimeSpan.FromSeconds(5), _life.Time));

    public void Dispose()
    {
        _closing.Dispose();
        _one.Dispose();
        Keeper.Dispose();
    }

    private static bool Leaves(Mode mode) => mode is Mode.Live or Mode.Redirect;

    // Whether a storm was noticed before, which nobody let go, and the mail surely is of it and would leave.
    private bool Blowing(Lease lease, IReadOnlySet<Mode> modes) => modes.All(Leaves) && lease.Origin.Replay is null
        && Burst.IsOfIt(lease.Header.Subject) && lease.Envelope.From != ReversePath.Null
        && Brake.All.LastOrDefault(one => one.Source == Burst.Source && one.First <= lease.Id) is
            { Passes: false, Over: null };
}
