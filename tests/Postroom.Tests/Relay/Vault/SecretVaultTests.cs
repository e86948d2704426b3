using System.Text;
using Postroom.Mail;
using Postroom.Relay.Vault;
using Xunit;

namespace Postroom.Tests.Relay.Vault;

/// <summary>Promise 6: what is set opens, for who has the key, and for nobody else.</summary>
public sealed class SecretVaultTests : IDisposable
{
    private readonly VaultHouse _house = new();

    public void Dispose() => _house.Dispose();

    [Fact]
    public void What_was_set_opens_and_tells_of_itself()
    {
        _house.Vault.Put("m365", new Secret("tür & angel"), new DateOnly(2027, 1, 31), new DateOnly(2027, 11, 25));
        Assert.Equal("tür & angel", _house.Open("m365"));
        var facts = Assert.Single(_house.Vault.List());
        Assert.Equal(("m365", _house.Time.GetUtcNow(), new DateOnly(2027, 1, 31), new DateOnly(2027, 11, 25), null),
            (facts.Name, facts.SetAt, facts.RotateBy, facts.Expires, facts.Trouble));
        Assert.Equal(_house.Keys.Read()[0].Id, facts.KeyId);
        Assert.Equal(facts, _house.Vault.Find("m365"));
        Assert.Null(_house.Vault.Find("m366"));
    }

    [Fact]
    public void What_is_set_again_replaces_what_was()
    {
        _house.Put("one", "two");
        _house.Time.Advance(TimeSpan.FromDays(1));
        _house.Vault.Put("one", new Secret("another"));
        Assert.Equal(["another", "value of two"], new[] { "one", "two" }.Select(_house.Open));
        Assert.Equal(_house.Time.GetUtcNow(), _house.Vault.Find("one")!.SetAt);
        Assert.Equal(["one", "two"], _house.Vault.List().Select(facts => facts.Name));
    }

