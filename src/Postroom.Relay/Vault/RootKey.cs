using System.Buffers.Text;
using System.Security.Cryptography;

namespace Postroom.Relay.Vault;

/// <summary>The key that opens all others: 256 random bits, with a name that is made of them.</summary>
/// <remarks>
/// Written as <c>postroom-key-1:ID:KEY</c>, the key in base64url (RFC 4648 §5). The id is a digest, so that a key that
/// lost a character on the way is told from a wrong one.
/// </remarks>
public sealed class RootKey
{
    /// <summary>Octets of a key of AES-256.</summary>
    internal const int Length = 32;

    private const string Prefix = "postroom-key-1:";
    private readonly byte[] _octets;

    private RootKey(byte[] octets) => (_octets, Id) = (octets, IdOf(octets));

    /// <summary>Tells keys apart; says nothing of what they are.</summary>
    public string Id { get; }

    /// <summary>A new one, of the system's own dice.</summary>
    public static RootKey Make() => new(RandomNumberGenerator.GetBytes(Length));

    /// <summary>A new one as a line, for whoever keeps keys elsewhere: a credential of systemd, an environment
    /// variable.</summary>
    public static string MakeLine() => Make().Write();

    /// <summary>Reads one line.</summary>
    /// <exception cref="VaultException">It is no key, or not a whole one.</exception>
    public static RootKey Parse(string line, string where)
    {
        var parts = line.Trim().Split(':');
        if (parts.Length != 3 || parts[0] + ":" != Prefix)
            throw new VaultException($"what stands in {where} is no key of a vault: it begins with {Prefix}");
        byte[] octets;
        try
        {
            octets = Base64Url.DecodeFromChars(parts[2]);
        }
        catch (FormatException)
        {
            octets = [];
        }

        return octets.Length == Length && IdOf(octets) == parts[1]
            ? new RootKey(octets)
            : throw new VaultException($"the key {parts[1]} in {where} is not whole: a character of it is wrong");
    }

    /// <summary>The line that <see cref="Parse"/> reads. It is the secret itself: for the key file alone.</summary>
    internal string Write() => $"{Prefix}{Id}:{Base64Url.EncodeToString(_octets)}";

    internal AesGcm Cipher() => new(_octets, Seal.TagLength);

    public override string ToString() => Id;

    private static string IdOf(byte[] octets) => Convert.ToHexStringLower(SHA256.HashData(octets))[..8];
}
