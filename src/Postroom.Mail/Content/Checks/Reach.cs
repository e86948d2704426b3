using System.Net;
using System.Net.Sockets;

namespace Postroom.Mail.Content.Checks;

/// <summary>Which addresses are those of the public internet. What a mail's link leads to is never asked for at any
/// other: it would be a stranger's hand within the house.</summary>
public static class Reach
{
    // The special-purpose addresses of RFC 6890 that no public host has.
    private static readonly IPNetwork[] Inner =
    [
        .. "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"
            .Split(' ').Select(IPNetwork.Parse),
        .. "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3"
            .Split(' ').Select(IPNetwork.Parse),
        IPNetwork.Parse("168.63.129.16/32"), // where a cloud keeps what belongs to a machine
    ];

    private static readonly IPNetwork Unicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] InnerOfSix =
        [.. "2001::/23 2001:db8::/32 2002::/16 3fff::/20".Split(' ').Select(IPNetwork.Parse)];

    /// <summary>Whether an address is public. One of version 4 within one of version 6 never is: whoever has a public
    /// one has no need of that.</summary>
    public static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !Inner.Any(network => network.Contains(address)),
        AddressFamily.InterNetworkV6 => !address.IsIPv4MappedToIPv6 && address.ScopeId == 0 && Unicast.Contains(address)
            && !InnerOfSix.Any(network => network.Contains(address)),
        _ => false,
    };
}
