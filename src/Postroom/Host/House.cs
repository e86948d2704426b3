using Microsoft.Extensions.Logging;
using Postroom.Api;
using Postroom.Api.Access;
using Postroom.Api.Live;
using Postroom.Api.Modes;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Duplicates;
using Postroom.Relay.OAuth;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Submission;
using Postroom.Relay.Maildirs;
using Postroom.Relay.Suppression;
using Postroom.Relay.Trouble;
using Postroom.Relay.Telemetry;
using Postroom.Relay.Vault;
using System.Reflection;

namespace Postroom.Host;

/// <summary>The whole relay, built with <c>new</c> in the order of the road: spool, submission, queue, and the
/// hand.</summary>
/// <remarks>
/// <list type="number">
/// <item>The spool first: what was promised in the life before is known before anything new is promised.</item>
/// <item>Submission: from here on mail is accepted.</item>
/// <item>The queue: from here on mail moves.</item>
/// <item>The API last: nobody waits for it.</item>
/// </list>
/// It ends in the order in which a mail would pass: nothing comes in, what is under way ends, the store closes.
/// </remarks>
public sealed class House : IAsyncDisposable
{
    private readonly Wiring _wiring;
    private readonly Func<Reading> _readAgain;
    private readonly ILogger _log;
    private readonly DateTimeOffset _startedAt;
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly CancellationTokenSource _closing = new();
    private readonly SecretVault _vault;
    private readonly TokenBook _tokens;
    private readonly ApiTokens _access;
    private readonly MeterReader _reader;
    private readonly Reporting _reporting;
    private readonly ModeKeeper _modes;
    private RelayConfiguration _configuration;
    private EmbeddedSpool? _spool;
    private NearSide? _submission;
    private Conductor? _conductor;
    private Calendar? _calendar;
    private Postmasters? _postmaster;
    private DuplicateGuard? _duplicates;
    private Clones? _clones;
    private TroubleDesk? _trouble;
    private Storms? _storms;
    private SuppressionList? _suppressions;
    private SuppressionWatch? _suppressing;
    private MaildirWatch? _maildirs;
    private Task _telling = Task.CompletedTask;
    private ApiServer? _api;

    /// <param name="readAgain">Reads the configuration anew, for a reload.</param>
    public House(RelayConfiguration configuration, Func<Reading> readAgain, Wiring wiring)
    {
        (_configuration, _readAgain, _wiring) = (configuration, readAgain, wiring);
        _log = wiring.Logs.CreateLogger("postroom");
        wiring.Meters.Traces.Shown = wiring.Addresses.Of;
        _startedAt = wiring.Time.GetUtcNow();
        _vault = configuration.Vault.Open(wiring.Time);
        _reader = new MeterReader(wiring.Meters);
        _reporting = new Reporting(_vault, wiring.Meters, _log);
        _tokens = new TokenBook(_vault, wiring.Time, wiring.Dice, wiring.Meters.Queue);
        _tokens.Use(configuration.Accounts);
        _modes = ModeKeeper.Open(configuration, wiring);
        _access = new ApiTokens(Folders.Tokens(configuration.DataFolder), wiring.Time, _log);
    }

    /// <summary>Never completes while the store is sound; faults once it has failed.</summary>
    public Task Failed => Spool.Failed;

    /// <summary>The store, for who shows what happens in it.</summary>
    public ISpool Spool => _spool ?? throw new InvalidOperationException("the house is not open");

    /// <summary>How every lane stands.</summary>
    public IReadOnlyList<LaneStatus> Lanes => _conductor?.Lanes ?? [];

