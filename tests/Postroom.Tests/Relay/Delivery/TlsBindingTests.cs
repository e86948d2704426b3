using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Postroom.Mail;
using Postroom.Relay.Wire;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>What the platform tells of a TLS connection, beside what RFC 5929 asks for.</summary>
public sealed class TlsBindingTests
{
    [Fact] // RFC 5929 §4.1: the certificate, digested as its signature is.
    public async Task On_TLS_1_3_it_is_the_servers_certificate()
    {
        using var certificate = TestCertificate.Make("hop.example");
        var (ours, _) = await BindAsync(certificate, SslProtocols.Tls13);
        Assert.Equal("tls-server-end-point", ours!.Type);
        Assert.Equal(SHA256.HashData(certificate.RawData), ours.Octets);
    }

    [Theory] // RFC 5929 §4.1.
    [InlineData("SHA256")]
    [InlineData("SHA384")]
    [InlineData("SHA512")]
    public async Task The_certificate_is_digested_as_its_signature_is(string hash)
    {
        using var key = RSA.Create(2_048);
        var request = new CertificateRequest("CN=hop", key, new HashAlgorithmName(hash), RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var (ours, _) = await BindAsync(certificate, SslProtocols.Tls13);
        Assert.Equal(CryptographicOperations.HashData(new HashAlgorithmName(hash), certificate.RawData), ours!.Octets);
    }

    [Fact] // Both ends know the same, and nobody else: another connection has another.
    public async Task On_TLS_1_2_it_is_the_connection()
    {
        using var certificate = TestCertificate.Make("hop.example");
        var (ours, theirs) = await BindAsync(certificate, SslProtocols.Tls12);
        Assert.Equal(("tls-unique", 12), (ours!.Type, ours.Octets.Length));
        Assert.Equal(theirs!.Octets, ours.Octets);
        var (other, itsPeer) = await BindAsync(certificate, SslProtocols.Tls12); // resumed, perhaps
        Assert.Equal(itsPeer!.Octets, other!.Octets);
        Assert.NotEqual(ours.Octets, other.Octets);
    }

    [Theory]
    [InlineData("tls-unique:abc", "tls-unique", "abc")]
    [InlineData("tls-unique:a:c", "tls-unique", "a:c")]
    [InlineData("tls-unique:", null, null)]
    [InlineData("abc", null, null)]
    [InlineData(":abc", null, null)]
    public void What_is_laid_out_otherwise_is_none(string data, string? type, string? octets)
    {
        var bytes = Encoding.ASCII.GetBytes(data);
        byte[] header = [.. new byte[24], (byte)bytes.Length, 0, 0, 0, 32, 0, 0, 0];
        var read = TlsBinding.Read([.. header, .. bytes]);
        Assert.Equal((type, octets), (read?.Type, read is null ? null : Encoding.ASCII.GetString(read.Octets)));
        Assert.Null(TlsBinding.Read([.. header, .. bytes[1..]])); // shorter than it says
        Assert.Null(TlsBinding.Read(header.AsSpan(0, 31)));
    }

    private static async Task<(ChannelBinding? Ours, ChannelBinding? Theirs)> BindAsync(
        X509Certificate2 certificate, SslProtocols protocol)
    {
        var (near, far) = Duplex.Pair();
        await using var client = new SslStream(near);
        await using var server = new SslStream(far);
        var serving = server.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate, EnabledSslProtocols = protocol,
        });
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "hop.example",
            RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown),
        });
        await serving;
        Assert.Equal(protocol, client.SslProtocol);
        return (TlsBinding.Of(client), protocol == SslProtocols.Tls12 ? TlsBinding.Of(server) : null);
    }
}
