using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Postroom.Mail;

namespace Postroom.Relay.OAuth;

/// <summary>What a key signs to say who we are (RFC 7523).</summary>
internal static class Assertions
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10); // Google allows an hour, Microsoft advises less

    /// <summary>In place of a client secret (RFC 7523 §2.2).</summary>
    /// <exception cref="TokenException">Certificate or key cannot be read, or do not belong together.</exception>
    public static string OfClient(OAuthAccount account, Secret key, DateTimeOffset now)
    {
        using var certificate = Certificate(account, key);
        var signer = new X509SigningCredentials(certificate) { CryptoProviderFactory = Uncached() };
        return Sign(signer, new Dictionary<string, object>
        {
            ["iss"] = account.ClientId,
            ["sub"] = account.ClientId,
            ["aud"] = account.Endpoints.Token.AbsoluteUri,
            ["jti"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
        }, now);
    }

    /// <summary>As a grant of its own: a service account speaks for a mailbox (RFC 7523 §2.1).</summary>
    /// <exception cref="TokenException">The key is none of a service account.</exception>
    public static string OfServiceAccount(OAuthAccount account, Secret key, DateTimeOffset now)
    {
        var (issuer, id, pem) = ServiceKey(account, key);
        using var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
        }
        catch (ArgumentException e)
        {
            throw NoServiceKey(account, e);
        }

        var signer = new SigningCredentials(new RsaSecurityKey(rsa) { KeyId = id }, SecurityAlgorithms.RsaSha256)
        {
            CryptoProviderFactory = Uncached(),
        };
        return Sign(signer, new Dictionary<string, object>
        {
            ["iss"] = issuer,
            ["sub"] = account.User,
            ["aud"] = account.Endpoints.Token.AbsoluteUri,
            ["scope"] = account.Scope,
        }, now);
    }

    /// <summary>The last day of a client's certificate; null if there is none, or it cannot be read.</summary>
    public static DateOnly? LastDayOf(string? certificateFile)
    {
        try
        {
            if (certificateFile is null)
                return null;
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(certificateFile);
            return DateOnly.FromDateTime(certificate.NotAfter.ToUniversalTime());
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null; // whoever needs it says so
        }
    }

    // The library would keep the key's object after it is disposed.
    private static CryptoProviderFactory Uncached() => new() { CacheSignatureProviders = false };

    private static string Sign(SigningCredentials signer, Dictionary<string, object> claims, DateTimeOffset now)
    {
        claims["iat"] = now.ToUnixTimeSeconds();
        claims["nbf"] = now.ToUnixTimeSeconds();
        claims["exp"] = (now + Life).ToUnixTimeSeconds();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor { Claims = claims, SigningCredentials = signer });
    }

    private static X509Certificate2 Certificate(OAuthAccount account, Secret key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(account.CertificateFile!), key.Reveal());
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException
            or UnauthorizedAccessException)
        {
            throw new TokenException($"the certificate of [[oauth]] {account.Name}, {account.CertificateFile}, cannot "
                + $"be used with the key secret:{account.Key}: {e.Message}", isAccount: true, e);
        }
    }

    private static (string Issuer, string? Id, string Pem) ServiceKey(OAuthAccount account, Secret key)
    {
        try
        {
            using var json = JsonDocument.Parse(key.Reveal());
            var root = json.RootElement;
            return (root.GetProperty("client_email").GetString()!,
                root.TryGetProperty("private_key_id", out var id) ? id.GetString() : null,
                root.GetProperty("private_key").GetString()!);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw NoServiceKey(account, null);
        }
    }

    // Without the reader's words: they may quote what it read.
    private static TokenException NoServiceKey(OAuthAccount account, Exception? why) => new(
        $"secret:{account.Key} is no key of a service account: keep the JSON file that the provider gave you, with "
        + $"`postroom secret set {account.Key} --file FILE`", isAccount: true, why);
}
