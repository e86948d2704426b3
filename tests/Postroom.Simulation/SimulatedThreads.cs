using Postroom.Relay.Spool;

namespace Postroom.Simulation;

/// <summary>The threads of one life, as turns on the one thread of the world.</summary>
/// <param name="slowness">How long the disk keeps a thread waiting: asked before each turn.</param>
internal sealed class SimulatedThreads(Scheduler scheduler, Party party, Func<TimeSpan> slowness) : IThreads
{
    private readonly SimulatedTime _time = new(scheduler, party);

    public IThread Start(string name, Func<bool> turn) => new Worker(this, turn, isSlow: name != "postroom ledger");

    // What is on the disk may be told late.
    public void Soon(IThreadPoolWorkItem work)
    {
        var wait = slowness();
        if (wait == TimeSpan.Zero)
            Post(work.Execute);
        else
            After(wait, work.Execute);
    }

    public void Rest()
    {
        // Memory is none of this world's cares.
    }

    private sealed class Worker(SimulatedThreads threads, Func<bool> turn, bool isSlow) : IThread
    {
        private bool _isDue;
        private bool _isWaiting;
        private bool _hasEnded;

        public void Wake()
        {
            if (_hasEnded || _isDue)
                return;
            _isDue = true;
            if (!_isWaiting)
                Begin();
        }

        // A slow call: what is told by the turn before is told late, and the next turn begins late.
        private void Begin()
        {
            var wait = isSlow ? threads.Slowness() : TimeSpan.Zero;
            if (wait == TimeSpan.Zero)
            {
                threads.Post(Turn);
                return;
            }

            _isWaiting = true;
            threads.After(wait, Turn);
        }

        private void Turn()
        {
            (_isDue, _isWaiting) = (false, false);
            if (_hasEnded)
                return;
            _hasEnded = !turn();
            if (_isDue && !_hasEnded)
            {
                _isDue = false;
                Wake();
            }
        }
    }

    private TimeSpan Slowness() => slowness();

    private void Post(Action what) => scheduler.Post(party, what);

    private void After(TimeSpan wait, Action what) =>
        _time.CreateTimer(static act => ((Action)act!)(), what, wait, Timeout.InfiniteTimeSpan);
}
