namespace Postroom.Relay.Spool;

/// <summary>Threads of the operating system.</summary>
/// <remarks>A plain monitor, because it sleeps at once: the collections of .NET would have a thread look around
/// first.</remarks>
public sealed class RealThreads : IThreads
{
    public IThread Start(string name, Func<bool> turn) => new Sleeper(name, turn);

    public void Soon(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    // A relay idles most of its life.
    public void Rest() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private sealed class Sleeper : IThread
    {
        private readonly object _gate = new();
        private readonly Func<bool> _turn;
        private bool _woken;

        public Sleeper(string name, Func<bool> turn)
        {
            _turn = turn;
            new Thread(Run) { Name = name, IsBackground = true }.Start();
        }

        public void Wake()
        {
            lock (_gate)
            {
                if (_woken)
                    return;
                _woken = true;
                Monitor.Pulse(_gate);
            }
        }

        private void Run()
        {
            do
                Sleep();
            while (_turn());
        }

        private void Sleep()
        {
            lock (_gate)
            {
                while (!_woken)
                    Monitor.Wait(_gate);
                _woken = false;
            }
        }
    }
}
