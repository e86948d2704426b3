using Postroom.Mail;

namespace Postroom.Relay.Vault;

/// <summary>The relay's own keys: sealed like any secret, of names that nobody else can use.</summary>
internal static class OwnKeys
{
    public static bool IsOne(string name) => name is SigningKey.Name or AddressKey.Name;

    /// <summary>Makes one; but not beside secrets that do not open, for with it a new root key would come where
    /// somebody has to put the old one back.</summary>
    /// <exception cref="VaultException">It cannot be kept.</exception>
    public static void Make(SecretVault vault, string name, Func<Secret> key)
    {
        if (vault.List().FirstOrDefault(secret => secret.Trouble is not null) is { } closed)
            throw new VaultException($"the key for it is made once all secrets open again: {closed.Trouble}");
        vault.Keep(name, key(), null, null);
    }
}
