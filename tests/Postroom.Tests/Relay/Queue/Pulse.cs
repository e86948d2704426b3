using System.Runtime.CompilerServices;

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

    /// <summary>Completes at the next beat: ask for it first, then look, then wait, and no beat is missed.</summary>
    public Task Next
    {
        get { lock (_gate) return _beat.Task; }
    }

    /// <summary>Completes when the condition holds; fails with the condition's words after a generous time.</summary>
    public async Task UntilAsync(Func<bool> holds, [CallerArgumentExpression(nameof(holds))] string words = "")
    {
        while (true)
        {
            var beat = Next;
            if (holds())
                return;
            try
            {
                await beat.WaitAsync(TimeSpan.FromSeconds(100));
            }
            catch (TimeoutException)
            {
                throw new TimeoutException($"nothing moves any more, and it does not hold that {words}");
            }
        }
    }
}
