#pragma warning disable CA1822, CA1065, CA1063, CA1816 // only until the bodies are here
namespace Postroom.Relay.Spool;

/// <summary>The disk below one folder of this machine.</summary>
public sealed class RealDisk : IDisk
{
    /// <param name="folder">Created (0700) if missing.</param>
    public RealDisk(string folder) => throw new InvalidOperationException(folder);

    public IDiskFile Open(string name, bool create) => throw new InvalidOperationException();
    public IReadOnlyList<string> List(string folder) => throw new InvalidOperationException();
    public void CreateFolder(string folder) => throw new InvalidOperationException();
    public void Rename(string from, string to) => throw new InvalidOperationException();
    public void Remove(string name) => throw new InvalidOperationException();
    public void SyncFolder(string folder) => throw new InvalidOperationException();
    public long FreeSpace => throw new InvalidOperationException();
    public string? BootId => throw new InvalidOperationException();
    public IScratch OpenScratch(string name, int size) => throw new InvalidOperationException();
}
