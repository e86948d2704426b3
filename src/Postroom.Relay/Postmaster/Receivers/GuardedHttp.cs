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
    private static readonly IPAddress CloudOfIpv6 = IPAddress.Parse("fd00:ec2::254");

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
        if (trustFile is not null)
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = PolicyOf(trustFile),
            };
        return new HttpClient(handler) { Timeout = within };
    }

    /// <summary>Whether an address may be one of a receiver.</summary>
    public static bool MayBe(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            var octets = address.GetAddressBytes();
            return octets[0] != 0 && octets[0] < 224 && (octets[0], octets[1]) != (169, 254);
        }

        return !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !address.Equals(IPAddress.IPv6Any)
            && !address.Equals(CloudOfIpv6);
    }

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal]
            : await System.Net.Dns.GetHostAddressesAsync(host, cancel);
        var allowed = addresses.Where(MayBe).ToArray();
        if (allowed.Length == 0)
            throw new HttpRequestException($"{host} is no place to post to: its addresses are link-local, or of many");
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

    private static X509ChainPolicy PolicyOf(string trustFile)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(trustFile);
        return policy;
    }
}
