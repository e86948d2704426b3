using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Postroom.Relay.Submission;

/// <summary>The file of a UNIX-socket listener: its mode, its owner, and what a dead process left behind.</summary>
internal static class SocketFile
{
    /// <summary>Removes a socket at which nobody answers any more.</summary>
    /// <exception cref="IOException">Somebody answers, or the file is no socket.</exception>
    public static void RemoveStale(string path)
    {
        if (!File.Exists(path))
            return;
        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (
            e.SocketErrorCode == SocketError.ConnectionRefused && new FileInfo(path).Length == 0)
        {
            File.Delete(path);
            return;
        }

        throw new IOException($"another process answers at {path}");
    }

    /// <summary>Gives the file its mode and owner (<c>user:group</c>, either may be missing).</summary>
    public static void Protect(string path, int mode, string? owner)
    {
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(path, (UnixFileMode)mode);
        if (string.IsNullOrEmpty(owner))
            return;
        var parts = owner.Split(':', 2);
        var user = IdOf(parts[0], "/etc/passwd");
        var group = IdOf(parts.Length > 1 ? parts[1] : "", "/etc/group");
        if (ChangeOwner(Encoding.UTF8.GetBytes(path + "\0"), user, group) != 0)
            throw new IOException($"{path} cannot be given to {owner}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // -1 leaves it as it is. A name is looked up in the files: the accounts of services are there.
    private static int IdOf(string name, string file)
    {
        if (name.Length == 0)
            return -1;
        if (int.TryParse(name, out var id))
            return id;
        foreach (var line in File.ReadLines(file))
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == name && int.TryParse(fields[2], out id))
                return id;
        }

        throw new IOException($"there is no {name} in {file}");
    }

    [DllImport("libc", EntryPoint = "chown", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ChangeOwner(byte[] path, int user, int group);
}
