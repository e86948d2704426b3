using CsCheck;
using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Mail.Audit;

public sealed class PhraseTests
{
    [Theory]
    [InlineData("failed", "Build FAILED", true)]
    [InlineData("fail", "Build failed", false)]
    [InlineData("fail*", "Build failed", true)]
    [InlineData("ail*", "Build failed", false)]
    [InlineData("*ail*", "Build failed", true)]
    [InlineData("build failed", "The build, failed", true)]
    [InlineData("failed build", "Build failed", false)]
    [InlineData("build fai*", "Build failed", true)]
    [InlineData("b*led", "Build failed", true)]
    [InlineData("PROJ-123", "[JIRA] (PROJ-123) x", true)]
    [InlineData("proj-123", "PROJ-1234", false)]
    [InlineData("PROJ-12*", "PROJ-1234", true)]
    [InlineData("PROJ-*", "PROJ-1234", true)]
    [InlineData("PROJ-123", "PROJ 123", false)]
    [InlineData("PROJ 123", "PROJ-123", true)]
    [InlineData("123", "PROJ-123", true)]
    [InlineData("server", "build-server is down", true)]
    [InlineData("5.1.1", "550 5.1.1 no such user", true)]
    [InlineData("5.1.1", "550 5.1.10 no such user", false)]
    [InlineData("example.com", "mail for ann@example.com", true)]
    [InlineData("100%", "100% done", true)]
    [InlineData("会議", "明日の会議の案内", true)]
    [InlineData("会案", "明日の会議の案内", false)]
    [InlineData("ÄRGER", "großer ärger", true)]
    [InlineData("???", "what???", true)]
    [InlineData("???", "what?", false)]
    [InlineData("", "anything", true)]
    [InlineData("x", "", false)]
    public void A_phrase_is_words_that_follow_each_other(string value, string text, bool matches) =>
        Assert.Equal(matches, Phrase.Of(value).Matches(text));

    [Fact]
    public void Nothing_but_ascii_is_found_by_a_pattern_of_ascii()
    {
        var others = Enumerable.Range(0x80, 0xFFFF - 0x80).Select(static c => (char)c)
            .Where(static c => !char.IsSurrogate(c)).ToArray();
        for (var c = ' '; c <= '~'; c++)
            if (c != '*')
                Assert.False(Phrase.Of($"*{c}*").Matches(new string(others)), $"something folds to {c}");
    }

    [Fact]
    public void No_text_has_no_phrase() => Assert.False(Phrase.Of("").Matches(null));

    [Theory]
    [InlineData("[JIRA] (PROJ-123) Build failed", "jira proj 123 proj-123 build failed")]
    [InlineData("a--b c_d", "a b c d c_d")]
    [InlineData("会議abc", "会 議 abc")]
    [InlineData("", "")]
    public void A_text_is_kept_by_its_words_and_by_those_that_are_joined(string text, string terms) =>
        Assert.Equal(terms, string.Join(' ', Words.TermsOf(text)));

    [Fact]
    public void Every_text_that_matches_has_the_terms_of_the_phrase()
    {
        string[] words =
            ["proj", "PROJ-1", "1", "1.2", "fail", "failed", "会議", new string('x', 50), "-", "*", "é", "fail*"];
        string[] between = [" ", "-", ", ", ""];
        var word = Gen.Int[0, words.Length - 1].Select(i => words[i]);
        var text = Gen.Select(word.Array[1, 6], Gen.Int[0, 3], (parts, i) => string.Join(between[i], parts));
        Gen.Select(text, word.Array[1, 2].Select(parts => string.Join(' ', parts))).Sample((subject, value) =>
        {
            var phrase = Phrase.Of(value);
            if (!phrase.Matches(subject))
                return;
            var terms = Words.TermsOf(subject).ToHashSet();
            Assert.All(phrase.Terms, term => Assert.Contains(term, terms));
            if (phrase.Beginning is { } beginning)
                Assert.Contains(terms, term => term.StartsWith(beginning, StringComparison.Ordinal));
        }, iter: 20_000, threads: 1);
    }
}
