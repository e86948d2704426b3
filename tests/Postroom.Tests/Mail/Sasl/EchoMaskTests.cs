using System.Text;
using CsCheck;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

/// <summary>What a next hop repeats of a login, as the session shows it: without the secret.</summary>
public sealed class EchoMaskTests
{
    private const string Token =
        "ya29.a0AfB_byC-Xk3Jt7qLmZ9wVdR2sPnHuY5oGfE1cBxTq8iWjKlMnOpQrStUvWxYz0123456789-_ABCDEF.sig";

    private static readonly string Written =
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"user=jira@example.com\u0001auth=Bearer {Token}\u0001\u0001"));

    private static ClientSession After(string offer, bool isToken, string secret)
    {
        var session = new ClientSession("relay.example", ClientTls.None,
            new ClientCredentials("jira@example.com", new Secret(secret), new byte[18], true) { IsToken = isToken });
        session.On(new Reply(220, null, "hop.example"));
        session.On(new Reply(250, null, ["hop.example", "AUTH " + offer]));
        return session;
    }

    private static string Shown(params string[] lines) => string.Join('|',
        After("XOAUTH2", true, Token).Masked(new Reply(535, new EnhancedStatus(5, 7, 8), lines)).Lines);

    [Fact]
    public void A_token_is_masked_whole_and_in_pieces_and_what_was_sent_too()
    {
        Assert.Equal("bad token •••", Shown($"bad token {Token}"));
        Assert.Equal("{\"token\":\"•••\"}", Shown($"{{\"token\":\"{Token}\"}}"));
        Assert.Equal("got •••...", Shown($"got {Token[..30]}..."));
        Assert.Equal("xyz•••zyx", Shown($"xyz{Token[20..50]}zyx"));
        Assert.Equal("no •••", Shown($"no {Written}"));
        Assert.Equal("no=•••", Shown($"no={Written[10..40]}"));
        Assert.Equal("in base64 •••", Shown($"in base64 {Convert.ToBase64String(Encoding.UTF8.GetBytes(Token))}"));
        Assert.Equal("too long: •••|•••", Shown($"too long: {Token[..7]}", Token[7..14]));
        Assert.Equal("••• ••• •••", Shown($"{Token[..5]} {Token[5..10]} {Token[10..15]}"));
    }

    [Fact]
    public void What_is_not_ours_stays()
    {
        Assert.Equal("5.7.3 Authentication unsuccessful for jira@example.com|see https://support.example.com/x",
            Shown("5.7.3 Authentication unsuccessful for jira@example.com", "see https://support.example.com/x"));
        Assert.Equal("ya29.a0AfB_", Shown("ya29.a0AfB_")); // eleven letters: what kind of a token, and not which
    }

    [Fact] // It is base64 in there once more, and begins at another octet: no piece of what was sent is in it.
    public void A_challenge_that_repeats_the_token_is_masked_whole()
    {
        var session = After("XOAUTH2", true, Token);
        var reply = new Reply(334, null, Convert.ToBase64String(Encoding.UTF8.GetBytes($"{{\"got\":\"{Token}\"}}")));
        Assert.Equal(["•••"], session.Masked(reply).Lines);
        session.On(reply);
        session.On(new Reply(535, null, "no"));
        Assert.Equal("535 no [the server's reason: {\"got\":\"•••\"}]", session.Failure!.Diagnostic);
        var other = new Reply(334, null, "eyJzdGF0dXMiOiI0MDAifQ==");
        Assert.Same(other, session.Masked(other));
    }

    [Fact]
    public void A_piece_of_a_password_may_be_a_word_of_theirs()
    {
        var session = After("PLAIN", false, "Authentication!");
        var reply = new Reply(535, null, ["Authentication failed", "not Authentication!"]);
        Assert.Equal(["Authentication failed", "not •••"], session.Masked(reply).Lines);
    }

    /// <summary>Broken anywhere, into lines or by blanks: no twelve letters of it are left together.</summary>
    [Fact]
    public void However_a_token_is_broken_it_is_not_shown()
    {
        Gen.Select(Gen.Int[0, Token.Length - 12], Gen.Int[12, 60], Gen.Int[1, 20], Gen.Bool)
            .Sample((from, length, width, isBlank) =>
            {
                var piece = Token.Substring(from, Math.Min(length, Token.Length - from));
                var broken = piece.Chunk(width).Select(letters => new string(letters)).ToArray();
                var shown = isBlank ? Shown("# " + string.Join(' ', broken)) : Shown(["#", .. broken]);
                Assert.Matches("^#[•| ]+$", shown);
            });
    }
}