    /// <summary>Builds everything; when it completes, mail is accepted and moves.</summary>
    /// <exception cref="SpoolUnusableException">The data folder is in use or not ours.</exception>
    /// <exception cref="CannotListenException">A listener's address is taken or forbidden.</exception>
    public async Task OpenAsync(CancellationToken cancel)
    {
        var (all, time) = (_configuration, _wiring.Time);
        Folder.Create(all.DataFolder);
        var routes = all.Table();
        _spool = await SpoolOpening.OpenAsync(
            SpoolPlace.Take(all.DataFolder) with { Meters = _wiring.Meters.Journal }, all.Spool, routes.LaneOf, time,
            _wiring.Logs.CreateLogger("postroom.spool"));
        _spool.Forgetter.Use(all.Retention);
        _wiring.Addresses.Use(all.LogAddresses, _vault, _log);
        var hearing = Postmasters.HearingOf(all.DataFolder, _wiring);
        _duplicates = await Doubles.OpenAsync(all.Duplicates, _spool, _wiring, cancel);
        (_clones, _storms) = (new Clones(_spool, all, _wiring), Storms.Open(all, _spool, _wiring));
        await _modes.GuardAsync(_clones.WeighAsync);
        _trouble = Troubles.Open(all, _wiring, _spool.Note);
        _submission = _wiring.Submission(all.Submission, _spool, Doubles.Seen(_duplicates, hearing.Heard) with
        {
            Met = _clones.Met, Counted = _storms.Seen(_modes), Meddle = Troubles.Of(_trouble, _modes),
        });
        await ListenAsync(() => _submission.StartAsync(cancel));
        var log = _wiring.Logs.CreateLogger("postroom.suppression");
        _suppressions = new SuppressionList(Folders.Suppressions(all.DataFolder), time, log);
        _suppressing = new SuppressionWatch(all.Suppression, _suppressions, _spool, time, log);
        _conductor = NewConductor(all, routes);
        _ = _conductor.RunAsync(CancellationToken.None);
        _ = UnroutedMail.ReleaseAsync(_spool, routes, _log, cancel);
        MissingSecrets.Tell(_configuration, _vault, _log);
        _calendar = new Calendar(() => Expiries.Of(_configuration, _vault, _access), _spool.Note,
            Path.Combine(all.DataFolder, "calendar.json"), time, _log);
        _ = _calendar.RunAsync(_closing.Token);
        _ = Consents.KeepAsync(_tokens, _clones, time, _log, _closing.Token);
        new Gauges(_spool, () => Lanes, () => _configuration, () => Expiries.Of(_configuration, _vault, _access),
                time) { Mode = () => _modes.Now }.Register(_wiring.Meters);
        _reporting.Use(all);
        _postmaster = new Postmasters(new PostmasterDoors(_spool, _wiring, _vault, _reader)
        {
            Lanes = () => Lanes, Configuration = () => _configuration, Take = TakeAsync, Tokens = _tokens.Find,
            Suppressions = _suppressions, Mode = () => _modes.Now, Clones = _clones, Storms = _storms,
            Calendar = () => Expiries.Of(_configuration, _vault, _access),
        }, hearing);
        _maildirs = new MaildirWatch(all.Maildirs, Folders.Maildirs(all.DataFolder), _spool, time, log);
        _telling = Task.WhenAll(_postmaster.RunAsync(_closing.Token), _suppressing.RunAsync(_closing.Token),
            _maildirs.RunAsync(_closing.Token), _clones.RunAsync(_closing.Token),
            _duplicates.RunAsync(_closing.Token), _storms.Brake.RunAsync(_closing.Token),
            _modes.RunAsync(_spool, _conductor.JudgeByAsync, _closing.Token));
        var doors = new ApiDoors(_spool, Status, ReloadAsync, time)
        {
            Hurry = _conductor.ProbeNow, Vault = _vault, SecretChanged = SecretChanged, TryOut = TryOutAsync,
            Calendar = () => Expiries.Answer(_configuration, _vault, _access),
            Tokens = _access, TokensChanged = _calendar.Changed, MessageSize = all.Api.MessageSize, Take = TakeAsync,
            Closing = _closing.Token, Dns = () => _configuration.Dns,
            Audit = Auditors.Of(_spool, all.DataFolder, _vault, _wiring),
            Erase = new Erasers(_spool, _suppressions, _postmaster.Watch, _vault).EraseAsync,
            UsersFile = Folders.Users(all.DataFolder),
            Metrics = _reader.Read,
            Alarms = _postmaster.Watch,
            Suppressions = _suppressions, Modes = _modes.Doors, LogWord = _wiring.Addresses.WordOf,
            Live = _clones.Answer, Confirm = ConfirmAsync, Trouble = _trouble, Storms = _storms.Brake,
            RouteNames = RouteNames, KeptBy = _clones.LookAt,
        };
        _api = new ApiServer(new ApiParts(all.Api, all.DataFolder, all.HostName), doors, _wiring.Logs);
        await ListenAsync(() => _api.StartAsync(cancel));
    }

    private Conductor NewConductor(RelayConfiguration all, RouteTable routes)
    {
        var refusals = new RefusalFile(Path.Combine(all.DataFolder, "refused.json"), Needs, _log);
        return new Conductor(new ConductorParts
        {
            RefusalOf = refusals.Find,
            KeepRefusal = refusals.Keep,
            KeptBy = _storms!.After(_clones!.JudgeAsync, _modes),
            Meddle = _trouble!.Meddle,
            SuppressedBy = Doubles.KeptBack(_suppressions!, _duplicates!, _closing.Token),
            Spool = Spool,
            Routes = routes,
            Policy = _modes.Policy,
            Settings = all.Queue,
            CourierFor = route => _wiring.CourierFor(route, Needs()),
            HostName = all.HostName,
            Time = _wiring.Time,
            Dice = _wiring.Dice,
            Log = _wiring.Logs.CreateLogger("postroom.queue"),
            Meters = _wiring.Meters,
        });
    }

