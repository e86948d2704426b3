using System.Net;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>The addresses this relay listens at, to know a route that leads back here (RFC 5321 §6.3).</summary>
/// <param name="Addresses">As configured: <c>127.0.0.1:2525</c>, <c>[::]:25</c>, <c>unix:/run/x.sock</c>.</param>
/// <param name="Local">The addresses of this machine besides loopback, for listeners on all of them.</param>
public sealed record OwnListeners(IReadOnlyList<string> Addresses, IReadOnlyList<IPAddress> Local)
{
    public static OwnListeners None { get; } = new([], []);

    /// <summary>Does this next hop lead back here?</summary>
    /// <param name="address">An address, not a name; or <c>unix:/path</c>.</param>
    public bool Holds(string address, int port)
    {
        foreach (var own in Addresses)
            if (IsSame(own, address, port))
                return true;
        return false;
    }

    private bool IsSame(string own, string address, int port)
    {
        if (own.StartsWith(SocketDialer.UnixPrefix, StringComparison.Ordinal)
            || !IPAddress.TryParse(address.Trim('[', ']'), out var to))
            return own == address;
        if (!IPEndPoint.TryParse(own, out var at) || at.Port != port)
            return false;
        if (to.IsIPv4MappedToIPv6)
            to = to.MapToIPv4();
        return at.Address.Equals(to)
            || (IsAny(at.Address) && (IsAny(to) || IPAddress.IsLoopback(to) || Local.Contains(to)))
            || (IsAny(to) && IPAddress.IsLoopback(at.Address));
    }

    // To connect to the unspecified address is to connect to oneself.
    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
