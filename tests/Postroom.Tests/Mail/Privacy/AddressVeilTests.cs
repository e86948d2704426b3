using CsCheck;
using Postroom.Mail.Privacy;
using Xunit;

namespace Postroom.Tests.Mail.Privacy;

public sealed class AddressVeilTests
{
    private static readonly AddressHash Hash = new([.. Enumerable.Range(0, 32).Select(n => (byte)n)]);
    private static readonly AddressVeil Hashed = AddressVeil.Hashed(Hash);

    [Theory]
    [InlineData("nobody is named here, at 12:30", "nobody is named here, at 12:30")]
    [InlineData("alice@example.com", "a***@example.com")]
    [InlineData("550 5.1.1 <alice@example.com>: unknown", "550 5.1.1 <a***@example.com>: unknown")]
    [InlineData("to=<alice@a.example>, bob@b.example.", "to=<a***@a.example>, b***@b.example.")]
    [InlineData("'alice@example.com' and “bob@example.com”", "'a***@example.com' and “b***@example.com”")]
    [InlineData("\"john doe\"@example.com is away", "j***@example.com is away")]
    [InlineData("\"john@doe\"@example.com", "j***@example.com")]              // an @ inside quotes is no end
    [InlineData("\"jo\\\"hn\"@example.com", "j***@example.com")] // nor is a quotation mark that was escaped
    [InlineData("{\"to\":\"\\\"john doe\\\"@example.com\"}", "{\"to\":\"\\j***@example.com\"}")]
    [InlineData("{\"to\":\"alice@example.com\"}", "{\"to\":\"a***@example.com\"}")]
    [InlineData("alice@[192.0.2.1]", "a***@[192.0.2.1]")]
    [InlineData("TO:<@a.example,@b.example:alice@example.com>", "TO:<@a.example,@b.example:a***@example.com>")]
    [InlineData("/users/alice%40example.com/send", "a***%40example.com/send")]
    [InlineData("/api/v1/suppressions/alice@example.com failed", "a***@example.com failed")]
    [InlineData("alice%intern.example@gate.example", "a***@gate.example")]
    [InlineData("jürgen.müller@bücher.example", "j***@bücher.example")]
    [InlineData("😀s@example.com", "😀***@example.com")]
    [InlineData("alice@", "a***@")]                                           // no domain: better not shown
    [InlineData("alice@@example.com", "a***@@example.com")]
    [InlineData("a@b@c", "a***@b***@c")]
    [InlineData("CORP\\alice@example.com", "CORP\\a***@example.com")]
    [InlineData("alice\\@example.com", "a***@example.com")]
    [InlineData("5\"alice\"x\"@example.com", "5\"x***@example.com")]
    [InlineData("\"alice@home\"@example.com and 5\"@", "a***@")]              // "@ may close one and open another
    [InlineData("x\"@example.com", "x***@example.com")]
    [InlineData("listens @ 127.0.0.1", "listens @ 127.0.0.1")]
    [InlineData("@", "@")]
    public void Masked_it_shows_the_first_letter_and_whose_domain_it_is(string text, string masked) =>
        Assert.Equal(masked, AddressVeil.Masked.Of(text));

    [Fact]
    public void Hashed_it_is_the_same_word_wherever_it_stands_and_in_whatever_letters()
    {
        var word = Hashed.Of("alice@example.com");
        Assert.Matches("^h:[0-9a-f]{16}@example\\.com$", word);
        Assert.Equal(word[2..18], Hash.Hash("alice@example.com"));
        Assert.Equal(Hash.Hash("Alice@Example.COM"), Hash.Hash("alice@example.com"));
        foreach (var text in (string[])["<{0}>", "to {0}.", "'{0}'", "“{0}”", "({0})", "rfc822;{0}, x",
                     "mailto:{0}?a=b", "/api/v1/suppressions/{0}", "{{\"to\":\"{0}\"}}"])
            Assert.Contains(word, Hashed.Of(string.Format(null, text, "alice@example.com")), StringComparison.Ordinal);
        Assert.Equal("h:" + Hash.Hash("ALICE@EXAMPLE.com") + "@EXAMPLE.com", Hashed.Of("ALICE@EXAMPLE.com"));
        Assert.NotEqual(Hash.Hash("alice@example.com"), Hash.Hash("alicf@example.com"));
        Assert.NotEqual(Hash.Hash("alice@example.com"), new AddressHash(new byte[32]).Hash("alice@example.com"));
        var longest = new string('ü', 5_000) + "@example.com"; // nothing is too long for it
        Assert.Equal("h:" + Hash.Hash(longest.ToUpperInvariant()) + "@example.com", Hashed.Of(longest));
    }

    [Fact]
    public void A_text_without_an_address_is_that_text_itself()
    {
        const string text = "lane 'upstream' is paused: 421 4.3.2 closing";
        Assert.Same(text, AddressVeil.Masked.Of(text));
        Assert.Same(text, Hashed.Of(text));
    }

    [Fact]
    public void Of_whatever_text_no_local_part_is_left()
    {
        var around = Gen.Char["ab <>\"'\\@.:;=/%40“”\t\0ü"].Array[0, 12].Select(letters => new string(letters));
        var local = Gen.OneOf(
            Gen.Char["canry!#$&+-_~"].Array[6, 14].Select(letters => new string(letters)),
            Gen.Char["canry @<>,;:."].Array[6, 14].Select(letters => $"\"{new string(letters)}\""));
        Gen.Select(around, local, around, Gen.Bool).Sample((before, name, after, isHashed) =>
        {
            // What stands right before it may be a part of it for all that anybody can say: then it must go too.
            var text = $"{before} {name}@example.com {after}";
            var shown = (isHashed ? Hashed : AddressVeil.Masked).Of(text);
            return !shown.Contains(name.Trim('"')[1..], StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("@")]
    [InlineData("a@")]
    [InlineData("\"@")]
    [InlineData("\\\"@")]
    [InlineData("\\\\\\\"@")]
    [InlineData("\\")]
    [InlineData("%40")]
    [InlineData("\" \\\"@%40")]
    public void Hostile_text_costs_in_proportion_to_its_length(string piece)
    {
        // No clock: a text ten thousand times as long is done at all, which by its square it would not be in this life.
        var text = string.Concat(Enumerable.Repeat(piece, 1_000_000 / piece.Length)) + "\"@x";
        Assert.NotNull(AddressVeil.Masked.Of(text));
    }
}
