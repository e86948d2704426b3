namespace Postroom.Relay.Spool.Journal;

/// <summary>Frames that are there all or none, and who waits for them.</summary>
/// <remarks>
/// Who waits goes on in <see cref="Execute"/>, on a worker of the thread pool, without a further hop; so nothing but
/// that may complete it while somebody can wait, and never the journal's thread.
/// </remarks>
internal sealed class Append(Frame first, int octets, bool isUrgent) : TaskCompletionSource, IThreadPoolWorkItem
{
    private SpoolFailedException? _failure;

    public Frame First => first;

    public int Octets => octets;

    public bool IsUrgent => isUrgent;

    /// <summary>A piece of a body: done when written.</summary>
    public bool IsPiece => first.Kind == FrameKind.Body;

    /// <summary>It is done, or failed: whoever waits hears of it on the thread pool.</summary>
    public void EndLater(SpoolFailedException? failure)
    {
        _failure = failure;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute()
    {
        if (_failure is null)
            TrySetResult();
        else
            TrySetException(_failure);
    }
}

/// <summary>Wakes all who wait for one group, by a single item of the thread pool's queue.</summary>
/// <remarks>
/// The first goes on right here: in a group of one, which is every group of a relay that is not busy, that is all. The
/// others go into this worker's own queue, whence idle workers steal.
/// </remarks>
internal sealed class Completion(List<Append> done) : IThreadPoolWorkItem
{
    public void Execute()
    {
        for (var i = 1; i < done.Count; i++)
            ThreadPool.UnsafeQueueUserWorkItem(done[i], preferLocal: true);
        done[0].Execute();
    }
}
