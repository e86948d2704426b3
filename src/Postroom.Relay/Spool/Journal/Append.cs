namespace Postroom.Relay.Spool.Journal;

/// <summary>Frames that are there all or none, and who waits for them.</summary>
internal sealed class Append : TaskCompletionSource
{
    public Append(Frame first, int octets, bool isUrgent)
        : base(TaskCreationOptions.RunContinuationsAsynchronously) =>
        (First, Octets, IsUrgent) = (first, octets, isUrgent);

    public Frame First { get; }

    public int Octets { get; }

    public bool IsUrgent { get; }

    /// <summary>A piece of a body: done when written.</summary>
    public bool IsPiece => First.Kind == FrameKind.Body;
}

/// <summary>Wakes all who wait for one group, by a single item of the thread pool's queue.</summary>
/// <remarks>
/// Their continuations then go into that worker's own queue, whence idle workers steal: cheap, and in parallel, and
/// never on the journal's thread.
/// </remarks>
internal sealed class Completion(List<Append> done) : IThreadPoolWorkItem
{
    public void Execute()
    {
        foreach (var append in done)
            append.SetResult();
    }
}
