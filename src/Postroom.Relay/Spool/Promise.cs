namespace Postroom.Relay.Spool;

/// <summary>A task that is completed by hand. Who waits for it goes on elsewhere, never within the call that completes
/// it, which may be made under a lock.</summary>
public static class Promise
{
    // Only the simulator sets it. There who waits is posted to its one thread anyway, and must not come to the pool.
    private static readonly TaskCreationOptions Options =
        AppContext.TryGetSwitch("Postroom.Simulated", out var isSimulated) && isSimulated
            ? TaskCreationOptions.None
            : TaskCreationOptions.RunContinuationsAsynchronously;

    public static TaskCompletionSource New() => new(Options);

    /// <summary>Waits for a change, for a time at most, or until it is cancelled; throws for none of these.</summary>
    /// <param name="most">Infinite: the change alone, or the cancellation.</param>
    /// <remarks>A delay that is cancelled wakes whoever waits for any of several through the pool, where the simulator
    /// has no say: so it is cancelled only when nobody waits for it.</remarks>
    public static async Task ChangedAsync(Task change, TimeSpan most, TimeProvider time, CancellationToken cancel)
    {
        var cancelled = New();
        using var over = new CancellationTokenSource();
        await using (cancel.UnsafeRegister(static one => ((TaskCompletionSource)one!).TrySetResult(), cancelled))
            await Task.WhenAny(change, cancelled.Task, Task.Delay(most, time, over.Token));
        over.Cancel(); // no timer is left behind
    }
}
