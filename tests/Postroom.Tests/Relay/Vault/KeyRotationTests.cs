using Postroom.Mail;
using Postroom.Relay.Vault;
using Xunit;

namespace Postroom.Tests.Relay.Vault;

/// <summary>A root key that goes, and one that comes: at no moment is there a secret that does not open.</summary>
public sealed class KeyRotationTests : IDisposable
{
    private readonly VaultHouse _house = new();

    public void Dispose() => _house.Dispose();

    [Fact]
    public void All_open_with_the_new_key_and_the_old_is_gone()
    {
        _house.Put("one", "two", "three");
        var old = _house.Keys.Read()[0];
        var done = _house.Vault.Rotate();
        var key = Assert.Single(_house.Keys.Read());
        Assert.Equal(new KeyRotation(key.Id, 3, OldIsGone: true), done);
        Assert.NotEqual(old.Id, key.Id);
        Assert.All(_house.Vault.List(), facts => Assert.Equal((key.Id, null), (facts.KeyId, facts.Trouble)));
        Assert.Equal("value of two", _house.Open("two"));
        Assert.Throws<VaultException>(() => _house.With(VaultHouse.Given(old.Write())).Open("two"));
    }

    // Cut off at each step: after the new key was made, after each secret, before the old key goes.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void One_that_was_cut_off_loses_nothing_and_goes_on(int resealed)
    {
        string[] names = ["one", "three", "two"];
        _house.Put(names);
        var fresh = _house.Keys.Add();
        foreach (var name in names[..resealed])
            _house.Put(name);
        Assert.Equal(names.Select(name => "value of " + name), names.Select(_house.Open));

        Assert.Equal(new KeyRotation(fresh.Id, 3, OldIsGone: true), _house.Vault.Rotate());
        Assert.Equal(fresh.Id, Assert.Single(_house.Keys.Read()).Id);
        Assert.Equal(names.Select(name => "value of " + name), names.Select(_house.Open));
    }

    [Fact]
    public void With_a_secret_that_does_not_open_no_key_goes()
    {
        _house.Put("one", "two");
        var lost = _house.With(VaultHouse.Given(RootKey.MakeLine()));
        lost.Put("lost", new Secret("x"));
        Assert.Contains("the secret lost is sealed with the key",
            Assert.Throws<VaultException>(() => _house.Vault.Rotate()).Message, StringComparison.Ordinal);
        Assert.Equal(["value of one", "value of two"], new[] { "one", "two" }.Select(_house.Open));
        Assert.True(_house.Vault.Delete("lost"));
        Assert.Equal(2, _house.Vault.Rotate().Secrets);
        Assert.Equal(["value of one", "value of two"], new[] { "one", "two" }.Select(_house.Open));
    }

    [Fact]
    public void Keys_that_are_given_are_not_ours_to_change()
    {
        var (old, fresh) = (RootKey.MakeLine(), RootKey.MakeLine());
        _house.With(VaultHouse.Given(old)).Put("one", new Secret("x"));
        var told = Assert.Throws<VaultException>(() => _house.With(VaultHouse.Given(old)).Rotate()).Message;
        Assert.Contains("postroom secret key", told, StringComparison.Ordinal);

        var done = _house.With(VaultHouse.Given(fresh, old)).Rotate();
        Assert.Equal((1, false), (done.Secrets, done.OldIsGone));
        Assert.Equal("x", _house.With(VaultHouse.Given(fresh)).Open("one").Reveal());
    }

    [Fact]
    public void Without_any_key_a_given_ring_says_how_to_get_one() => Assert.Equal(
        "the key of the vault comes from the credential test, which is not ours to write: make one with `postroom "
        + "secret key` and put it there, in front of any other; then start the relay again",
        Assert.Throws<VaultException>(() => _house.With(VaultHouse.Given()).Put("one", new Secret("x"))).Message);

    [Fact]
    public void A_key_with_a_wrong_character_is_not_taken()
    {
        var line = RootKey.MakeLine();
        Assert.Equal(line, RootKey.Parse(line, "a test").Write());
        for (var at = 0; at < line.Length - 1; at++) // the last character has bits that stand for nothing
        {
            var wrong = line[..at] + (line[at] == 'x' ? 'y' : 'x') + line[(at + 1)..];
            Assert.Contains("a test", Assert.Throws<VaultException>(() => RootKey.Parse(wrong, "a test")).Message,
                StringComparison.Ordinal);
            Assert.Throws<VaultException>(() => RootKey.Parse(line[..at], "a test"));
        }
    }

    [Fact]
    public void A_key_shows_its_name_and_nothing_else()
    {
        var key = RootKey.Parse(RootKey.MakeLine(), "a test");
        Assert.Equal(key.Id, key.ToString());
    }

    [Theory]
    [InlineData("0640")]
    [InlineData("0604")]
    [InlineData("0666")]
    public void A_key_that_others_can_read_is_not_used(string mode)
    {
        if (OperatingSystem.IsWindows())
            return;
        _house.Put("one");
        File.SetUnixFileMode(_house.KeyPath, (UnixFileMode)Convert.ToInt32(mode, 8));
        Assert.Contains($"chmod 0600 {_house.KeyPath}", Assert.Throws<VaultException>(() => _house.Open("one")).Message,
            StringComparison.Ordinal);
        Assert.Throws<VaultException>(() => _house.Put("two"));
    }

    [Fact]
    public void A_file_that_holds_something_else_is_no_key()
    {
        _house.Put("one");
        File.AppendAllText(_house.KeyPath, "hunter2\n");
        var told = Assert.Throws<VaultException>(() => _house.Open("one")).Message;
        Assert.Contains("is no key of a vault", told, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", told, StringComparison.Ordinal);
    }

    // What root writes beside the service, the service could not read; and a key of another's is not ours to trust.
    [Fact]
    public void What_belongs_to_another_user_is_neither_used_nor_written()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "only root can give files away");
        _house.Put("one");
        GiveAway(_house.KeyPath);
        Assert.Contains("does not belong to the user who runs this",
            Assert.Throws<VaultException>(() => _house.Open("one")).Message, StringComparison.Ordinal);
        File.Delete(_house.KeyPath);
        GiveAway(_house.Folder);
        foreach (var write in (Action[])[() => _house.Put("two"), () => _house.Vault.Delete("one"),
            () => _house.Vault.Rotate()])
            Assert.Contains("belongs to another user", Assert.Throws<VaultException>(write).Message,
                StringComparison.Ordinal);
        Assert.True(File.Exists(_house.FileOf("one")));
    }

    private static void GiveAway(string path)
    {
        using var chown = System.Diagnostics.Process.Start("chown", ["65534", path])!;
        chown.WaitForExit();
        Assert.Equal(0, chown.ExitCode);
    }
}
