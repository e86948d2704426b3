using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Postroom.Relay.Spool.Disk;

/// <summary>The calls .NET does not make, or does not check: every result is looked at.</summary>
/// <remarks>
/// .NET 10.0.12 swallows the errors of fsync and cannot open a folder, so a store that has to know calls the C
/// library itself. Windows has its own neighbour for each (<see cref="Sync"/>, <see cref="SyncFolder"/>).
/// </remarks>
internal static unsafe class Posix
{
    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int NoSpace = 28;
    private const int QuotaExceeded = 122;
    private const int NoSuchFile = 2;
    private const int NoSuchCall = 38;
    private const int NotSupported = 95;

    private const int ReadWrite = 2;
    private const int Create = 0x40;
    private const int CloseOnExec = 0x80000;

    // The two flags that are not the same on all machines.
    private static bool IsArm => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static int NoFollow => IsArm ? 0x8000 : 0x20000;
    private static int Folder => IsArm ? 0x4000 : 0x10000;

    /// <summary>For reading and writing; 0600 if created; a symbolic link is refused.</summary>
    public static SafeFileHandle OpenFile(string path, bool create)
    {
        if (OperatingSystem.IsWindows())
            return File.OpenHandle(
                path, create ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite,
                FileShare.ReadWrite | FileShare.Delete);
        return Opened(path, ReadWrite | CloseOnExec | NoFollow | (create ? Create : 0));
    }

    /// <summary>Makes the content of a file durable.</summary>
    public static void Sync(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            if (FlushFileBuffers(file) == 0)
                throw new IOException($"{path} cannot be synced: error {Marshal.GetLastPInvokeError()}");
            return;
        }

        while (fdatasync(file) != 0)
            ThrowUnlessInterrupted("synced", path);
    }

    /// <summary>Makes the names in a folder durable. Windows keeps them by itself (NTFS logs its metadata).</summary>
    public static void SyncFolder(string path)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var folder = Opened(path, CloseOnExec | Folder);
        while (fsync(folder) != 0)
            ThrowUnlessInterrupted("synced", path);
    }

    /// <summary>Makes a hole in a file; nothing where this system or the file system has none.</summary>
    public static void PunchHole(SafeFileHandle file, string path, long offset, long length)
    {
        const int keepSizeAndPunch = 1 | 2;
        if (!OperatingSystem.IsLinux())
            return;
        while (fallocate(file, keepSizeAndPunch, offset, length) != 0)
        {
            if (Marshal.GetLastPInvokeError() is NotSupported or NoSuchCall)
                return;
            ThrowUnlessInterrupted("given back in part", path);
        }
    }

    /// <summary>The length of a file without its holes.</summary>
    public static long OctetsOfData(SafeFileHandle file)
    {
        const int data = 3, hole = 4;
        var length = RandomAccess.GetLength(file);
        if (!OperatingSystem.IsLinux())
            return length;
        long octets = 0, end = 0;
        while (end < length && lseek(file, end, data) is var start and >= 0)
        {
            end = lseek(file, start, hole);
            octets += end - start;
        }

        return octets;
    }

    /// <summary>How many more files the disk of a folder takes; many where it has no bound, or does not say.</summary>
    public static long FilesLeft(string path)
    {
        // struct statvfs of 64-bit Linux: 11 longs and some more, the 6th the number of files, the 8th of those left.
        const int all = 5, left = 7;
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return long.MaxValue;
        var facts = stackalloc long[32];
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
            return statvfs(name, facts) == 0 && facts[all] > 0 ? facts[left] : long.MaxValue;
    }

    /// <summary>How many files and connections this process may have open.</summary>
    public static long MostDescriptors()
    {
        const int openFiles = 7; // RLIMIT_NOFILE of Linux
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
            return int.MaxValue;
        var limits = stackalloc long[2];
        return getrlimit(openFiles, limits) == 0 && limits[0] >= 0 ? limits[0] : int.MaxValue;
    }

    /// <summary>True if a file or folder is there and belongs to somebody else than who runs this.</summary>
    public static bool IsForeign(string path)
    {
        // struct statx is the same on all machines: the user is the sixth of its first 32-bit words.
        const int here = -100, user = 8, place = 5;
        if (!OperatingSystem.IsLinux())
            return false;
        var facts = stackalloc uint[64];
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
            return statx(here, name, 0, user, facts) == 0 && facts[place] != geteuid();
    }

    /// <summary>Takes the advisory lock of a file without waiting; false if another process holds it.</summary>
    public static bool TryLock(SafeFileHandle file, string path)
    {
        const int exclusiveNow = 2 | 4;
        while (flock(file, exclusiveNow) != 0)
        {
            if (Marshal.GetLastPInvokeError() == WouldBlock)
                return false;
            ThrowUnlessInterrupted("locked", path);
        }

        return true;
    }

    /// <summary>What .NET throws for a full disk, as the type that says so.</summary>
    public static IOException Translated(IOException error, string path) =>
        !OperatingSystem.IsWindows() && error.HResult is NoSpace or QuotaExceeded
            ? new DiskFullException($"{path}: {error.Message}", error)
            : error;

    private static SafeFileHandle Opened(string path, int flags)
    {
        const uint ownerOnly = 0b110_000_000;
        var octets = Encoding.UTF8.GetBytes(path + "\0");
        while (true)
        {
            int descriptor;
            fixed (byte* name = octets)
                descriptor = open(name, flags, ownerOnly);
            if (descriptor >= 0)
                return new SafeFileHandle(descriptor, ownsHandle: true);
            ThrowUnlessInterrupted("opened", path);
        }
    }

    private static void ThrowUnlessInterrupted(string what, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error == Interrupted)
            return;
        var message = $"{path} cannot be {what}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})";
        throw error switch
        {
            NoSpace or QuotaExceeded => new DiskFullException(message),
            NoSuchFile => new FileNotFoundException(message, path),
            _ => new IOException(message, error),
        };
    }

#pragma warning disable SYSLIB1054 // LibraryImport would need a partial class; these need no marshalling
#pragma warning disable IDE1006 // the names are the C library's
    [DllImport("libc", SetLastError = true)]
    private static extern int open(byte* path, int flags, uint mode);

    [DllImport("libc", SetLastError = true)]
    private static extern int fdatasync(SafeFileHandle file);

    [DllImport("libc", SetLastError = true)]
    private static extern int fsync(SafeFileHandle file);

    [DllImport("libc", SetLastError = true)]
    private static extern int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [DllImport("libc", SetLastError = true)]
    private static extern long lseek(SafeFileHandle file, long offset, int whence);

    [DllImport("libc", SetLastError = true)]
    private static extern int statvfs(byte* path, long* facts);

    [DllImport("libc", SetLastError = true)]
    private static extern int getrlimit(int what, long* limits);

    [DllImport("libc", SetLastError = true)]
    private static extern int statx(int folder, byte* path, int flags, uint mask, uint* facts);

    [DllImport("libc", SetLastError = true)]
    private static extern uint geteuid();

    [DllImport("libc", SetLastError = true)]
    private static extern int flock(SafeFileHandle file, int operation);

    [DllImport("kernel32", SetLastError = true)]
    private static extern int FlushFileBuffers(SafeFileHandle file);
#pragma warning restore IDE1006, SYSLIB1054
}
