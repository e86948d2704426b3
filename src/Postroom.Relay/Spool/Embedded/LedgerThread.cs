using System.Collections.Concurrent;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Where the ledger works: SQLite blocks, and must not block who answers clients meanwhile.</summary>
internal sealed class LedgerThread : IDisposable
{
    private readonly BlockingCollection<(Action What, TaskCompletionSource Done)> _work = [];

    public LedgerThread() => new Thread(Run) { Name = "postroom ledger", IsBackground = true }.Start();

    /// <summary>Completes, or faults, when it has run.</summary>
    public Task RunAsync(Action what)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add((what, done));
        return done.Task;
    }

    public void Dispose() => _work.CompleteAdding();

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

        _work.Dispose();
    }
}
