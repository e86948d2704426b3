using System.Collections.Concurrent;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Where the ledger works: SQLite blocks, and must not block who answers clients meanwhile.</summary>
internal sealed class LedgerThread
{
    private readonly BlockingCollection<(Action What, TaskCompletionSource Done)> _work = [];
    private readonly Lock _gate = new();

    public LedgerThread() => new Thread(Run) { Name = "postroom ledger", IsBackground = true }.Start();

    /// <summary>Completes, or faults, when it has run.</summary>
    public Task RunAsync(Action what)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
            if (_work.IsAddingCompleted)
                done.SetException(new SpoolFailedException("the spool is closed"));
            else
                _work.Add((what, done));
        return done.Task;
    }

    /// <summary>Does this last, and ends: whoever closes the ledger must not do so beside who asks it.</summary>
    public Task EndAsync(Action last)
    {
        lock (_gate)
        {
            var done = RunAsync(last);
            _work.CompleteAdding();
            return done;
        }
    }

    private void Run()
    {
        foreach (var (what, done) in _work.GetConsumingEnumerable())
            try
            {
                what();
                done.SetResult();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(e);
            }
    }
}
