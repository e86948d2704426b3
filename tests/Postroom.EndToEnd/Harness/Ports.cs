using System.Net;
using System.Net.Sockets;

namespace Postroom.EndToEnd.Harness;

/// <summary>Free loopback ports, below the range that outgoing connections take theirs from.</summary>
internal static class Ports
{
    private static readonly HashSet<int> Given = [];

    public static int Free()
    {
        for (var tries = 0; tries < 1_000; tries++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            lock (Given)
                if (!Given.Add(port))
                    continue;
            try
            {
                // Bound, and not listening: a child that another test has just forked keeps it open for a moment more.
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                probe.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it: the next throw of the dice.
            }
        }
        throw new InvalidOperationException("no free port on loopback");
    }
}
