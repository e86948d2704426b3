using System.Globalization;
using System.Net.Sockets;

namespace Postroom.Api.Access;

/// <summary>Who is at the other end of a UNIX socket.</summary>
internal static class Peer
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>The user's name, as the kernel knows it (SO_PEERCRED); <c>local</c> where it cannot be told.</summary>
    public static string NameOf(Socket? socket)
    {
        if (socket is null || !OperatingSystem.IsLinux())
            return "local";
        try
        {
            Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
            return socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) == 12
                ? UserName(BitConverter.ToUInt32(credentials[4..8]))
                : "local";
        }
        catch (SocketException)
        {
            return "local"; // the peer is gone already; what it asked for may still be done
        }
    }

    private static string UserName(uint uid)
    {
        var number = uid.ToString(CultureInfo.InvariantCulture);
        try
        {
            foreach (var line in File.ReadLines("/etc/passwd"))
                if (line.Split(':') is [var name, _, var id, ..] && id == number)
                    return name;
        }
        catch (IOException)
        {
            return "uid " + number; // a machine without that file still knows the number
        }
        return "uid " + number;
    }
}
