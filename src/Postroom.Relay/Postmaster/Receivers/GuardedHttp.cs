using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Postroom.Relay.Postmaster.Receivers;

/// <summary>Posts to where the configuration says, and to nowhere else.</summary>
/// <remarks>
/// A name is looked up once, and what it stands for is looked at before it is connected to. What is never a receiver,
/// whatever a name says: link-local addresses, where clouds keep the credentials of a machine, and addresses of many.
/// Redirects are not followed: they would carry a signed notice to wherever they point.
/// </remarks>
internal static class GuardedHttp
{
    // Where clouds keep the credentials of a machine, beside the link-local addresses.
    private static readonly HashSet<IPAddress> OfClouds =
    [
        IPAddress.Parse("fd00:ec2::254"), IPAddress.Parse("fd20:ce::254"), IPAddress.Parse("168.63.129.16"),
        IPAddress.Parse("100.100.100.200"), IPAddress.Parse("192.0.0.192"),
    ];

    /// <param name="trustFile">PEM certificates to trust instead of the system's; null for the system's.</param>
    public static HttpClient Make(string? trustFile, TimeSpan within)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            ConnectTimeout = within,
        };
        handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = PolicyOf(trustFile) };
        return new HttpClient(handler) { Timeout = within };
    }

    /// <summary>What is said of a host that is none.</summary>
    public static string NoPlace(string host) =>
        $"{host} is no place to post to: its addresses are link-local, of many, or where a cloud keeps credentials";

    /// <summary>Whether an address may be one of a receiver.</summary>
    public static bool MayBe(IPAddress address)
    {
        if (Within(address) is { } inner)
            address = inner;
        if (OfClouds.Contains(address))
            return false;
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            var octets = address.GetAddressBytes();
            return octets[0] != 0 && octets[0] < 224 && (octets[0], octets[1]) != (169, 254);
        }

        return !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any)
            && !address.Equals(IPAddress.IPv6None);
    }

    // The address of version 4 within one of version 6: mapped, by NAT64 (RFC 6052 §2.1) or 6to4 (RFC 3056 §2).
    private static IPAddress? Within(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        var octets = address.GetAddressBytes();
        return octets is [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] ? new IPAddress(octets[12..])
            : octets is [0x20, 0x02, _, _, _, _, ..] && octets.Length == 16 ? new IPAddress(octets[2..6]) : null;
    }

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal]
            : await System.Net.Dns.GetHostAddressesAsync(host, cancel);
        var allowed = addresses.Where(MayBe).ToArray();
        if (allowed.Length == 0)
            throw new HttpRequestException(NoPlace(host));
        Socket? connecting = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await connecting.ConnectAsync(allowed, context.DnsEndPoint.Port, cancel);
            var connected = new NetworkStream(connecting, ownsSocket: true);
            connecting = null;
            return connected;
        }
        finally
        {
            connecting?.Dispose();
        }
    }

    // Nothing is fetched from where a certificate says.
    private static X509ChainPolicy PolicyOf(string? trustFile)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
        };
        if (trustFile is null)
            return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.ImportFromPemFile(trustFile);
        return policy;
    }
}
