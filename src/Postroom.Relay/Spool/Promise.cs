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
}
