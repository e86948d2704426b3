using Postroom.Mail;
using Postroom.Relay.Vault;
using Xunit;

namespace Postroom.Tests.Relay.Vault;

public sealed class AddressKeyTests
{
    [Fact]
    public void It_is_made_once_kept_sealed_and_of_a_name_that_nobody_else_can_use()
    {
        using var house = new VaultHouse();
        Assert.Throws<VaultException>(() => AddressKey.Open(house.Vault));
        var hash = AddressKey.OpenOrMake(house.Vault).Hash("alice@example.com");
        Assert.Equal(hash, AddressKey.OpenOrMake(house.Vault).Hash("alice@example.com"));
        house.Put("upstream");
        Assert.Equal(1, house.Vault.Rotate().Secrets); // and what is sealed anew is the same
        Assert.Equal(hash, AddressKey.Open(house.Vault).Hash("alice@example.com"));
        Assert.Equal(["upstream"], house.Vault.List().Select(secret => secret.Name));
        Assert.Throws<VaultException>(() => house.Vault.Put(AddressKey.Name, new Secret("mine")));
        Assert.Throws<VaultException>(() => house.Vault.Delete(AddressKey.Name));
        using var other = new VaultHouse();
        Assert.NotEqual(hash, AddressKey.OpenOrMake(other.Vault).Hash("alice@example.com"));
    }

    [Fact]
    public void It_is_not_made_beside_secrets_that_do_not_open()
    {
        using var house = new VaultHouse();
        house.Put("upstream");
        File.Delete(house.KeyPath);
        Assert.Contains("upstream", Assert.Throws<VaultException>(() => AddressKey.OpenOrMake(house.Vault)).Message,
            StringComparison.Ordinal);
        Assert.False(File.Exists(house.KeyPath));
    }
}
