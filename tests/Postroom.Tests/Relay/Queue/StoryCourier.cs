using Postroom.Mail.Status;
using Postroom.Relay.Delivery;

namespace Postroom.Tests.Relay.Queue;

/// <summary>A courier that answers as the test says, and counts.</summary>
internal sealed class StoryCourier(int capacity, TimeProvider time, Pulse pulse) : ICourier
{
    private readonly Lock _gate = new();

    public int Capacity { get; } = capacity;

    /// <summary>What the next hop says to a mail; 250 if nothing else is told.</summary>
    public Func<Assignment, CancellationToken, Task<Outcome>> Answer { get; set; } = (a, _) => Task.FromResult(Took(a));

    public Func<Failure?> Probe { get; set; } = () => null;

    public List<Assignment> Tries { get; } = [];
    public List<DateTimeOffset> Probes { get; } = [];
    public int Under { get; private set; }
    public int MostUnder { get; private set; }
    public int Recorded { get; private set; }
    public bool IsDisposed { get; private set; }

    public static Outcome Took(Assignment assignment) => new(
        [.. assignment.Recipients.Select(r => new RecipientResult(r.Index, "250 2.0.0 queued as 1A", null, false))],
        null, null);

    public static Outcome Failed(Assignment assignment, Failure failure) => new(
        [.. assignment.Recipients.Select(r => new RecipientResult(r.Index, null, failure, false))], null, null);

    public async Task<Outcome> DeliverAsync(Assignment assignment, CancellationToken cancel)
    {
        lock (_gate)
        {
            Tries.Add(assignment);
            MostUnder = Math.Max(MostUnder, ++Under);
        }

        pulse.Beat();
        try
        {
            var answer = await Answer(assignment, cancel).WaitAsync(cancel);
            return new Outcome(answer.Results, answer.Attempt, () =>
            {
                lock (_gate)
                    Recorded++;
                pulse.Beat();
            })
            {
                Damage = answer.Damage,
                InDoubt = answer.InDoubt,
            };
        }
        finally
        {
            lock (_gate)
                Under--;
            pulse.Beat();
        }
    }

    public Task<Failure?> ProbeAsync(CancellationToken cancel)
    {
        var failure = Probe();
        lock (_gate)
            Probes.Add(time.GetUtcNow());
        pulse.Beat();
        return Task.FromResult(failure);
    }

    public int AskedAnew { get; private set; }

    public void AskAnew() => AskedAnew++;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        pulse.Beat();
        return ValueTask.CompletedTask;
    }
}
