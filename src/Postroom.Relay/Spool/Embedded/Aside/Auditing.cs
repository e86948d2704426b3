using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;

namespace Postroom.Relay.Spool.Embedded.Aside;

/// <summary>Verifications beside the mail: one at a time, none beyond the spool's end.</summary>
internal sealed class Auditing(MailJournal journal) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly CancellationTokenSource _closing = new();

    /// <exception cref="OperationCanceledException">Given up, or the spool is being closed.</exception>
    public async Task<VerifyReport> RunAsync(ChainWitness witness, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        await _one.WaitAsync(either.Token);
        try
        {
            return await journal.VerifyAsync(witness, either.Token);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Completes when none runs; none begins any more.</summary>
    public async Task EndAsync()
    {
        _closing.Cancel();
        await _one.WaitAsync();
    }

    public void Dispose()
    {
        _one.Dispose();
        _closing.Dispose();
    }
}
