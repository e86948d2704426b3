using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Postroom.Relay.Spool.Disk;

/// <summary>One process at a time: holds the lock of a data folder until disposed, or until the process ends however
/// it ends.</summary>
public sealed class DataFolderLock : IDisposable
{
    /// <summary>The layout of the data folder that this version reads and writes.</summary>
    public const int Format = 1;

    private readonly SafeFileHandle _lock;

    private DataFolderLock(SafeFileHandle held) => _lock = held;

    /// <summary>Takes the lock, and notes or checks the format of the folder.</summary>
    /// <exception cref="SpoolUnusableException">Another process holds it (the message names it), or the format is
    /// newer.</exception>
    public static DataFolderLock Take(string folder)
    {
        var disk = new RealDisk(folder);
        var path = Path.Combine(Path.GetFullPath(folder), "lock");
        var handle = Posix.OpenFile(path, create: true);
        try
        {
            if (!OperatingSystem.IsWindows() && !Posix.TryLock(handle, path))
                throw new SpoolUnusableException(
                    $"{folder} is in use by {Holder(handle)}. "
                    + "Stop that one first, or give this one another data folder.")
                {
                    IsInUse = true,
                };
            RandomAccess.SetLength(handle, 0);
            RandomAccess.Write(handle, Encoding.ASCII.GetBytes(Invariant($"{Environment.ProcessId}\n")), 0);
            CheckFormat(disk, folder);
            return new DataFolderLock(handle);
        }
        catch (Exception) when (Release(handle))
        {
            throw;
        }
    }

    public void Dispose() => _lock.Dispose();

    private static bool Release(SafeFileHandle handle)
    {
        handle.Dispose();
        return true;
    }

    private static void CheckFormat(RealDisk disk, string folder)
    {
        using var file = disk.Open("format", create: true);
        var text = new byte[16];
        var read = file.Read(0, text);
        if (read == 0)
        {
            file.Write(0, [Encoding.ASCII.GetBytes(Invariant($"{Format}\n"))]);
            file.Sync();
            disk.SyncFolder("");
            return;
        }

        if (!int.TryParse(Encoding.ASCII.GetString(text, 0, read).Trim(), CultureInfo.InvariantCulture, out var format))
            throw new SpoolUnusableException(
                $"{folder}/format does not hold a number: this is no data folder of Postroom.");
        if (format > Format)
            throw new SpoolUnusableException(
                $"{folder} has format {format}, written by a newer Postroom; this one knows {Format}. "
                + "Start the newer version again; nothing was changed.");
    }

    private static string Holder(SafeFileHandle handle)
    {
        var text = new byte[16];
        var read = RandomAccess.Read(handle, text, 0);
        return read > 0 ? $"process {Encoding.ASCII.GetString(text, 0, read).Trim()}" : "another process";
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
