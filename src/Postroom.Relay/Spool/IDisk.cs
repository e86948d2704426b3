namespace Postroom.Relay.Spool;

/// <summary>
/// One of the doors to the world: the disk below one folder, as a store that must not lie sees it.
/// </summary>
/// <remarks>
/// Names are relative to the folder, with / between. What is written is visible at once to reads and outlives the
/// process; only what was synced outlives the power, and a created, renamed or removed name only after
/// <see cref="SyncFolder"/>. All calls block; failures are <see cref="IOException"/>, a full disk
/// <see cref="DiskFullException"/>. The real one is <c>RealDisk</c>; the simulated one loses and tears what was not
/// synced.
/// </remarks>
public interface IDisk
{
    /// <summary>Opens a file for reading and writing at offsets, creating it if asked.</summary>
    IDiskFile Open(string name, bool create);

    /// <summary>The names of the files in a folder, without the folder; empty if there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    void CreateFolder(string folder);

    /// <summary>Replaces <paramref name="to"/> if it exists.</summary>
    void Rename(string from, string to);

    void Remove(string name);

    /// <summary>Makes the names in a folder durable. Checked.</summary>
    void SyncFolder(string folder);

    /// <summary>Octets still free.</summary>
    long FreeSpace { get; }

    /// <summary>
    /// Which run of the machine this is: differs after a power cut or restart of the machine. Null if it cannot be
    /// told.
    /// </summary>
    string? BootId { get; }

    /// <summary>
    /// A small piece of memory that outlives the process but not the power, by name: a store is enough, no call, no
    /// sync.
    /// Created zeroed if missing or of another size.
    /// </summary>
    IScratch OpenScratch(string name, int size);

    /// <summary>What such a piece of memory holds now; null if there is none. Changes nothing.</summary>
    byte[]? ReadScratch(string name);
}

/// <summary>An open file.</summary>
public interface IDiskFile : IDisposable
{
    long Length { get; }

    /// <summary>Writes all of it at an offset.</summary>
    void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces);

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    int Read(long offset, Span<byte> into);

    /// <summary>
    /// Makes everything written so far durable (fdatasync). Checked: a failure is never swallowed, nor tried again.
    /// </summary>
    void Sync();

    void Truncate(long length);

    /// <summary>Gives the space of a range back to the disk; from then on it reads as zeros, and the file is as long as
    /// before. Where the file system cannot do that, nothing happens. As unsynced as a write.</summary>
    void GiveBack(long offset, long length);
}

/// <summary>Memory that outlives the process.</summary>
public interface IScratch : IDisposable
{
    Span<byte> Bytes { get; }
}

/// <summary>ENOSPC or EDQUOT.</summary>
public sealed class DiskFullException(string message, Exception? inner = null) : IOException(message, inner);
