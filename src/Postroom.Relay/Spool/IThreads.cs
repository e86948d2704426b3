namespace Postroom.Relay.Spool;

/// <summary>One of the doors to the world: threads of our own, for work that blocks.</summary>
/// <remarks>The real one is <see cref="RealThreads"/>; the simulator has one thread, and its dice pick who runs
/// next.</remarks>
public interface IThreads
{
    /// <summary>Starts a thread, which sleeps until it is woken.</summary>
    /// <param name="turn">Runs on it at least once after each <see cref="IThread.Wake"/>, never twice at once. True:
    /// sleep again; false: the thread ends. Must not throw.</param>
    IThread Start(string name, Func<bool> turn);

    /// <summary>Runs it soon, on whatever thread is free.</summary>
    void Soon(IThreadPoolWorkItem work);

    /// <summary>Much was done and there is nothing to do now: memory may go back to the machine.</summary>
    void Rest();
}

/// <summary>A thread of our own.</summary>
public interface IThread
{
    /// <summary>There is something to do.</summary>
    void Wake();
}
