using Postroom.Mail;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Carries what is durable in the journal into the ledger, in large bites.</summary>
/// <remarks>
/// It waits a moment before it takes, because a mail that was accepted, leased and delivered in one bite costs the
/// ledger hardly more than one that was only accepted. Whoever needs the index now hurries it.
/// </remarks>
internal sealed class IndexFeeder : IAsyncDisposable
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);
    private const int Bite = 4096;

    private readonly MailJournal _journal;
    private readonly MailLedger _ledger;
    private readonly TimeProvider _time;
    private readonly Func<LaneOf> _laneOf;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<(Position Upto, TaskCompletionSource Done)> _waiting = [];
    private TaskCompletionSource _hurry = New();
    private Position _indexed;
    private readonly Task _loop;

    public IndexFeeder(MailJournal journal, MailLedger ledger, TimeProvider time, Func<LaneOf> laneOf)
    {
        (_journal, _ledger, _time, _laneOf) = (journal, ledger, time, laneOf);
        _indexed = ledger.IndexedTo ?? default;
        _loop = RunAsync();
    }

    /// <summary>Faults if the ledger cannot be written any more.</summary>
    public Task Completion => _loop;

    /// <summary>Called after each bite.</summary>
    public Action? AfterBite { get; set; }

    /// <summary>Completes when everything up to a position is in the index.</summary>
    public Task ReachedAsync(Position upto)
    {
        lock (_gate)
        {
            if (_indexed >= upto)
                return Task.CompletedTask;
            var done = New();
            _waiting.Add((upto, done));
            _hurry.TrySetResult();
            return done.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _loop;
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
            _stop.Dispose();
        }
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        while (true)
        {
            var first = await _journal.TakeDurableAsync(Bite, _stop.Token);
            if (first.Count < Bite && !IsHurried())
                await GatherAsync();
            var batch = new List<(Position, JournalRecord)>(first.Count);
            Add(batch, first);
            while (batch.Count < Bite && _journal.DurableNotTaken > 0)
                Add(batch, await _journal.TakeDurableAsync(Bite, _stop.Token));
            _ledger.Apply(batch, _laneOf());
            Reached(batch[^1].Item1);
            AfterBite?.Invoke();
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
            if (_hurry.Task.IsCompleted)
                _hurry = New();
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

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
