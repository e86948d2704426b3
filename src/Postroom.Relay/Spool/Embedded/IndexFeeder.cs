using Microsoft.Extensions.Logging;
using Postroom.Mail;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Carries what is durable in the journal into the ledger, in large bites.</summary>
/// <remarks>
/// It waits a moment before it takes, because a mail that was accepted, leased and delivered in one bite costs the
/// ledger hardly more than one that was only accepted. Whoever needs the index now hurries it.
/// </remarks>
internal sealed class IndexFeeder : IAsyncDisposable
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);
    private const int Bite = 4096;

    // The log is copied back when the journal has nothing more to take and at least so much came since.
    private const int CheckpointAfter = 20_000;

    private readonly MailJournal _journal;
    private readonly MailLedger _ledger;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<LaneOf> _laneOf;
    private readonly Func<Action, Task> _offload;
    private readonly Action _rest;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<(Position Upto, TaskCompletionSource Done)> _waiting = [];
    private TaskCompletionSource _hurry = Promise.New();
    private Position _indexed;
    private readonly TaskCompletionSource _broken = Promise.New();
    private readonly Task _loop;
    private int _sinceCheckpoint;
    private bool _hasWorked = true; // the start leaves much behind
    private bool _closed;
    private volatile int _inHand;

    public IndexFeeder(SpoolParts parts, Func<LaneOf> laneOf)
    {
        (_journal, _ledger, _time, _log, _laneOf) = (parts.Journal, parts.Ledger, parts.Time, parts.Log, laneOf);
        (_offload, _rest) = (parts.Offload, parts.Rest);
        _indexed = _ledger.IndexedTo ?? default;
        _loop = RunAsync();
    }

    /// <summary>
    /// Never completes while the ledger can be written, if late; faults with the reason once it cannot.
    /// </summary>
    public Task Broken => _broken.Task;

    /// <summary>Records that are durable and not in the index: those still to be taken, and those in hand.</summary>
    public long Behind => _journal.DurableNotTaken + _inHand;

    /// <summary>Called after each bite.</summary>
    public Func<Task>? AfterBite { get; set; }

    /// <summary>Completes when everything up to a position is in the index.</summary>
    public Task ReachedAsync(Position upto)
    {
        lock (_gate)
        {
            if (_indexed >= upto)
                return Task.CompletedTask;
            if (_broken.Task.IsFaulted)
                return _broken.Task;
            if (_closed)
                return Task.FromException(new SpoolFailedException("the spool is closed"));
            var done = Promise.New();
            _waiting.Add((upto, done));
            _hurry.TrySetResult();
            return done.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        try
        {
            await _loop;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
            _stop.Dispose();
        }

        GiveUp(new SpoolFailedException("the spool is closed"));
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            await FeedAsync();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Nobody would be woken any more who waits for the index; the next start builds it anew.
            var failure = new SpoolFailedException($"the index failed: {e.Message}", e);
            _broken.TrySetException(failure);
            _ = _broken.Task.Exception; // looked at: nobody has to
            GiveUp(failure);
        }
    }

    private async Task FeedAsync()
    {
        while (true)
        {
            var first = await NextAsync();
            _inHand = first.Count;
            if (first.Count < Bite && !IsHurried())
                await GatherAsync();
            var batch = new List<(Position, JournalRecord)>(first.Count);
            Add(batch, first);
            while (batch.Count < Bite && _journal.DurableNotTaken > 0)
                Add(batch, await _journal.TakeDurableAsync(Bite, _stop.Token));
            _inHand = batch.Count;
            await ApplyAsync(batch);
            _inHand = 0;
            Reached(batch[^1].Item1);
            await TidyAsync(batch.Count);
        }
    }

    // After much work and then a pause, memory goes back to the machine: a relay idles most of its life.
    private async Task<IReadOnlyList<Entry>> NextAsync()
    {
        var next = _journal.TakeDurableAsync(Bite, _stop.Token).AsTask();
        if (!_hasWorked)
            return await next;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        if (await Task.WhenAny(next, Task.Delay(Pause, _time, enough.Token)) != next)
        {
            _hasWorked = false;
            _rest();
        }

        enough.Cancel();
        return await next;
    }

    // What can wait for the next bite must not end the feeding.
    private async Task TidyAsync(int applied)
    {
        _sinceCheckpoint += applied;
        try
        {
            if (AfterBite is { } next)
                await next();
            if (_sinceCheckpoint < CheckpointAfter || _journal.DurableNotTaken > 0)
                return;
            _sinceCheckpoint = 0;
            _hasWorked = true;
            await _offload(_ledger.Checkpoint);
        }
        catch (IOException e)
        {
            SpoolLog.NotTidied(_log, e);
        }
    }

    // A ledger that cannot be written (its disk is full, say) harms nothing that was accepted: intake slows down at
    // the bound of its lag, and the bite is tried again.
    private async Task ApplyAsync(List<(Position, JournalRecord)> batch)
    {
        for (var wait = TimeSpan.FromSeconds(1); ; wait = wait < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                await _offload(() => _ledger.Apply(batch, _laneOf()));
                return;
            }
            catch (IOException e)
            {
                SpoolLog.NotIndexed(_log, batch.Count, wait, e);
            }

            await Task.Delay(wait, _time, _stop.Token);
        }
    }

    private static void Add(List<(Position, JournalRecord)> batch, IReadOnlyList<Entry> entries)
    {
        foreach (var entry in entries)
            batch.Add((entry.Position, entry.Record));
    }

    private bool IsHurried()
    {
        lock (_gate)
            return _waiting.Count > 0;
    }

    private async Task GatherAsync()
    {
        Task hurry;
        lock (_gate)
        {
            if (_waiting.Count > 0)
                return;
            if (_hurry.Task.IsCompleted)
                _hurry = Promise.New();
            hurry = _hurry.Task;
        }

        try
        {
            await hurry.WaitAsync(Gather, _time, _stop.Token);
        }
        catch (TimeoutException)
        {
            return; // Nobody was in a hurry.
        }
    }

    private void Reached(Position position)
    {
        List<TaskCompletionSource> done = [];
        lock (_gate)
        {
            _indexed = position;
            foreach (var (upto, waiter) in _waiting)
                if (upto <= position)
                    done.Add(waiter);
            _waiting.RemoveAll(w => w.Upto <= position);
        }

        foreach (var waiter in done)
            waiter.SetResult();
    }

    private void GiveUp(SpoolFailedException why)
    {
        List<TaskCompletionSource> waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = _waiting.ConvertAll(w => w.Done);
            _waiting.Clear();
        }

        foreach (var waiter in waiting)
            waiter.SetException(why);
    }

}
