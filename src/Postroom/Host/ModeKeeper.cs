using System.Globalization;
using Microsoft.Extensions.Logging;
using Postroom.Api.Modes;
using Postroom.Configuration;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Modes;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Host;

/// <summary>Which policy holds: the configuration's, and before it what people said since. It makes each
/// policy.</summary>
internal sealed class ModeKeeper : IDisposable
{
    private readonly ModeBook _book;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _one = new(1); // a reload and a person's word never cross
    private volatile SandboxSettings _configured;
    private volatile string? _stopped;
    private volatile SandboxPolicy _holding;
    private volatile TaskCompletionSource _changed = Promise.New();
    private ISpool? _spool;
    private Func<bool, bool, Task<string?>> _weigh = (_, _) => Task.FromResult<string?>(null);
    private Func<SandboxPolicy, Task> _judgeBy = _ => Task.CompletedTask;

    public ModeKeeper(SandboxSettings configured, ModeBook book, TimeProvider time, ILogger log)
    {
        (_configured, _book, _time, _log) = (configured, book, time, log);
        _holding = Policy;
    }

    /// <summary>Remembers what was said in the life before.</summary>
    public static ModeKeeper Open(RelayConfiguration all, Wiring wiring)
    {
        var log = wiring.Logs.CreateLogger("postroom.modes");
        var book = new ModeBook(new SmallFile(Folders.Modes(all.DataFolder)), wiring.Time, log);
        return new ModeKeeper(all.Sandbox, book, wiring.Time, log);
    }

    /// <summary>What was said for all mail, and holds now; null: the configuration's mode.</summary>
    public ModeOverride? ForAll => _book.All.FirstOrDefault(one => one.IsForAll && one.Holds(_time.GetUtcNow()));

    /// <summary>The mode of mail that no rule is about, as it is now.</summary>
    public Mode Now => ForAll?.Mode ?? _configured.Mode;

    /// <summary>The policy of this moment.</summary>
    public SandboxPolicy Policy => new(_configured with { Overrides = _book.All, Stopped = _stopped });

    /// <summary>Whether mail could go out to whom it is addressed, by a policy that is made once for many.</summary>
    public bool CouldMail(string listener, IReadOnlyList<ForwardPath> to) =>
        _holding.CouldMail(listener, to, _time.GetUtcNow());

    /// <summary>Whether a mail would go out to a recipient, as far as modes decide.</summary>
    public bool WouldLeave(LastingFacts mail, ForwardPath to) =>
        _holding.Judge(mail, to, _time.GetUtcNow(), kept: null).Clearance is not null;

    /// <summary>How the API sees all this.</summary>
    public ModeDoors Doors => new(() => _configured, () => [.. _book.All.Where(one => one.Holds(_time.GetUtcNow()))],
        SetAsync, ClearAsync) { Policy = () => Policy };

    /// <summary>From now on the clone guard has the first word.</summary>
    /// <param name="weigh">By whether the modes let any mail leave, and whether they are live: why nothing may; null:
    /// the modes decide.</param>
    public async Task GuardAsync(Func<bool, bool, Task<string?>> weigh)
    {
        _weigh = weigh;
        await WeighAsync();
    }

    /// <summary>Another configuration, with all that is judged by it.</summary>
    public async Task UseAsync(SandboxSettings configured, Func<SandboxPolicy, Task> take)
    {
        await _one.WaitAsync(CancellationToken.None);
        try
        {
            _configured = configured;
            await WeighAsync();
            await take(Policy);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Tells what is over, as it ends, until it is cancelled.</summary>
    /// <param name="judgeBy">Has all that is leased from then on judged by a policy.</param>
    public async Task RunAsync(ISpool spool, Func<SandboxPolicy, Task> judgeBy, CancellationToken cancel)
    {
        (_spool, _judgeBy) = (spool, judgeBy);
        while (!cancel.IsCancellationRequested)
        {
            var changed = _changed.Task; // before the look: what comes during it counts
            await EndAsync();
            await WaitAsync(_book.NextEnd, changed, cancel);
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task SetAsync(ModeOverride said) => await ChangeAsync(said.Who, () =>
    {
        _book.Set(said);
        return $"{SandboxPolicy.NameOf(said.Mode)} for {said.For}{UntilOf(said)}: {said.Reason}";
    });

    private async Task<int> ClearAsync(Func<ModeOverride, bool> which, string who)
    {
        var count = 0;
        await ChangeAsync(who, () =>
        {
            var gone = _book.Clear(which);
            count = gone.Count;
            return count == 0 ? null : "as the configuration says again for " + string.Join(", ",
                gone.Select(one => $"{one.For} (was {SandboxPolicy.NameOf(one.Mode)})"));
        });
        return count;
    }

    // Kept first, then it holds, then it is on record; only then is the person told.
    private async Task ChangeAsync(string? who, Func<string?> change)
    {
        await _one.WaitAsync(CancellationToken.None);
        try
        {
            if (change() is not { } what)
                return;
            await WeighAsync();
            await _judgeBy(Policy);
            HostLog.ModeChanged(_log, $"{what}{(who is null ? "" : $" (by {who})")}");
            if (_spool is not null)
                await _spool.NoteAsync(new TrailEvent(_time.GetUtcNow(), EventKind.ModeChanged, null, null)
                {
                    Who = who, Text = what,
                });
            Interlocked.Exchange(ref _changed, Promise.New()).TrySetResult();
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task WeighAsync()
    {
        var modes = new SandboxPolicy(_configured with { Overrides = _book.All });
        _stopped = await _weigh(modes.LetsAnyLeave(_time.GetUtcNow()), Now == Mode.Live);
        _holding = Policy;
    }

    private async Task EndAsync()
    {
        var ended = _book.TakeOver(out var notKept);
        foreach (var over in ended)
            await ChangeAsync(null, () => $"{SandboxPolicy.NameOf(over.Mode)} for {over.For} is over, set by "
                + $"{over.Who}: as the configuration says again");
        if (notKept is not null)
            HostLog.ModeNotKept(_log, notKept);
    }

    private Task WaitAsync(DateTimeOffset? end, Task changed, CancellationToken cancel)
    {
        // In steps: a clock that is set, or a machine that slept, is noticed within an hour.
        var left = end is { } at ? at - _time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        var step = end is null ? left : left > TimeSpan.FromHours(1) ? TimeSpan.FromHours(1)
            : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(left.TotalMilliseconds)));
        return Promise.ChangedAsync(changed, step, _time, cancel);
    }

    private static string UntilOf(ModeOverride said) => said.Until is { } until
        ? string.Create(CultureInfo.InvariantCulture, $" until {until.UtcDateTime:yyyy-MM-dd HH:mm}Z") : "";
}
