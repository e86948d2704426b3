#pragma warning disable CA1822, CA1065, CA1063, CA1816 // only until the bodies are here
namespace Postroom.Relay.Spool;

/// <summary>One process at a time: holds the lock of a data folder until disposed.</summary>
public sealed class DataFolderLock : IDisposable
{
    /// <exception cref="SpoolUnusableException">Another process holds it (the message names it), or the format is newer.</exception>
    public static DataFolderLock Take(string folder) => throw new InvalidOperationException();

    public void Dispose() => throw new InvalidOperationException();
}
