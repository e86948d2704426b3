using Postroom.Mail.Status;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Mail.Status;

/// <summary>Every refusal is told from the others, named, and comes with what to do.</summary>
public sealed class ExplanationTests
{
    public static TheoryData<int, string, string> Cases
    {
        get
        {
            var cases = new TheoryData<int, string, string>();
            for (var n = 0; n < ExplanationWords.All.Count; n++)
                cases.Add(n, ExplanationWords.All[n].Name ?? "nothing", ExplanationWords.All[n].Words);
            return cases;
        }
    }

    private static IEnumerable<ExplanationRow> Rows => ExplanationTable.Chapters.SelectMany(chapter => chapter.Rows);

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_a_provider_says_is_taken_for_what_it_is(int n, string name, string words)
    {
        Assert.Equal(words, ExplanationWords.All[n].Failure.Diagnostic);
        Assert.Equal(name, Explanation.Of(ExplanationWords.All[n].Failure)?.Name ?? "nothing");
    }

    [Fact]
    public void Every_sign_is_the_first_that_fits_something_that_was_said()
    {
        var signs = Rows.SelectMany(row => row.Signs).ToList();
        var met = ExplanationWords.All.Select(said => signs.Find(sign => sign.Fits(said.Failure))).ToList();
        var idle = Rows.SelectMany(row => row.Signs.Where(sign => !met.Contains(sign)).Select(sign =>
            $"{row.Means.Name}: {sign.Begins} {string.Join(" … ", sign.Says)}"));
        Assert.Equal("", string.Join("\n", idle));
    }

    [Fact]
    public void Every_row_has_a_name_of_its_own_a_cause_and_a_cure()
    {
        Assert.Equal(Rows.Select(row => row.Means.Name).Distinct(), Rows.Select(row => row.Means.Name));
        foreach (var row in Rows)
        {
            var (name, cause, cure) = row.Means;
            Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)+$", name);
            Assert.NotEmpty(row.Signs);
            foreach (var sentence in (string[])[cause, cure])
            {
                Assert.True(sentence.Length > 20 && char.IsAsciiLetterUpper(sentence[0]) && sentence[^1] == '.', name);
                Assert.True(sentence.Count(c => c == '`') % 2 == 0, $"{name}: a command without its end");
                Assert.DoesNotContain('|', sentence); // a table of Markdown
                Assert.DoesNotContain("  ", sentence, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>The page is made from the table, and was read by people: what it says is meant.</summary>
    [Fact]
    public void The_manual_says_of_each_row_what_the_table_says()
    {
        var page = File.ReadAllLines(Path.Combine(Sources.Root, "docs", "reference", "refused-logins.md"));
        Assert.Equal(page.Where(line => line.StartsWith("## ", StringComparison.Ordinal)),
            ExplanationTable.Chapters.Select(chapter => $"## {chapter.Title}"));
        var listed = page.Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split(" | ")).Select(cells => $"{cells[0]} | {cells[^2]} | {cells[^1]}");
        Assert.Equal(listed,
            Rows.Select(row => $"| `{row.Means.Name}` | {row.Means.Cause} | {row.Means.Cure} |"));
        Assert.Equal("Cause. Cure.", new Explanation("a-name", "Cause.", "Cure.").ToString());
    }

    [Fact]
    public void What_did_not_fail_has_nothing_to_explain() => Assert.Null(Explanation.Of(null));

    [Theory]
    [InlineData("smtp.office365.com", true)]
    [InlineData("SMTP.Office365.com", true)]
    [InlineData("office365.com", true)]
    [InlineData("notoffice365.com", false)]
    [InlineData("smtp.office365.com.example", false)]
    [InlineData("example-com.mail.protection.outlook.com", false)]
    [InlineData(null, false)]
    public void A_provider_is_known_by_its_domain(string? host, bool isIt) =>
        Assert.Equal(isIt, Provider.Microsoft.IsAt(host));
}
