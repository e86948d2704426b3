using System.Buffers.Text;
using System.Security.Cryptography;
using Postroom.Mail;
using Postroom.Mail.Privacy;

namespace Postroom.Relay.Vault;

/// <summary>The relay's own key for the hashes of addresses: 256 random bits, made when the first is hashed. With it
/// lost, or made anew, old hashes say nothing to anybody.</summary>
public static class AddressKey
{
    /// <summary>Its name in the vault.</summary>
    public const string Name = "postroom-addresses";

    private const int Length = 32;

    /// <summary>Opens it.</summary>
    /// <exception cref="VaultException">There is none, or it does not open.</exception>
    public static AddressHash Open(SecretVault vault)
    {
        if (!vault.Has(Name))
            throw new VaultException("no address was hashed here yet, and there is no key for it");
        var key = new byte[Length];
        return Base64Url.TryDecodeFromChars(vault.Open(Name).Reveal(), key, out var length) && length == Length
            ? new AddressHash(key)
            : throw new VaultException($"the secret {Name} is no key");
    }

    /// <summary>Opens it, and makes it if there is none: <see cref="OwnKeys.Make"/>.</summary>
    /// <exception cref="VaultException">It does not open, or cannot be kept.</exception>
    public static AddressHash OpenOrMake(SecretVault vault)
    {
        if (!vault.Has(Name))
            OwnKeys.Make(vault, Name, static () =>
                new Secret(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Length))));
        return Open(vault);
    }
}
