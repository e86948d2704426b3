using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Relay.Submission;

/// <summary>The certificate that a listener shows.</summary>
public static class ServerCertificate
{
    private const string OwnName = "listener.pem";
    private static readonly TimeSpan Life = TimeSpan.FromDays(3650);
    private static readonly TimeSpan Renewed = TimeSpan.FromDays(30); // before its end

    /// <summary>Reads a certificate and its key from PEM files; both may be in one.</summary>
    /// <returns>The certificate, and all that its file holds: what stands between it and its root is sent along
    /// (RFC 8446 §4.4.2).</returns>
    /// <exception cref="CryptographicException">No certificate or key in them, or they do not belong
    /// together; the message says which file it is.</exception>
    public static (X509Certificate2 Own, X509Certificate2Collection Chain) Read(string certificateFile, string? keyFile)
    {
        keyFile ??= certificateFile;
        var (pem, key) = (File.ReadAllText(certificateFile), File.ReadAllText(keyFile));
        var chain = new X509Certificate2Collection();
        FromPem(() => X509Certificate2.CreateFromPem(pem), $"{certificateFile} holds no certificate").Dispose();
        var own = FromPem(() => X509Certificate2.CreateFromPem(pem, key),
            $"{keyFile} holds no key that belongs to the certificate in {certificateFile}");
        chain.ImportFromPem(pem);
        return (own, chain);
    }

    /// <summary>
    /// The self-made certificate kept in a folder (0600); made anew where there is none, it is for another host, or it
    /// is about to end. A client that verifies it has to be told of it; most on one machine do not verify.
    /// </summary>
    public static X509Certificate2 OwnIn(string folder, string hostName, DateTimeOffset now)
    {
        var file = Path.Combine(folder, OwnName);
        if (TryRead(file) is { } kept)
        {
            if (kept.MatchesHostname(hostName) && kept.NotAfter > (now + Renewed).UtcDateTime.ToLocalTime())
                return kept;
            kept.Dispose();
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN={hostName}"), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostName);
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        names.AddIpAddress(System.Net.IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(now.AddDays(-1), now + Life);
        WholeFile.Replace(file, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return X509Certificate2.CreateFromPemFile(file, file);
    }

    private static X509Certificate2 FromPem(Func<X509Certificate2> read, string wrong)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException) // the latter: keys that differ
        {
            throw new CryptographicException(wrong, e);
        }
    }

    private static X509Certificate2? TryRead(string file)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            return Read(file, file).Own;
        }
        catch (CryptographicException)
        {
            return null; // torn, or not ours: it is made anew
        }
    }
}
