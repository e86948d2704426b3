using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Postroom.Mail.Sasl;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

/// <summary>Held to Python's normalisation: nfkc-vectors.txt is made by nfkc.py.</summary>
public class NfkcTests
{
    private static readonly string[] Vectors =
        Sources.Read("tests/Postroom.Tests/Mail/Sasl/nfkc-vectors.txt").TrimEnd().Split('\n');

    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u00E9", "\u00E9")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]          // canonical ordering: below before above
    [InlineData("a\u0301\u0300", "\u00E1\u0300")]           // of one class: as written, and the second stays apart
    [InlineData("a\u0323\u0302", "\u1EAD")]                 // two steps
    [InlineData("a\u0315\u0300", "\u00E0\u0315")]           // sorted first, then the grave accent is next to the a
    [InlineData("\u0958", "\u0915\u093C")]                  // excluded from composition
    [InlineData("\u2126", "\u03A9")]                        // Ohm is an omega
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]            // Hangul
    [InlineData("\uD55C\u11A8", "\uD55C\u11A8")]             // a syllable with a tail takes no other
    [InlineData("\uD558\u11A7", "\uD558\u11A7")]             // there is no tail 0
    [InlineData("\uFB03", "ffi")]
    [InlineData("\uFF21\uFF42\u3000\uFF11", "Ab 1")]
    [InlineData("\uFF76\uFF9E", "\u30AC")]                  // half width, with its voicing mark
    [InlineData("\uD835\uDD38", "A")]                       // beyond 16 bits
    [InlineData("\u0301", "\u0301")]
    [InlineData("", "")]
    public void What_looks_the_same_becomes_the_same(string text, string form) => Assert.Equal(form, Nfkc.Of(text));

    [Fact]
    public void Texts_of_all_kinds_come_out_as_elsewhere()
    {
        var pairs = Vectors.Where(v => v[0] != '#' && !v.StartsWith("every ", StringComparison.Ordinal)).ToList();
        Assert.Equal(1_000, pairs.Count);
        Assert.All(pairs, pair => Assert.Equal(pair.Split(' ')[1], Written(Nfkc.Of(Read(pair.Split(' ')[0])))));
    }

    [Fact]
    public void Every_character_of_Unicode_comes_out_as_elsewhere()
    {
        using var every = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var point = 0; point < 0x110000; point++)
            if (Rune.TryCreate(point, out var rune))
                every.AppendData(Encoding.UTF8.GetBytes(Nfkc.Of(rune.ToString()) + "\n"));
        Assert.Contains("every " + Convert.ToHexStringLower(every.GetHashAndReset()), Vectors);
    }

    [Fact]
    public void A_text_of_nothing_but_marks_is_no_work_without_end()
    {
        const int many = 50_000;
        var marks = string.Concat(Enumerable.Repeat("\u0301\u0323", many));
        Assert.Equal(new string('\u0323', many) + new string('\u0301', many), Nfkc.Of(marks));
    }

    private static string Read(string points) => string.Concat(points.Split('.')
        .Select(p => new Rune(int.Parse(p, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString()));

    private static string Written(string text) =>
        string.Join('.', text.EnumerateRunes().Select(r => r.Value.ToString("X", CultureInfo.InvariantCulture)));
}
