using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded.Aside;

/// <summary>Has the chain's head signed once it has gone on: some time after that, and at an orderly stop.</summary>
/// <remarks>
/// The head is one that is on stable storage, and the event about it is durable before the log line is written: then
/// the seal behind that event says how far all was synced before it, and no start after a power cut moves what was
/// signed. The one timer is armed while there is something that no checkpoint covers. No sync is hurried by it.
/// </remarks>
internal sealed class Checkpoints : IDisposable
{
    private readonly SpoolParts _parts;
    private readonly Func<TrailEvent, Task> _append;
    private readonly ITimer _timer;
    private Func<ChainHead, string?>? _sign;
    private int _isArmed;

    /// <param name="append">Completes when the event is durable; it is not to call <see cref="Moved"/>.</param>
    public Checkpoints(SpoolParts parts, Func<TrailEvent, Task> append)
    {
        (_parts, _append) = (parts, append);
        _timer = parts.Time.CreateTimer(_ => _ = WriteAsync(), null, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>From now on. What came before is covered by the first.</summary>
    public void Begin(Func<ChainHead, string?> sign)
    {
        _sign = sign;
        Moved();
    }

    /// <summary>Something became durable.</summary>
    public void Moved()
    {
        if (_sign is not null && Volatile.Read(ref _isArmed) == 0 && Interlocked.Exchange(ref _isArmed, 1) == 0)
            _timer.Change(_parts.Settings.CheckpointEvery, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The last one, behind all that this life had to say.</summary>
    public Task EndAsync()
    {
        _timer.Dispose();
        return WriteAsync();
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Signs the head as it is now.</summary>
    /// <returns>The line; null where it could not be signed.</returns>
    public async Task<string?> WriteAsync()
    {
        Volatile.Write(ref _isArmed, 0); // before the head is taken: what comes from here on is for the next
        if (_sign?.Invoke(_parts.Journal.Head) is not { } line)
            return null;
        try
        {
            await _append(new TrailEvent(_parts.Clock.Wall, EventKind.Checkpoint, null, null) { Text = line });
            SpoolLog.Checkpoint(_parts.Log, line);
            return line;
        }
        catch (SpoolFailedException e)
        {
            SpoolLog.NotNoted(_parts.Log, EventKind.Checkpoint, e);
            return null;
        }
    }
}