    [Fact]
    public void Nothing_of_a_secret_is_in_the_clear_in_any_file()
    {
        const string Canary = "canary-4711-password";
        _house.Vault.Put("m365", new Secret(Canary));
        _house.Open("m365");
        var forms = new[] { Canary, Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary)),
            Convert.ToHexString(Encoding.UTF8.GetBytes(Canary)), _house.Keys.Read()[0].Write() };
        var files = Directory.GetFiles(_house.Folder, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        foreach (var text in files.Select(File.ReadAllText))
            Assert.DoesNotContain(forms, form => text.Contains(form, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(Canary, File.ReadAllText(_house.KeyPath), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_secret_is_sealed_in_another_way_each_time()
    {
        _house.Put("one");
        var first = File.ReadAllText(_house.FileOf("one"));
        _house.Put("one");
        Assert.NotEqual(first, File.ReadAllText(_house.FileOf("one")));
    }

    [Fact]
    public void A_secret_under_the_name_of_another_does_not_open()
    {
        _house.Put("one", "two");
        var text = File.ReadAllText(_house.FileOf("one"));
        File.WriteAllText(_house.FileOf("two"), text);
        Assert.Contains("does not open", Assert.Throws<VaultException>(() => _house.Open("two")).Message,
            StringComparison.Ordinal);
        File.WriteAllText(_house.FileOf("two"), text.Replace("\"one\"", "\"two\"", StringComparison.Ordinal));
        Assert.Contains("does not open", Assert.Throws<VaultException>(() => _house.Open("two")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_file_opens_as_it_was_or_not_at_all()
    {
        _house.Put("one");
        var sound = File.ReadAllBytes(_house.FileOf("one"));
        for (var at = 0; at < sound.Length; at++)
        {
            byte[] damaged = [.. sound[..at], (byte)(sound[at] ^ 1), .. sound[(at + 1)..]];
            File.WriteAllBytes(_house.FileOf("one"), damaged);
            OpensAsItWasOrNot();
            File.WriteAllBytes(_house.FileOf("one"), sound[..at]);
            OpensAsItWasOrNot();
        }

        void OpensAsItWasOrNot()
        {
            if (Record.Exception(() => Assert.Equal("value of one", _house.Open("one"))) is { } failed)
                Assert.IsType<VaultException>(failed);
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"name":"one","set_at":"2026-11-25T12:00:00Z","key_id":"0","key":null,"content":null}""")]
    [InlineData("""{"version":2,"name":"one","set_at":"2026-11-25T12:00:00Z","key_id":"0","key":"","content":""}""")]
    public void What_is_no_secret_does_not_open(string text)
    {
        _house.Put("one");
        File.WriteAllText(_house.FileOf("one"), text);
        Assert.Contains("is damaged", Assert.Throws<VaultException>(() => _house.Open("one")).Message,
            StringComparison.Ordinal);
        Assert.Contains("is damaged", _house.Vault.Find("one")!.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_there_says_how_to_set_it() => Assert.Equal(
        "there is no secret m365: set it with `postroom secret set m365`",
        Assert.Throws<VaultException>(() => _house.Open("m365")).Message);

    [Fact]
    public void Without_its_key_a_secret_says_so_and_opens_once_it_is_back()
    {
        _house.Put("one");
        var key = File.ReadAllText(_house.KeyPath);
        var id = _house.Keys.Read()[0].Id;
        File.Delete(_house.KeyPath);
        var told = Assert.Throws<VaultException>(() => _house.Open("one")).Message;
        Assert.Equal($"the secret one is sealed with the key {id}, which is not in the file {_house.KeyPath}: put that "
            + "key back there, or set the secret anew with `postroom secret set one`", told);
        Assert.Equal(told, _house.Vault.Find("one")!.Trouble);

        _house.Put("two"); // makes a new key; the old secret is as lost as before
        Assert.Equal(told, Assert.Throws<VaultException>(() => _house.Open("one")).Message);
        File.AppendAllText(_house.KeyPath, key);
        Assert.Equal(["value of one", "value of two"], new[] { "one", "two" }.Select(_house.Open));
    }

    [Fact]
    public void What_is_deleted_is_gone()
    {
        _house.Put("one");
        _house.Open("one");
        Assert.True(_house.Vault.Delete("one"));
        Assert.False(_house.Vault.Delete("one"));
        Assert.Empty(Directory.GetFiles(_house.Folder));
        Assert.Throws<VaultException>(() => _house.Open("one"));
    }

    [Fact]
    public void When_it_was_last_used_is_known_to_the_hour()
    {
        _house.Put("one");
        Assert.Null(_house.Vault.Find("one")!.UsedAt);
        var first = _house.Time.GetUtcNow();
        _house.Open("one");
        _house.Time.Advance(TimeSpan.FromMinutes(59));
        _house.Open("one");
        Assert.Equal(first, _house.Vault.Find("one")!.UsedAt);
        _house.Time.Advance(TimeSpan.FromMinutes(1));
        _house.Open("one");
        Assert.Equal(_house.Time.GetUtcNow(), _house.Vault.Find("one")!.UsedAt);
    }

    [Theory]
    [InlineData("m365", true)]
    [InlineData("0", true)]
    [InlineData("smtp.example-1_a", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("../key", false)]
    [InlineData("a/b", false)]
    [InlineData("-a", false)]
    [InlineData("M365", false)]
    [InlineData("ä", false)]
    [InlineData("a b", false)]
    [InlineData("a\0", false)]
    public void A_name_is_one_that_every_disk_can_keep(string name, bool isName)
    {
        Assert.Equal(isName, SecretVault.IsName(name));
        if (!isName)
            Assert.Throws<VaultException>(() => _house.Vault.Put(name, new Secret("x")));
    }

    [Fact]
    public void A_name_has_64_characters_at_most()
    {
        Assert.True(SecretVault.IsName(new string('a', 64)));
        Assert.False(SecretVault.IsName(new string('a', 65)));
    }

    [Fact]
    public void Its_files_are_for_their_owner_alone()
    {
        if (OperatingSystem.IsWindows())
            return;
        _house.Put("one");
        const UnixFileMode Mine = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal((Mine, Mine, Mine | UnixFileMode.UserExecute), (File.GetUnixFileMode(_house.FileOf("one")),
            File.GetUnixFileMode(_house.KeyPath), File.GetUnixFileMode(_house.Folder)));
    }
}