    /// <summary>Reads the configuration again and takes it into use, or refuses it whole.</summary>
    /// <param name="who">A person, or the signal.</param>
    public async Task<ReloadAnswer> ReloadAsync(string who, CancellationToken cancel)
    {
        var answer = await ReadAgainAsync(who, cancel);
        _wiring.Meters.Reloaded(answer.Reloaded);
        _postmaster!.Reloaded(_configuration, answer.Reloaded ? null : answer.Mistakes[0]);
        return answer;
    }

    private async Task<ReloadAnswer> ReadAgainAsync(string who, CancellationToken cancel)
    {
        await _reloading.WaitAsync(cancel);
        try
        {
            var reading = _readAgain();
            var file = reading.Configuration?.File ?? _configuration.File ?? "built-in defaults";
            List<string> mistakes = [.. reading.Mistakes.Where(m => !m.IsWarning).Select(m => m.ToString())];
            List<string> warnings = [.. reading.Mistakes.Where(m => m.IsWarning).Select(m => m.ToString())];
            if (reading.Configuration is { } changed && changed.DataFolder != _configuration.DataFolder)
                mistakes.Add($"{file}: data is {changed.DataFolder} now, and {_configuration.DataFolder} is in use: "
                    + $"stop and start for that");
            if (reading.Configuration is not { } fresh || mistakes.Count > 0)
            {
                HostLog.ReloadRefused(_log, file, mistakes.Count);
                Note(EventKind.ReloadRefused, who, file);
                return new ReloadAnswer(false, file, mistakes, warnings);
            }
            if (NeedsStart(fresh))
                warnings.Add($"{file}: warning: changes to hostname, [spool], [vault] and [api] hold from the next "
                    + "start");
            _api!.Renew();
            await _submission!.ReloadAsync(fresh.Submission, cancel);
            _configuration = fresh;
            _tokens.Use(fresh.Accounts);
            _reporting.Use(fresh);
            _wiring.Addresses.Use(fresh.LogAddresses, _vault, _log);
            _suppressing!.Use(fresh.Suppression);
            _maildirs!.Use(fresh.Maildirs);
            _spool!.Forgetter.Use(fresh.Retention);
            _duplicates!.Use(fresh.Duplicates);
            _storms!.Brake.Use(fresh.Storms);
            _calendar!.Changed();
            _clones!.Use(fresh);
            _trouble!.Use(fresh.Trouble, fresh.TroubleAddresses);
            await _modes.UseAsync(fresh.Sandbox,
                policy => _conductor!.ReloadAsync(fresh.Table(), policy, fresh.Queue, cancel));
            await UnroutedMail.ReleaseAsync(Spool, fresh.Table(), _log, cancel);
            Note(EventKind.Reloaded, who, file);
            HostLog.Reloaded(_log, file, _modes.Now);
            MissingSecrets.Tell(_configuration, _vault, _log);
            return new ReloadAnswer(true, file, [], warnings);
        }
        catch (Exception e) when (e is ListenerRefusedException or IOException)
        {
            HostLog.ReloadRefused(_log, e.Message, 1);
            Note(EventKind.ReloadRefused, who, e.Message);
            return new ReloadAnswer(false, _configuration.File ?? "", [e.Message], []);
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Why nothing is sent from this machine; null where it is.</summary>
    public string? Foreign => _clones is { IsForeign: true } ? _clones.Why : null;

    private async Task<bool> ConfirmAsync(Confirmation asked)
    {
        await _reloading.WaitAsync(_closing.Token);
        try
        {
            var all = _configuration;
            if (!await _clones!.ConfirmAsync(asked))
                return false;
            await _modes.UseAsync(all.Sandbox,
                policy => _conductor!.ReloadAsync(all.Table(), policy, all.Queue, _closing.Token));
            _postmaster!.Reloaded(all, null);
            return true;
        }
        finally
        {
            _reloading.Release();
        }
    }

    /// <summary>Where the API is served by TCP; null where it is not.</summary>
    public string? ApiAddress =>
        _api?.Address is { } api ? $"{(_configuration.Api.Tls ? "https" : "http")}://{api}" : null;

    /// <summary>The mode that holds now, and who said so where it is not the configuration's.</summary>
    public Mode Mode => _modes.Now;

    /// <summary>What was said for all mail; null: the configuration's mode holds.</summary>
    public OverrideAnswer? ModeSet => _modes.Doors.ForAll;

    /// <summary>How everything stands now.</summary>
    public StatusAnswer Status()
    {
        var lanes = Lanes.ToDictionary(l => l.Lane);
        var counts = Spool.Lanes.ToDictionary(l => l.Lane, l => l.Waiting);
        return new StatusAnswer(Version, AnswerOf.Name(_modes.Now), _configuration.HostName,
            Environment.ProcessId)
        {
            StartedAt = _startedAt,
            DataFolder = _configuration.DataFolder,
            Listeners = [.. _configuration.Submission.Listeners.Select(l => l.Address)],
            Api = ApiAddress,
            ModeSet = ModeSet,
            HasRoom = Spool.HasRoom, Foreign = Foreign,
            IndexBehind = Spool.Index.Behind,
            Alarms = [.. (_postmaster?.Watch.Raised ?? []).Select(AlarmRequests.Of)],
            Counts = AnswerOf.Counts(Spool.Index.Count(Filter.All).ByState),
            Routes = [.. _configuration.Routes.Select(r => r.Name).Union(lanes.Keys).Union(counts.Keys)
                .Where(name => name.Length > 0 || counts.GetValueOrDefault(name) > 0)
                .Select(name => LaneOf(name, counts.GetValueOrDefault(name), lanes.GetValueOrDefault(name)))],
        };
    }

    /// <summary>The version of this program.</summary>
    public static string Version { get; } =
        typeof(House).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split(
            '+')[0] ?? "0";

    /// <summary>Lets what is under way end, within the patience of the rooms, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10), _wiring.Time);
        _closing.Cancel();
        if (_submission is not null)
            await _submission.StopAsync(patience.Token);
        if (_api is not null)
        {
            await _api.StopAsync(patience.Token);
            await _api.DisposeAsync();
        }
        await Task.WhenAny(_telling, Task.Delay(TimeSpan.FromSeconds(5), _wiring.Time)); // before its store closes
        if (_conductor is not null)
            await _conductor.StopAsync();
        _reporting.Dispose(); // the last batch has how it all ended
        if (_spool is not null)
            await _spool.DisposeAsync();
        _tokens.Dispose();
        _modes.Dispose();
        _reader.Dispose();
        _wiring.Meters.Dispose();
        _reloading.Dispose();
    }

    private bool NeedsStart(RelayConfiguration fresh) => fresh.Spool != _configuration.Spool
        || fresh.Vault != _configuration.Vault || fresh.HostName != _configuration.HostName
        || fresh.Api with { Hosts = _configuration.Api.Hosts } != _configuration.Api
        || !fresh.Api.Hosts.SequenceEqual(_configuration.Api.Hosts);

    private void SecretChanged(string name)
    {
        _tokens.SecretChanged(name);
        _reporting.SecretChanged(name);
        var accounts = _configuration.Accounts.Where(account =>
            name == account.ConsentName || name == account.ClientSecret || name == account.Key).ToList();
        _conductor!.ProbeCured(route => route.Account is { } account
            && (account.Secret == name || accounts.Exists(used => used.Name == account.OAuth)));
        _calendar!.Changed();
    }

    private void Note(EventKind kind, string who, string what) =>
        Spool.Note(new TrailEvent(_wiring.Time.GetUtcNow(), kind, null, null) { Who = who, Text = what });

    private CourierNeeds Needs() => new(_configuration, _vault, _tokens);

    private async Task<TrialAnswer?> TryOutAsync(string name, TrialRequest request, CancellationToken cancel)
    {
        var answer = await Trials.RunAsync(name, request, _wiring, Needs(), cancel);
        if (answer is not { Failure: null })
            return answer;
        _conductor!.ProbeCured(route => route.Name == name); // it works: what waits need not wait for the next probe
        return request.SendTo is { } to
            ? answer with { Mail = await Trials.SendAsync(name, answer.From, to, _configuration, TakeAsync) }
            : answer;
    }

    private Task<Taken> TakeAsync(Envelope envelope, Func<Origin> origin, Stream mail, CancellationToken cancel) =>
        _submission!.TakeAsync(envelope, origin, mail, _configuration.Api.MessageSize, cancel);

    private List<string> RouteNames() => [.. _configuration.Routes.Select(static route => route.Name)];

    private static LaneAnswer LaneOf(string name, long waiting, LaneStatus? lane) =>
        new(name, waiting, lane?.InFlight ?? 0, lane?.IsPaused ?? false)
        {
            PausedSince = lane?.PausedSince,
            Cause = AnswerOf.Failure(lane?.Cause),
            Explanation = AnswerOf.Explanation(lane?.Cause),
            NextProbe = lane?.NextProbe,
        };

    private static async Task ListenAsync(Func<Task> start)
    {
        try
        {
            await start();
        }
        catch (Exception e) when (e is ListenerRefusedException or IOException or System.Net.Sockets.SocketException
            or UnauthorizedAccessException)
        {
            throw new CannotListenException(e.Message, e);
        }
    }
}

/// <summary>A listener's address is taken, or may not be used.</summary>
public sealed class CannotListenException(string message, Exception inner) : Exception(message, inner);
