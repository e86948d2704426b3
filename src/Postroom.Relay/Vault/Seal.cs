using System.Security.Cryptography;
using System.Text;

namespace Postroom.Relay.Vault;

/// <summary>A secret in its envelope: sealed with a key of its own, which the root key seals (AES-256-GCM, NIST SP
/// 800-38D).</summary>
/// <remarks>
/// So a new root key touches no secret, only the keys around them. Both seals hold the secret's name: one that is put
/// under another's name does not open.
/// </remarks>
/// <param name="KeyId">The root key.</param>
/// <param name="Key">The secret's own key, sealed: nonce, octets, tag.</param>
/// <param name="Content">The secret, sealed with that.</param>
internal sealed record Seal(string KeyId, byte[] Key, byte[] Content)
{
    public const int TagLength = 16;
    private const int NonceLength = 12;

    /// <summary>Seals a secret.</summary>
    public static Seal Of(string name, ReadOnlySpan<byte> content, RootKey root)
    {
        Span<byte> own = stackalloc byte[RootKey.Length];
        RandomNumberGenerator.Fill(own);
        try
        {
            using var cipher = new AesGcm(own, TagLength);
            return new Seal(root.Id, Wrapped(name, own, root), Close(cipher, content, Context("secret", name)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(own);
        }
    }

    /// <summary>The secret's octets.</summary>
    /// <exception cref="CryptographicException">The seal is broken: damaged, or not of this name.</exception>
    public byte[] Open(string name, RootKey root)
    {
        var own = OwnKey(name, root);
        try
        {
            using var cipher = new AesGcm(own, TagLength);
            return Opened(cipher, Content, Context("secret", name));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(own);
        }
    }

    /// <summary>The same secret under another root key.</summary>
    /// <exception cref="CryptographicException">The seal is broken.</exception>
    public Seal Under(string name, RootKey old, RootKey fresh)
    {
        var own = OwnKey(name, old);
        try
        {
            return new Seal(fresh.Id, Wrapped(name, own, fresh), Content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(own);
        }
    }

    private byte[] OwnKey(string name, RootKey root)
    {
        using var cipher = root.Cipher();
        return Opened(cipher, Key, Context("key", name));
    }

    private static byte[] Wrapped(string name, ReadOnlySpan<byte> own, RootKey root)
    {
        using var cipher = root.Cipher();
        return Close(cipher, own, Context("key", name));
    }

    private static byte[] Context(string what, string name) =>
        Encoding.UTF8.GetBytes($"postroom vault 1 {what} {name}");

    private static byte[] Close(AesGcm cipher, ReadOnlySpan<byte> content, byte[] context)
    {
        var closed = new byte[NonceLength + content.Length + TagLength];
        var nonce = closed.AsSpan(0, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        var (sealedContent, tag) = (closed.AsMemory(NonceLength, content.Length), closed.AsMemory(^TagLength..));
        cipher.Encrypt(nonce, content, sealedContent.Span, tag.Span, context);
        return closed;
    }

    private static byte[] Opened(AesGcm cipher, byte[] closed, byte[] context)
    {
        if (closed.Length < NonceLength + TagLength)
            throw new CryptographicException("it is too short to be sealed");
        var content = new byte[closed.Length - NonceLength - TagLength];
        cipher.Decrypt(closed.AsSpan(0, NonceLength), closed.AsSpan(NonceLength, content.Length),
            closed.AsSpan(^TagLength..), content, context);
        return content;
    }
}
