namespace Postroom.Relay.Spool.Embedded;

/// <summary>Where the ledger works: SQLite blocks, and must not block who answers clients meanwhile.</summary>
internal sealed class LedgerThread
{
    private readonly Queue<(Action What, TaskCompletionSource Done)> _work = [];
    private readonly IThread _thread;
    private bool _ends;

    public LedgerThread(IThreads threads) => _thread = threads.Start("postroom ledger", Turn);

    /// <summary>Completes, or faults, when it has run.</summary>
    public Task RunAsync(Action what) => Add(what, isLast: false);

    /// <summary>Does this last, and ends: whoever closes the ledger must not do so beside who asks it.</summary>
    public Task EndAsync(Action last) => Add(last, isLast: true);

    private Task Add(Action what, bool isLast)
    {
        var done = Promise.New();
        lock (_work)
            if (_ends)
                done.SetException(new SpoolFailedException("the spool is closed"));
            else
            {
                _ends = isLast;
                _work.Enqueue((what, done));
            }
        _thread.Wake();
        return done.Task;
    }

    private bool Turn()
    {
        while (Next() is { } next)
            try
            {
                next.What();
                next.Done.SetResult();
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                next.Done.SetException(e);
            }

        lock (_work)
            return !_ends || _work.Count > 0;
    }

    private (Action What, TaskCompletionSource Done)? Next()
    {
        lock (_work)
            return _work.TryDequeue(out var next) ? next : null;
    }
}
