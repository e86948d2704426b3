namespace Postroom.Relay.Vault;

/// <summary>Where the secrets are, and where their key comes from.</summary>
/// <param name="Folder">The folder of the sealed secrets.</param>
/// <param name="DefaultKeyFile">The key's file where nothing else is said and nothing is given.</param>
public sealed record VaultSettings(string Folder, string DefaultKeyFile)
{
    /// <summary>The systemd credential and the environment variable that are looked for if nothing is said.</summary>
    public const string DefaultCredential = "postroom-vault-key", DefaultVariable = "POSTROOM_VAULT_KEY";

    public string? KeyFile { get; init; }

    public string? KeyCredential { get; init; }

    public string? KeyEnvironment { get; init; }

    public SecretVault Open(TimeProvider time) => new(Folder, Keys(), time);

    private IKeyRing Keys()
    {
        if (KeyFile is not null)
            return new KeyFile(KeyFile);
        if (KeyCredential is not null)
            return GivenKeys.Credential(KeyCredential);
        if (KeyEnvironment is not null)
            return GivenKeys.Variable(KeyEnvironment);
        if (GivenKeys.Credential(DefaultCredential) is { IsGiven: true } credential)
            return credential;
        return GivenKeys.Variable(DefaultVariable) is { IsGiven: true } variable
            ? variable
            : new KeyFile(DefaultKeyFile);
    }
}
