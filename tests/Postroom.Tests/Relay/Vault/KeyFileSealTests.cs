using System.Security.Cryptography;
using Postroom.Relay.Vault;
using Xunit;

namespace Postroom.Tests.Relay.Vault;

/// <summary>A key file whose lines the system seals for its user, as Windows does.</summary>
public sealed class KeyFileSealTests : IDisposable
{
    private readonly VaultHouse _house = new();

    public void Dispose() => _house.Dispose();

    [Fact]
    public void A_sealed_file_opens_for_its_user_and_tells_nothing()
    {
        var keys = Sealed(user: 1);
        var made = keys.Add();
        Assert.Equal(made.Id, Assert.Single(keys.Read()).Id);
        Assert.DoesNotContain(made.Id, File.ReadAllText(_house.KeyPath), StringComparison.Ordinal);
        Assert.DoesNotContain("postroom-key-1", File.ReadAllText(_house.KeyPath), StringComparison.Ordinal);
    }

    [Fact]
    public void It_opens_for_nobody_else_and_says_so()
    {
        Sealed(user: 1).Add();
        Assert.Contains("another user or another machine made it",
            Assert.Throws<VaultException>(() => Sealed(user: 2).Read()).Message, StringComparison.Ordinal);
        Assert.Contains("a key that Windows sealed",
            Assert.Throws<VaultException>(() => _house.Keys.Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_not_whole_is_told()
    {
        Sealed(user: 1).Add();
        File.WriteAllText(_house.KeyPath, File.ReadAllText(_house.KeyPath).TrimEnd()[..^3]);
        Assert.Contains("a character of it is wrong",
            Assert.Throws<VaultException>(() => Sealed(user: 1).Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_was_brought_along_counts_and_a_rotation_seals_what_it_makes()
    {
        var brought = _house.Keys.Add();
        var keys = Sealed(user: 1);
        var vault = _house.With(keys);
        vault.Put("one", new Postroom.Mail.Secret("value of one"));
        Assert.Equal(brought.Id, Assert.Single(vault.List()).KeyId);

        vault.Rotate();

        Assert.NotEqual(brought.Id, Assert.Single(keys.Read()).Id);
        Assert.DoesNotContain("postroom-key-1", File.ReadAllText(_house.KeyPath), StringComparison.Ordinal);
        Assert.Equal("value of one", vault.Open("one").Reveal());
    }

    private KeyFile Sealed(byte user) => new(_house.KeyPath, new SealOf(user));

    // Every user of every machine has a key of his own, as with DPAPI.
    private sealed class SealOf(byte user) : UserSeal
    {
        private readonly byte[] _key = SHA256.HashData([user]);

        public override byte[] Close(byte[] octets)
        {
            var (nonce, tag, inside) = (RandomNumberGenerator.GetBytes(12), new byte[16], new byte[octets.Length]);
            using var cipher = new AesGcm(_key, tag.Length);
            cipher.Encrypt(nonce, octets, inside, tag);
            return [.. nonce, .. tag, .. inside];
        }

        public override byte[] Open(byte[] octets)
        {
            var inside = new byte[octets.Length - 28];
            using var cipher = new AesGcm(_key, 16);
            cipher.Decrypt(octets.AsSpan(0, 12), octets.AsSpan(28), octets.AsSpan(12, 16), inside);
            return inside;
        }
    }
}
