using System.Security.Cryptography;
using Postroom.Mail;

namespace Postroom.Relay.Vault;

/// <summary>The relay's own key for signing checkpoints: ECDSA on P-256, sealed like any secret, of a name that nobody
/// else can use.</summary>
public sealed class SigningKey : IDisposable
{
    /// <summary>Its name in the vault.</summary>
    public const string Name = "postroom-checkpoints";

    private readonly ECDsa _key;

    private SigningKey(ECDsa key) => (_key, Public) = (key, VerifyingKey.Of(key));

    public VerifyingKey Public { get; }

    /// <summary>Opens it for a signature.</summary>
    /// <exception cref="VaultException">There is none, or it does not open.</exception>
    public static SigningKey Open(SecretVault vault)
    {
        var pem = vault.Open(Name).Reveal();
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return new SigningKey(key);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new VaultException($"the secret {Name} is no key", e);
        }
    }

    /// <summary>Opens it, and makes it if there is none: <see cref="OwnKeys.Make"/>.</summary>
    /// <exception cref="VaultException">It does not open, or cannot be kept.</exception>
    public static SigningKey OpenOrMake(SecretVault vault)
    {
        if (!vault.Has(Name))
            OwnKeys.Make(vault, Name, static () =>
            {
                using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                return new Secret(fresh.ExportPkcs8PrivateKeyPem());
            });
        return Open(vault);
    }

    /// <summary>r and s, 32 octets each.</summary>
    public byte[] Sign(ReadOnlySpan<byte> what) =>
        _key.SignData(what, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => _key.Dispose();
}

/// <summary>The half that everybody may have.</summary>
/// <param name="Id">The first 16 hexadecimal digits of SHA-256 of the SubjectPublicKeyInfo.</param>
/// <param name="Pem">The SubjectPublicKeyInfo as PEM (RFC 7468 §13), ending in a line end.</param>
public sealed record VerifyingKey(string Id, string Pem)
{
    internal static VerifyingKey Of(ECDsa key) =>
        new(Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()))[..16],
            key.ExportSubjectPublicKeyInfoPem() + "\n");

    /// <summary>All keys in a text of PEM blocks; what is no key of this kind is left out.</summary>
    public static IReadOnlyList<VerifyingKey> ReadAll(string text)
    {
        var keys = new List<VerifyingKey>();
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var block))
        {
            if (Read(rest[block.Location]) is { } key && !keys.Contains(key))
                keys.Add(key);
            rest = rest[block.Location.End..];
        }

        return keys;
    }

    private static VerifyingKey? Read(ReadOnlySpan<char> pem)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return key.KeySize == 256 ? Of(key) : null;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            return null; // a certificate, say: its neighbours count
        }
    }

    public bool Verifies(ReadOnlySpan<byte> what, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(Pem);
        return key.VerifyData(what, signature, HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }
}
