using System.Net;
using Postroom.Mail.Authentication;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Mail.Authentication;

/// <summary>check_host() against the cases by which implementations of RFC 7208 are held.</summary>
public sealed class SpfSuiteTests
{

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var (section, _, those) in Sections())
                foreach (var one in those)
                    cases.Add(section, one.Split(' ')[1]);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_case_comes_out_as_it_should(string section, string name)
    {
        var (_, zone, cases) = Sections().Single(one => one.Section == section);
        var words = cases.Single(one => one.Split(' ')[1] == name).Split(' ', 7);
        var (address, helo, from) = (IPAddress.Parse(words[2]), Zone.Plain(words[3]), Zone.Plain(words[4]));
        var isNull = from == "<>";
        var domain = isNull ? helo : from[(from.LastIndexOf('@') + 1)..];
        var result = Zone.Of(zone).Think(known => SpfCheck.Of(known, new SpfAsked(domain, address, isNull ? "" : from,
            DateTimeOffset.UnixEpoch) { Helo = helo }));
        Assert.True(words[5].Split('/').Contains(result.Verdict.Word()),
            $"{result.Verdict}, not {words[5]}: {result.Why}");
        Assert.False(string.IsNullOrWhiteSpace(result.Why));
        if (words.Length > 6 && result.Verdict == Verdict.Fail)
            Assert.Equal(Zone.Plain(words[6]), result.Explanation, ignoreCase: true);
    }

    [Fact]
    public void All_sections_are_there() => Assert.True(Cases.Count > 200 && Sections().Count() > 14);

    private static IEnumerable<(string Section, string Zone, List<string> Cases)> Sections()
    {
        var text = Sources.Read("tests/Postroom.Tests/Mail/Authentication/spf-cases.txt");
        foreach (var section in text.Split("\n== ").Skip(1))
        {
            var lines = section.Split('\n');
            yield return (lines[0], string.Join('\n', lines.Skip(1).Where(line => !line.StartsWith('?'))),
                [.. lines.Where(line => line.StartsWith('?'))]);
        }
    }
}
