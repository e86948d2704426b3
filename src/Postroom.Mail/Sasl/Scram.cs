using System.Security.Cryptography;
using System.Text;

namespace Postroom.Mail.Sasl;

/// <summary>The arithmetic and the grammar that both sides of SCRAM share (RFC 5802 §3, §7).</summary>
internal static class Scram
{
    /// <summary>Salted password, client key, stored key, server key: RFC 5802 §3.</summary>
    public static StoredPassword Store(HashAlgorithmName hash, string password, byte[] salt, int iterations)
    {
        var salted = SaltedPassword(hash, password, salt, iterations);
        var clientKey = Hmac(hash, salted, "Client Key"u8);
        return new StoredPassword(iterations, salt, Digest(hash, clientKey), Hmac(hash, salted, "Server Key"u8));
    }

    public static byte[] SaltedPassword(HashAlgorithmName hash, string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, hash, Digest(hash, []).Length);

    public static byte[] Hmac(HashAlgorithmName hash, byte[] key, ReadOnlySpan<byte> text) =>
        CryptographicOperations.HmacData(hash, key, text);

    public static byte[] Digest(HashAlgorithmName hash, byte[] text) => CryptographicOperations.HashData(hash, text);

    public static byte[] Xor(byte[] a, byte[] b)
    {
        var result = new byte[a.Length];
        for (var i = 0; i < a.Length; i++)
            result[i] = (byte)(a[i] ^ b[i]);
        return result;
    }

    /// <summary>The value of the attribute at this place of a message, or null if another stands there.</summary>
    public static string? Attribute(string[] parts, int place, char name) =>
        place < parts.Length && parts[place] is { Length: >= 2 } part && part[0] == name && part[1] == '='
            ? part[2..]
            : null;

    /// <summary>A name as it travels: comma and equals sign are armoured (RFC 5802 §5.1).</summary>
    public static string EncodeName(string name) =>
        name.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);

    /// <summary>Null where an equals sign begins anything but <c>=2C</c> or <c>=3D</c>.</summary>
    public static string? DecodeName(string name)
    {
        var bare = name.Replace("=2C", "", StringComparison.Ordinal).Replace("=3D", "", StringComparison.Ordinal);
        return bare.Contains('=', StringComparison.Ordinal)
            ? null
            : name.Replace("=2C", ",", StringComparison.Ordinal).Replace("=3D", "=", StringComparison.Ordinal);
    }

    /// <summary>Null where the text is no base64.</summary>
    public static byte[]? FromBase64(string text)
    {
        var octets = new byte[text.Length];
        return Convert.TryFromBase64String(text, octets, out var length) ? octets[..length] : null;
    }

    /// <summary>Null where the octets are no UTF-8.</summary>
    public static string? TextOf(ReadOnlySpan<byte> octets) =>
        System.Text.Unicode.Utf8.IsValid(octets) ? Encoding.UTF8.GetString(octets) : null;

    /// <summary>Printable and without comma: RFC 5802 §7, <c>printable</c>.</summary>
    public static bool IsNonce(string text)
    {
        foreach (var c in text)
            if (c is < '!' or > '~' or ',')
                return false;
        return text.Length > 0;
    }
}
