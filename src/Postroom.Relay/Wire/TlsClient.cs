using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Postroom.Relay.Wire;

/// <summary>How TLS is begun towards a next hop.</summary>
/// <param name="Host">The name the certificate has to carry (RFC 8314 §3.3, RFC 6125).</param>
/// <param name="Verify">False: encrypted against listeners, whatever the certificate.</param>
/// <param name="TrustFile">PEM certificates to trust instead of the system's; null for the system's.</param>
public sealed record TlsClient(string Host, bool Verify, string? TrustFile)
{
    /// <summary>Begins TLS on a stream.</summary>
    /// <exception cref="TlsException">No TLS came about; the message says why.</exception>
    public async Task<SslStream> BeginAsync(Stream clear, CancellationToken cancel)
    {
        string? complaint = null;
        var secured = new SslStream(clear, leaveInnerStreamOpen: false);
        try
        {
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = Host,
                CertificateChainPolicy = Policy(),
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                {
                    if (!Verify || errors == SslPolicyErrors.None)
                        return true;
                    complaint = Complaint(certificate, chain, errors);
                    return false;
                },
            };
            await secured.AuthenticateAsClientAsync(options, cancel);
            return secured;
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException or CryptographicException
            or UnauthorizedAccessException)
        {
            await secured.DisposeAsync();
            throw new TlsException(complaint ?? $"TLS failed: {(failed.InnerException ?? failed).Message}", failed);
        }
        catch (OperationCanceledException)
        {
            await secured.DisposeAsync();
            throw;
        }
    }

    // Read each time: a corrected file heals at the next connection. Nothing is fetched from the network meanwhile.
    private X509ChainPolicy Policy()
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true,
        };
        if (!Verify || TrustFile is null)
            return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.ImportFromPemFile(TrustFile);
        return policy;
    }

    private string Complaint(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return $"{Host} showed no certificate";
        var reasons = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            reasons.Add($"it is for {certificate.Subject}");
        foreach (var status in chain?.ChainStatus ?? [])
            reasons.Add(status.StatusInformation.Trim());
        return $"the certificate of {Host} is not accepted: {string.Join("; ", reasons)}";
    }
}

/// <summary>TLS did not come about.</summary>
public sealed class TlsException(string message, Exception? inner = null) : Exception(message, inner);
