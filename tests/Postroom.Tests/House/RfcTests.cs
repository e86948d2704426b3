using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Postroom.Tests.House;

/// <summary>Holds docs/rfc.md against the citations in the code.</summary>
public class RfcTests
{
    private static readonly Regex Citation = new(@"\bRFCs?\s(?<n>\d{3,5})(?:(?:,|/| and| or)\s?(?<n>\d{4})\b)*");

    // A table row: the number, one of three words, a sentence.
    private static readonly Regex Row = new(
        @"^\| RFC (?<n>\d+) \| (?<status>yes|partly|no) \| (?<what>[^|]{5,}\.) \|$");

    private static readonly string Root = FindRoot();

    [Fact]
    public void Every_RFC_that_the_code_cites_is_listed()
    {
        var listed = Rows().Select(row => row.Number).ToHashSet();
        var missing = Citations().Where(cited => !listed.Contains(cited.Number))
            .Select(cited => $"RFC {cited.Number}, cited in {cited.File}, is not in docs/rfc.md");
        Assert.Equal("", string.Join('\n', missing.Distinct()));
    }

    [Fact]
    public void Every_RFC_that_is_obeyed_is_cited_where_it_is()
    {
        var cited = Citations().Select(c => c.Number).ToHashSet();
        var uncited = Rows().Where(row => row.Status == "yes" && !cited.Contains(row.Number))
            .Select(row => $"RFC {row.Number} is listed as obeyed, but no file under src cites it");
        Assert.Equal("", string.Join('\n', uncited));
    }

    [Fact]
    public void The_list_is_in_order_and_names_none_twice()
    {
        var rows = Rows();
        Assert.True(rows.Count > 20);
        Assert.Equal(rows.Select(row => row.Number).Distinct().Order(), rows.Select(row => row.Number));
    }

    [Theory]
    [InlineData("as RFC 5321 §4.5.2 says", "5321")]
    [InlineData("RFC 5802, RFC 7677", "5802 7677")]
    [InlineData("RFC 3464/6522", "3464 6522")]
    [InlineData("RFC 6152, 6531 and 3030", "6152 6531 3030")]
    [InlineData("NFC 5321, 4096 times", "")]
    public void A_citation_is_recognised(string text, string numbers) =>
        Assert.Equal(numbers, string.Join(' ', NumbersIn(text)));

    private static List<(int Number, string Status)> Rows()
    {
        var lines = File.ReadAllLines(Path.Combine(Root, "docs", "rfc.md"))
            .Where(line => line.StartsWith("| RFC ", StringComparison.Ordinal));
        var rows = new List<(int, string)>();
        foreach (var line in lines.Skip(1)) // the heading
        {
            var row = Row.Match(line);
            Assert.True(row.Success, $"not a row of the list: {line}");
            rows.Add((int.Parse(row.Groups["n"].ValueSpan, CultureInfo.InvariantCulture), row.Groups["status"].Value));
        }

        return rows;
    }

    private static IEnumerable<(int Number, string File)> Citations() =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
        where !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin")
        from number in NumbersIn(File.ReadAllText(file))
        select (number, Path.GetRelativePath(Root, file));

    private static IEnumerable<int> NumbersIn(string text) =>
        from citation in Citation.Matches(text)
        from number in citation.Groups["n"].Captures
        select int.Parse(number.ValueSpan, CultureInfo.InvariantCulture);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Postroom.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("no Postroom.slnx above the tests");
    }
}
