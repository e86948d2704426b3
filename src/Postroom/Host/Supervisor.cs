using System.Net.Sockets;
using System.Text;

namespace Postroom.Host;

/// <summary>Tells systemd how we stand (<c>Type=notify</c>), if it asked.</summary>
internal static class Supervisor
{
    /// <param name="state"><c>READY=1</c>, <c>STOPPING=1</c>, <c>STATUS=…</c>; see sd_notify(3).</param>
    public static void Tell(string state)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path)
            return;
        // A leading @ stands for the NUL of an abstract socket.
        var address = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(state), address);
        }
        catch (SocketException e)
        {
            // A supervisor that does not listen is no reason not to carry mail; it will say itself what it misses.
            Console.Error.WriteLine($"postroom: {path}: {e.Message}");
        }
    }
}
