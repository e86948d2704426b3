namespace Postroom.Tests.Relay.Queue;

/// <summary>Lets a test wait for what the others do: beaten at every change, asked again at every beat.</summary>
internal sealed class Pulse
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _beat = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Beat()
    {
        lock (_gate)
        {
            _beat.TrySetResult();
            _beat = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Completes when the condition holds; fails after a generous time.</summary>
    public async Task UntilAsync(Func<bool> holds)
    {
        while (true)
        {
            Task beat;
            lock (_gate)
                beat = _beat.Task;
            if (holds())
                return;
            await beat.WaitAsync(TimeSpan.FromSeconds(100));
        }
    }
}
