using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

public class StoredPasswordTests
{
    private static readonly byte[] Salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");

    // The keys of the example in RFC 7677 §3, as PostgreSQL writes them.
    private const string Pencil = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        + "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    [Fact]
    public void It_is_written_as_PostgreSQL_writes_it_and_read_back()
    {
        Assert.Equal(Pencil, StoredPassword.Hash("pencil", Salt, 4_096).ToString());
        Assert.True(StoredPassword.TryParse(Pencil, out var kept));
        Assert.Equal(Pencil, kept.ToString());
        Assert.True(kept.Verify("pencil"u8));
        Assert.False(kept.Verify("Pencil"u8));
        Assert.False(kept.Verify(""u8));
        Assert.False(kept.Verify([0xFF]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("pencil")]
    [InlineData("SCRAM-SHA-256$")]
    [InlineData("SCRAM-SHA-256$4096:QQ==$QQ==:QQ==")]
    public void What_is_none_is_not_read_as_one(string? text) => Assert.False(StoredPassword.TryParse(text, out _));

    [Theory]
    [InlineData("$4096:", "$0:")]
    [InlineData("$4096:", "$4294967296:")]
    [InlineData("==$", "==:")]
    [InlineData("SHA-256", "SHA-1")]
    [InlineData("dU=", "")]
    public void A_damaged_one_is_not_read(string what, string with) =>
        Assert.False(StoredPassword.TryParse(Pencil.Replace(what, with, StringComparison.Ordinal), out _));

    [Theory]
    [InlineData("I\u00ADX", "IX")]       // soft hyphen: mapped to nothing (the examples of RFC 4013 §3)
    [InlineData("user", "user")]
    [InlineData("USER", "USER")]         // no case mapping
    [InlineData("a\u00A0b", "a b")]      // a space is a space
    [InlineData("\u00AA", "a")]          // the last two examples of RFC 4013 §3 that give a text
    [InlineData("\u2168", "IX")]
    [InlineData("Rene\u0301", "Ren\u00E9")]
    [InlineData("\uFF21\uFB01", "Afi")]  // full width, ligature
    [InlineData("\u0007", null)]
    [InlineData("\u06271", "\u06271")]
    [InlineData("\u0627x", null)]        // mixed directions
    [InlineData("a\u202Eb", null)]       // turns the text around
    [InlineData("", null)]
    [InlineData("\u200B", null)]         // nothing is left
    public void Names_and_passwords_are_prepared(string text, string? prepared)
    {
        Assert.Equal(prepared is not null, SaslPrep.TryPrepare(text, out var result));
        Assert.Equal(prepared, result);
    }

    [Fact]
    public void An_accent_may_be_typed_on_any_system()
    {
        var kept = StoredPassword.Hash("caf\u00E9", Salt, 1);
        Assert.True(kept.Verify(Encoding.UTF8.GetBytes("cafe\u0301")));
        Assert.False(kept.Verify(Encoding.UTF8.GetBytes("cafe")));
    }

    [Fact]
    public void A_secret_prints_as_dots()
    {
        var secret = new Secret("hunter2");
        Assert.Equal("•••", $"{secret}");
        Assert.Equal("{}", System.Text.Json.JsonSerializer.Serialize(secret));
        Assert.Equal("hunter2", secret.Reveal());
    }
}
