namespace Postroom.Relay.Vault;

/// <summary>Where the root keys of a vault come from.</summary>
public interface IKeyRing
{
    /// <summary>The place, in words: <c>the file /etc/postroom/vault.key</c>.</summary>
    string Where { get; }

    /// <summary>The keys there are: the first seals, all open. Empty if there is none yet.</summary>
    /// <exception cref="VaultException">They cannot be read, or others could read them too.</exception>
    IReadOnlyList<RootKey> Read();

    /// <summary>Puts a new key in front of those there are, or makes the first one, and has it durable before it
    /// returns.</summary>
    /// <exception cref="VaultException">Whoever gave the keys has to do that: the message says how.</exception>
    RootKey Add();

    /// <summary>Takes out all but the first; nothing is sealed with them any more.</summary>
    /// <returns>False if whoever gave them has to do that.</returns>
    bool DropOld();
}
