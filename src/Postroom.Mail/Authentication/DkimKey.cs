using System.Globalization;
using System.Security.Cryptography;
using Org.BouncyCastle.Math.EC.Rfc8032;

namespace Postroom.Mail.Authentication;

/// <summary>A record with a key (RFC 6376 §3.6.1, RFC 8463 §4).</summary>
/// <param name="Algorithm">k=: rsa or ed25519.</param>
/// <param name="Octets">p=; empty where the key was revoked.</param>
internal sealed record DkimKey(string Algorithm, byte[] Octets)
{
    // More bits than anybody has: RFC 8301 §3.2 asks of receivers up to 4096.
    private const int MostOctets = 2_100;

    /// <summary>t=y: its domain only tries DKIM.</summary>
    public bool IsTest { get; private init; }

    /// <summary>t=s: i= is to be d= itself, and not below it.</summary>
    public bool IsStrict { get; private init; }

    /// <summary>Reads one.</summary>
    /// <returns>The key, or what is wrong, in words.</returns>
    public static (DkimKey? Key, string? Flaw) Of(string text)
    {
        if (text.Length > 8 * MostOctets || TagList.Of(text) is not { } tags)
            return (null, "it is no list of tags");
        if (tags.Value("v") is { } version && (version != "DKIM1" || tags[0].Key != "v"))
            return (null, "its v= is not DKIM1, or does not stand first");
        if (tags.Squeezed("p") is not { } written)
            return (null, "it has no p=");
        if (tags.Squeezed("h") is { } hashes && !hashes.Split(':').Contains("sha256"))
            return (null, "its h= does not name sha256");
        if (tags.Squeezed("s") is { } services && !services.Split(':').Any(one => one is "*" or "email"))
            return (null, "its s= does not name email");
        var algorithm = tags.Squeezed("k") ?? "rsa";
        if (algorithm is not ("rsa" or "ed25519"))
            return (null, $"its k= is {Printable.Of(algorithm)}, which nobody knows");
        if (TagList.Octets(written) is not { } octets)
            return (null, "its p= is no base64");
        if (octets.Length > MostOctets)
            return (null, "its key is larger than any receiver takes");
        var flags = (tags.Squeezed("t") ?? "").Split(':');
        return (new DkimKey(algorithm, octets) { IsTest = flags.Contains("y"), IsStrict = flags.Contains("s") }, null);
    }

    /// <summary>Whether the key made a signature.</summary>
    /// <returns>The bits of the key with it; or what is wrong with the key, in words.</returns>
    public (bool IsOf, int Bits, string? Flaw) Verifies(byte[] hash, byte[] signature)
    {
        if (Algorithm == "ed25519") // RFC 8463 §3: what is signed is the hash, and the key is its 32 octets alone
            return Octets.Length != Ed25519.PublicKeySize
                ? (false, 0, string.Create(CultureInfo.InvariantCulture,
                    $"it has {Octets.Length} octets, and a key of Ed25519 has {Ed25519.PublicKeySize}"))
                : (signature.Length == Ed25519.SignatureSize
                    && Ed25519.Verify(signature, 0, Octets, 0, hash, 0, hash.Length), 256, null);
        try
        {
            using var rsa = Import();
            return (rsa.VerifyHash(hash, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), rsa.KeySize,
                null);
        }
        catch (CryptographicException) // what it says is for who wrote the library
        {
            return (false, 0, "its p= is no key of RSA");
        }
    }

    // RFC 6376 §3.6.1 says RSAPublicKey and shows SubjectPublicKeyInfo: receivers take both.
    private RSA Import()
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportSubjectPublicKeyInfo(Octets, out _);
        }
        catch (CryptographicException)
        {
            try
            {
                rsa.ImportRSAPublicKey(Octets, out _);
            }
            catch (CryptographicException)
            {
                rsa.Dispose();
                throw;
            }
        }

        return rsa;
    }
}
