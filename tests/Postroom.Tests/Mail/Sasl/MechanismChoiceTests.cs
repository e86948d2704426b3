using CsCheck;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

/// <summary>Which mechanism a login takes: the strongest, and none that would give the secret away.</summary>
public sealed class MechanismChoiceTests
{
    // As the documentation has it, strongest first; the test's own copy.
    private static readonly string[] Passwords =
    [
        "SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1",
        "CRAM-MD5", "NTLM", "PLAIN", "LOGIN",
    ];

    private static readonly string[] Tokens = ["XOAUTH2", "OAUTHBEARER"];

    private static readonly string[] Others = ["GSSAPI", "DIGEST-MD5", "EXTERNAL", "ANONYMOUS", "SCRAM-SHA-3-512"];

    private static ClientCredentials Who(bool clear) => new("jira", new Secret("secret"), new byte[18], clear);

    [Theory]
    [InlineData("SCRAM-SHA-1 SCRAM-SHA-256 PLAIN LOGIN", true, "SCRAM-SHA-256")]
    [InlineData("LOGIN PLAIN SCRAM-SHA-1", true, "SCRAM-SHA-1")]
    [InlineData("LOGIN plain", true, "PLAIN")]
    [InlineData("XOAUTH2 LOGIN", true, "LOGIN")]
    [InlineData("PLAIN LOGIN", false, null)]
    [InlineData("LOGIN PLAIN SCRAM-SHA-1", false, "SCRAM-SHA-1")]
    [InlineData("CRAM-MD5 NTLM", false, null)] // one round of MD5: as good as the password, to who listens
    [InlineData("NTLM LOGIN", true, "NTLM")]
    [InlineData("ntlm cram-md5 PLAIN", true, "CRAM-MD5")]
    [InlineData("SCRAM-SHA-512-PLUS SCRAM-SHA-1", true, "SCRAM-SHA-1")] // nothing to bind to
    [InlineData("XOAUTH2 OAUTHBEARER", true, null)] // a password is no token
    [InlineData("GSSAPI", true, null)]
    public void The_strongest_mechanism_is_chosen_and_a_clear_password_only_where_allowed(
        string offered, bool clear, string? chosen) =>
        Assert.Equal(chosen, ClientMechanism.Choose(offered.Split(' '), Who(clear))?.Name);

    [Theory]
    [InlineData("LOGIN PLAIN OAUTHBEARER XOAUTH2", true, "XOAUTH2")]
    [InlineData("OAUTHBEARER PLAIN", true, "OAUTHBEARER")]
    [InlineData("PLAIN LOGIN SCRAM-SHA-256 CRAM-MD5 NTLM", true, null)] // a token goes where tokens go
    [InlineData("XOAUTH2 OAUTHBEARER", false, null)]
    public void A_token_goes_only_where_tokens_are_taken_and_never_in_the_clear(
        string offered, bool clear, string? chosen) =>
        Assert.Equal(chosen, ClientMechanism.Choose(offered.Split(' '), Who(clear) with { IsToken = true })?.Name);

    [Fact]
    public void One_after_the_other_as_the_stronger_ones_are_taken_away()
    {
        Assert.Equal(Passwords, ClientMechanism.NamesFor(isToken: false));
        Assert.Equal(Tokens, ClientMechanism.NamesFor(isToken: true));
        var who = Who(clear: true) with { Binding = new ChannelBinding("tls-unique", [1]) };
        for (var i = 0; i < Passwords.Length; i++)
            Assert.Equal(Passwords[i], ClientMechanism.Choose([.. Passwords[i..].Reverse()], who)!.Name);
    }

    /// <summary>Any offer, any permission: said once more, in other words.</summary>
    [Fact]
    public void Whatever_is_offered_it_is_the_first_that_may_be_used()
    {
        string[] all = [.. Passwords, .. Tokens, .. Others];
        var some = Gen.Int[0, all.Length - 1].Select(i => all[i]).Array[0, 8];
        Gen.Select(some, some, Gen.Bool, Gen.Bool, Gen.Bool).Sample((offered, allowed, clear, binds, isToken) =>
        {
            var who = Who(clear) with
            {
                Binding = binds ? new ChannelBinding("tls-unique", [1]) : null, IsToken = isToken, Mechanisms = allowed,
            };
            var usable = (isToken ? Tokens : Passwords).Where(name => offered.Contains(name)
                && (allowed.Length == 0 || allowed.Contains(name))
                && (clear || name.StartsWith("SCRAM", StringComparison.Ordinal))
                && (binds || !name.EndsWith("PLUS", StringComparison.Ordinal)));
            Assert.Equal(usable.FirstOrDefault(),
                ClientMechanism.Choose([.. offered.Select(name => name.ToLowerInvariant())], who)?.Name);
        });
    }
}
