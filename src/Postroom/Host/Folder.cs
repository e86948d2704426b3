using System.Runtime.InteropServices;

namespace Postroom.Host;

/// <summary>What belongs to the relay is nobody else's to read.</summary>
internal static partial class Folder
{
    private const int SetDumpable = 4; // prctl(2), PR_SET_DUMPABLE

    private const uint Private = 0b000_111_111; // what a file of ours never lets group and others do

    /// <summary>Every file from now on is ours alone, and a crash leaves no image of our memory behind: secrets are in
    /// it while they are used.</summary>
    public static void KeepPrivate()
    {
        if (!OperatingSystem.IsWindows())
            _ = Umask(Private);
        if (OperatingSystem.IsLinux())
            _ = Prctl(SetDumpable, 0, 0, 0, 0); // it cannot fail: the kernel knows it since 2.4
    }

    /// <summary>Creates the data folder, 0700, if it is not there.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint Umask(uint mask);

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
