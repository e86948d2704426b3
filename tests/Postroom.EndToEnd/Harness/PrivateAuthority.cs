using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Postroom.EndToEnd.Harness;

/// <summary>A certificate authority as companies run one for themselves: no machine trusts it by itself.</summary>
internal static class PrivateAuthority
{
    /// <summary>Writes <c>ca.pem</c>, and <c>fullchain.pem</c> and <c>privkey.pem</c> for this machine's loopback, into
    /// a folder.</summary>
    public static void IssueInto(string folder)
    {
        var now = DateTimeOffset.UtcNow;
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=A Private Authority", rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var authority = root.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var own = request.Create(authority, now.AddDays(-1), now.AddDays(20), [1, 2, 3, 4]);

        File.WriteAllText(Path.Combine(folder, "ca.pem"), authority.ExportCertificatePem() + "\n");
        File.WriteAllText(Path.Combine(folder, "fullchain.pem"), own.ExportCertificatePem() + "\n");
        File.WriteAllText(Path.Combine(folder, "privkey.pem"), key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
