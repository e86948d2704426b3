using Microsoft.Extensions.Logging;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>What the embedded spool is made of.</summary>
internal sealed record SpoolParts(SpoolSettings Settings, IDisk Disk, TimeProvider Time, ILogger Log) : IAsyncDisposable
{
    public required MailJournal Journal { get; init; }
    public required MailLedger Ledger { get; init; }
    public required WireMarks Marks { get; init; }
    public required SteadyClock Clock { get; init; }

    /// <summary>Runs what blocks on the ledger.</summary>
    public required Func<Action, Task> Offload { get; init; }

    /// <summary>Asks the ledger, where nobody else is at it.</summary>
    public async Task<T> AskLedgerAsync<T>(Func<MailLedger, T> question)
    {
        var answer = default(T);
        await Offload(() => answer = question(Ledger));
        return answer!;
    }

    /// <summary>Much was done and there is nothing to do.</summary>
    public required Action Rest { get; init; }

    /// <summary>Ends with the spool; null if there is none.</summary>
    public LedgerThread? Thread { get; init; }

    /// <summary>Held as long as the folder is ours; null in memory.</summary>
    public IDisposable? FolderLock { get; init; }

    public async ValueTask DisposeAsync()
    {
        if (Thread is not null)
            await Thread.EndAsync(CloseLedger);
        else
            CloseLedger();
        FolderLock?.Dispose();
    }

    private void CloseLedger()
    {
        try
        {
            Ledger.Checkpoint();
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException)
        {
            SpoolLog.NotTidied(Log, e);
        }
        finally
        {
            Ledger.Dispose();
        }
    }
}
