using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Relay.Vault;

namespace Postroom.Tests.Relay.Vault;

/// <summary>A vault in a folder of its own, and the file of its key beside it.</summary>
internal sealed class VaultHouse : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("postroom-vault-").FullName;

    public VaultHouse()
    {
        Keys = new KeyFile(KeyPath);
        Vault = With(Keys);
    }

    public string Folder => Path.Combine(_home, "data", "vault");

    public string KeyPath => Path.Combine(_home, "keys", "vault.key");

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 25, 12, 0, 0, TimeSpan.Zero));

    public KeyFile Keys { get; }

    public SecretVault Vault { get; }

    public SecretVault With(IKeyRing keys) => new(Folder, keys, Time);

    public static GivenKeys Given(params string[] lines) => new("the credential test", () => string.Join('\n', lines));

    public string Open(string name) => Vault.Open(name).Reveal();

    public void Put(params string[] names)
    {
        foreach (var name in names)
            Vault.Put(name, new Secret("value of " + name));
    }

    public string FileOf(string name) => Path.Combine(Folder, name + ".json");

    public void Dispose() => Directory.Delete(_home, recursive: true);
}
