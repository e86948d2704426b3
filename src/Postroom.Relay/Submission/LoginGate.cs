namespace Postroom.Relay.Submission;

/// <summary>Slows down who guesses passwords: each client address has a few tries, which come back with time.</summary>
/// <remarks>
/// Bounded: beyond <see cref="Most"/> addresses the one that failed longest ago is forgotten. By the clock that never
/// jumps: one that is put back must not shut out an application for days.
/// </remarks>
public sealed class LoginGate(TimeProvider clock)
{
    private const int Tries = 10;
    private const int Most = 10_000;
    private static readonly TimeSpan OneComesBack = TimeSpan.FromMinutes(1);

    // For each address: when all its tries will be back. The queue holds each address once, in the order of failing.
    private readonly Dictionary<string, TimeSpan> _clearAt = [];
    private readonly Queue<string> _order = new();
    private readonly Lock _lock = new();
    private readonly long _began = clock.GetTimestamp();

    /// <summary>How long a refusal is kept back: a guesser at one connection makes no more than one a second.</summary>
    public static TimeSpan Delay { get; } = TimeSpan.FromSeconds(1);

    public bool IsBlocked(string client)
    {
        lock (_lock)
            return _clearAt.TryGetValue(client, out var at) && at - Now > OneComesBack * (Tries - 1);
    }

    public void Failed(string client)
    {
        lock (_lock)
        {
            var now = Now;
            if (!_clearAt.TryGetValue(client, out var at))
            {
                if (_order.Count >= Most)
                    _clearAt.Remove(_order.Dequeue());
                _order.Enqueue(client);
            }

            _clearAt[client] = (at > now ? at : now) + OneComesBack;
        }
    }

    private TimeSpan Now => clock.GetElapsedTime(_began);
}
