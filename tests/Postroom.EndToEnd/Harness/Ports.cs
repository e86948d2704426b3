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
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
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
