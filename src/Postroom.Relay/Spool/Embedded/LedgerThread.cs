namespace Postroom.Relay.Spool.Embedded;

/// <summary>Where the ledger works: SQLite blocks, and must not block who answers clients meanwhile.</summary>
/// <remarks>It sleeps while there is nothing to do: the collections of .NET would have it look around first.</remarks>
internal sealed class LedgerThread
{
    private readonly Queue<(Action What, TaskCompletionSource Done)> _work = [];
    private bool _ends;

    public LedgerThread() => new Thread(Run) { Name = "postroom ledger", IsBackground = true }.Start();

    /// <summary>Completes, or faults, when it has run.</summary>
    public Task RunAsync(Action what) => Add(what, isLast: false);

    /// <summary>Does this last, and ends: whoever closes the ledger must not do so beside who asks it.</summary>
    public Task EndAsync(Action last) => Add(last, isLast: true);

    private Task Add(Action what, bool isLast)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_work)
            if (_ends)
                done.SetException(new SpoolFailedException("the spool is closed"));
            else
            {
                _ends = isLast;
                _work.Enqueue((what, done));
                Monitor.Pulse(_work);
            }
        return done.Task;
    }

    private void Run()
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
    }

    private (Action What, TaskCompletionSource Done)? Next()
    {
        lock (_work)
        {
            while (_work.Count == 0 && !_ends)
                Monitor.Wait(_work);
            return _work.TryDequeue(out var next) ? next : null;
        }
    }
}
