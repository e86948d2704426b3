namespace Postroom.Relay.Spool.Journal;

/// <summary>Frames that are there all or none. Who waits goes on where it runs, not on the journal's thread.</summary>
internal sealed class Append(Frame first, int octets, bool isUrgent) : TaskCompletionSource, IThreadPoolWorkItem
{
    private SpoolFailedException? _failure;

    public Frame First => first;
    public int Octets => octets;
    public bool IsUrgent => isUrgent;

    /// <summary>A piece of a body: done when written.</summary>
    public bool IsPiece => first.Kind == FrameKind.Body;

    public void EndLater(SpoolFailedException? failure, IThreads threads)
    {
        _failure = failure;
        threads.Soon(this);
    }

    public void Execute() => _ = _failure is null ? TrySetResult() : TrySetException(_failure);
}

/// <summary>Wakes all who wait for one group: the first right here; idle workers steal the rest.</summary>
internal sealed class Completion(List<Append> done, IThreads threads) : IThreadPoolWorkItem
{
    public void Execute()
    {
        for (var i = 1; i < done.Count; i++)
            threads.Soon(done[i]);
        done[0].Execute();
    }
}
