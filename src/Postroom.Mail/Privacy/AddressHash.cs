using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Postroom.Mail.Privacy;

/// <summary>Recognises an address without keeping it: HMAC-SHA256, cut to 64 bits.</summary>
/// <remarks>
/// With a key because there are few addresses: without one, whoever has a list of them has all hashes too. Letters are
/// alike in both cases, in the local part too: RFC 5321 §2.4 lets a host tell them apart, and no host that people have
/// mailboxes at does.
/// </remarks>
/// <param name="key">As good as random, and kept secret.</param>
public sealed class AddressHash(byte[] key)
{
    /// <summary>How many hexadecimal digits a hash has.</summary>
    public const int Digits = 16;

    private const int OnTheStack = 256;

    /// <summary>The hash of an address, in hexadecimal digits.</summary>
    public string Hash(string address)
    {
        Span<char> digits = stackalloc char[Digits];
        Write(address, digits);
        return new string(digits);
    }

    /// <param name="into"><see cref="Digits"/> characters or more.</param>
    internal void Write(ReadOnlySpan<char> address, Span<char> into)
    {
        var most = Encoding.UTF8.GetMaxByteCount(address.Length);
        var chars = address.Length <= OnTheStack ? null : ArrayPool<char>.Shared.Rent(address.Length);
        var octets = most <= 3 * (OnTheStack + 1) ? null : ArrayPool<byte>.Shared.Rent(most);
        var small = chars is null ? stackalloc char[OnTheStack] : chars;
        var utf8 = octets is null ? stackalloc byte[3 * (OnTheStack + 1)] : octets;
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        small = small[..address.ToLowerInvariant(small)];
        HMACSHA256.HashData(key, utf8[..Encoding.UTF8.GetBytes(small, utf8)], mac);
        Convert.TryToHexStringLower(mac[..(Digits / 2)], into, out _);
        if (chars is not null)
            ArrayPool<char>.Shared.Return(chars, clearArray: true);
        if (octets is not null)
            ArrayPool<byte>.Shared.Return(octets, clearArray: true);
    }
}
