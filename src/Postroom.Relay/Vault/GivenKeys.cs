namespace Postroom.Relay.Vault;

/// <summary>Root keys that somebody else keeps: a credential of systemd, or an environment variable. Blanks or line
/// ends between them, the first in use.</summary>
/// <param name="where">The place, in words.</param>
/// <param name="read">Their text; null if there is none.</param>
public sealed class GivenKeys(string where, Func<string?> read) : IKeyRing
{
    public string Where => where;

    /// <summary>There is such a credential or variable, whatever it holds.</summary>
    public bool IsGiven => read() is not null;

    /// <summary>A credential by its name: systemd hands it over in a folder that only the service can read.</summary>
    /// <remarks>systemd.exec(5), LoadCredentialEncrypted=.</remarks>
    public static GivenKeys Credential(string name) => new($"the systemd credential {name}", () =>
        Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder
            && Path.Combine(folder, name) is var file && File.Exists(file)
                ? File.ReadAllText(file)
                : null);

    public static GivenKeys Variable(string name) =>
        new($"the environment variable {name}", () => Environment.GetEnvironmentVariable(name));

    public IReadOnlyList<RootKey> Read()
    {
        try
        {
            return [.. (read() ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
                .Select(key => RootKey.Parse(key, where))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"the key of the vault cannot be read: {e.Message}", e);
        }
    }

    public RootKey Add() => throw new VaultException(
        $"the key of the vault comes from {where}, which is not ours to write: make one with `postroom secret key` "
        + "and put it there, in front of any other; then start the relay again");

    public bool DropOld() => false;
}
