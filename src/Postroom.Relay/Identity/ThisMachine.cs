using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Postroom.Mail.Sandbox;

namespace Postroom.Relay.Identity;

/// <summary>Reads which machine this is.</summary>
public static unsafe class ThisMachine
{
    private const string Salt = "postroom machine ";

    private const string CardsFolder = "/sys/class/net";

    private const uint BirthTime = 0x800; // STATX_BTIME
    private const int FromHere = -100; // AT_FDCWD
    private const int BirthAt = 80; // struct statx, the same on every machine: stx_btime, 8 octets and 4

    private static readonly string[] IdFiles = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

    /// <param name="given">The identity of the configuration; null where it gives none.</param>
    public static Machine Read(string dataFolder, string? given) => new(Environment.MachineName)
    {
        Id = IdOf(IdFiles),
        Folder = FolderOf(dataFolder),
        Cards = CardsOf(CardsFolder),
        Given = given,
    };

    /// <summary>Whether this is a container: what it is called and what it is goes with it.</summary>
    public static bool IsContainer => File.Exists("/.dockerenv") || File.Exists("/run/.containerenv")
        || Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 };

    // Not the id itself: machine-id(5) asks to keep that confidential, and to hash it with something of one's own.
    internal static string? IdOf(IEnumerable<string> files)
    {
        foreach (var file in files)
            if (TextOf(file) is { Length: > 0 } id and not "uninitialized")
                return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Salt + id)).AsSpan(0, 6));
        return null;
    }

    // Of real cards alone: those of bridges, tunnels and containers are made up at every start.
    internal static IReadOnlyList<string> CardsOf(string folder)
    {
        try
        {
            return !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFileSystemEntries(folder)
                .Where(card => Path.Exists(Path.Combine(card, "device"))
                    && TextOf(Path.Combine(card, "addr_assign_type")) == "0")
                .Select(card => TextOf(Path.Combine(card, "address"))).OfType<string>()
                .Where(address => address.Length > 0).Order(StringComparer.Ordinal).Distinct()];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    internal static string? FolderOf(string path)
    {
        if (!OperatingSystem.IsLinux())
            return Directory.GetCreationTimeUtc(path).Ticks.ToString(CultureInfo.InvariantCulture);
        var about = stackalloc byte[256];
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
            try
            {
                if (statx(FromHere, name, 0, BirthTime, about) != 0 || (*(uint*)about & BirthTime) == 0)
                    return null;
            }
            catch (EntryPointNotFoundException)
            {
                return null; // an old C library: one fact less
            }

        return string.Create(CultureInfo.InvariantCulture,
            $"{*(long*)(about + BirthAt)}.{*(uint*)(about + BirthAt + 8):D9}");
    }

    private static string? TextOf(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

#pragma warning disable SYSLIB1054 // LibraryImport would need a partial class; this needs no marshalling
#pragma warning disable IDE1006 // the name is the C library's
    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, byte* path, int flags, uint wanted, byte* about);
}
