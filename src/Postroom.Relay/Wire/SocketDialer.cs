using System.Net;
using System.Net.Sockets;

namespace Postroom.Relay.Wire;

/// <summary>The real door: TCP over IPv4 and IPv6, and UNIX sockets.</summary>
public sealed class SocketDialer : IDialer
{
    /// <summary>The form of an address that is a socket in the file system.</summary>
    public const string UnixPrefix = "unix:";

    public async Task<IReadOnlyList<string>> ResolveAsync(string host, CancellationToken cancel)
    {
        if (host.StartsWith(UnixPrefix, StringComparison.Ordinal))
            return [host];
        if (IPAddress.TryParse(host.Trim('[', ']'), out var literal))
            return [literal.ToString()];
        try
        {
            // In the order of the system's resolver: RFC 6724, so that IPv6 comes first where it works.
            var found = await System.Net.Dns.GetHostAddressesAsync(host, cancel);
            return found.Length > 0
                ? Array.ConvertAll(found, address => address.ToString())
                : throw new DialException($"{host} has no address");
        }
        catch (Exception failed) when (failed is SocketException or ArgumentException)
        {
            throw new DialException($"{host} cannot be resolved: {failed.Message}", failed);
        }
    }

    public async Task<Stream> ConnectAsync(string address, int port, CancellationToken cancel)
    {
        EndPoint to = address.StartsWith(UnixPrefix, StringComparison.Ordinal)
            ? new UnixDomainSocketEndPoint(address[UnixPrefix.Length..])
            : new IPEndPoint(IPAddress.Parse(address), port);
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // A command must not wait for the acknowledgement of the one before it.
            if (to is IPEndPoint)
                socket.NoDelay = true;
            await socket.ConnectAsync(to, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException failed)
        {
            socket.Dispose();
            throw new DialException($"{address} port {port}: {failed.Message}", failed);
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }
}
