using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Audit;

public class FilterParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.FromHours(1));

    [Theory]
    [InlineData("to:alice@example.com", Field.To, "alice@example.com", false)]
    [InlineData("-from:*@example.com", Field.From, "*@example.com", true)]
    [InlineData("addressed:bob", Field.Addressed, "bob", false)]
    [InlineData("SUBJECT:\"build failed\"", Field.Subject, "build failed", false)]
    [InlineData("subject:build\" \"failed", Field.Subject, "build failed", false)]
    [InlineData("id:<JIRA.1@jira>", Field.Id, "<JIRA.1@jira>", false)]
    [InlineData("route:upstream", Field.Route, "upstream", false)]
    [InlineData("reply:\"5.1.1\"", Field.Reply, "5.1.1", false)]
    [InlineData("fault:NextHop", Field.Fault, "nexthop", false)]
    [InlineData("source:jira", Field.Source, "jira", false)]
    [InlineData("issue:PROJ-123", Field.Issue, "PROJ-123", false)]
    [InlineData("-project:PROJ", Field.Project, "PROJ", true)]
    [InlineData("app:jira", Field.App, "jira", false)]
    [InlineData("instance:hr", Field.Instance, "hr", false)]
    [InlineData("node:n1", Field.Node, "n1", false)]
    [InlineData("PROJ-123", Field.Words, "PROJ-123", false)]
    [InlineData("-\"to:alice \\\"x\\\" \\\\\"", Field.Words, "to:alice \"x\" \\", true)]
    [InlineData("10:30", Field.Words, "10:30", false)]
    public void A_term_says_what_it_looks_at(string text, Field field, string value, bool not)
    {
        var term = Assert.Single(Parsed(text).Terms);
        Assert.Equal((field, value, not), (term.Field, term.Value, term.Not));
    }

    [Fact]
    public void All_terms_are_kept_in_order_and_nothing_asks_for_everything()
    {
        Assert.Empty(Parsed("  ").Terms);
        Assert.Equal([Field.State, Field.To, Field.Words], Parsed("state:held  -to:a\tb").Terms.Select(t => t.Field));
    }

    [Fact]
    public void States_are_listed_with_commas() =>
        Assert.Equal([State.Waiting, State.Held], Parsed("state:waiting,HELD,waiting").Terms[0].States);

    [Theory]
    [InlineData("before:2026-11-23T10:00", Field.Before, "2026-11-23T10:00:00+01:00")]
    [InlineData("after:2026-11-20", Field.After, "2026-11-20T00:00:00+01:00")]
    [InlineData("after:2026-11-20T08:15:30Z", Field.After, "2026-11-20T08:15:30+00:00")]
    [InlineData("before:2026-11-20T08:15+05:30", Field.Before, "2026-11-20T08:15:00+05:30")]
    [InlineData("age:>2h", Field.Before, "2026-11-23T10:00:00+01:00")]
    [InlineData("age:30m", Field.Before, "2026-11-23T11:30:00+01:00")]
    [InlineData("age:<1.5d", Field.After, "2026-11-22T00:00:00+01:00")]
    [InlineData("age:>1w", Field.Before, "2026-11-16T12:00:00+01:00")]
    [InlineData("age:<90s", Field.After, "2026-11-23T11:58:30+01:00")]
    public void Times_become_instants(string text, Field field, string instant)
    {
        var term = Assert.Single(Parsed(text).Terms);
        Assert.Equal(field, term.Field);
        Assert.Equal(DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture), term.Instant);
    }

    [Theory]
    [InlineData("larger:1M", Field.Larger, 1_000_000)]
    [InlineData("smaller:20k", Field.Smaller, 20_000)]
    [InlineData("larger:1.5G", Field.Larger, 1_500_000_000)]
    [InlineData("larger:4096", Field.Larger, 4096)]
    public void Sizes_become_octets(string text, Field field, long octets)
    {
        var term = Assert.Single(Parsed(text).Terms);
        Assert.Equal((field, octets), (term.Field, term.Octets));
    }

    [Theory]
    [InlineData("stat:waiting", "did you mean state:?")]
    [InlineData("rout:x", "the fields are to, from, addressed")]
    [InlineData("ticket:PROJ-1", "there is no field ticket:")]
    [InlineData("state:waitin", "did you mean waiting?")]
    [InlineData("state:,", "state: needs a value")]
    [InlineData("fault:nexthops", "did you mean nexthop?")]
    [InlineData("fault:4", "there is no fault 4; the faults are ")]     // nothing is near: nothing is suggested
    [InlineData("state:1", "there is no state 1; the states are ")]
    [InlineData("STAT:waiting", "there is no field STAT: — did you mean state:?; the fields are ")]
    [InlineData("is:duplicat", "did you mean duplicate?")]
    [InlineData("is:new", "there is no mark new; the marks are duplicate")]
    [InlineData("to:", "to: needs a value")]
    [InlineData("to: alice", "to: needs a value")]
    [InlineData("before:yesterday", "is no instant")]
    [InlineData("before:0001-01-01", "is no instant")]
    [InlineData("age:>2y", "is no age")]
    [InlineData("age:>>2h", "is no age")]
    [InlineData("age:9999999999999w", "is no age")]
    [InlineData("age:-2h", "is no age")]
    [InlineData("age:NaNh", "is no age")]
    [InlineData("age:>Infinityw", "is no age")]
    [InlineData("larger:NaN", "is no size")]
    [InlineData("larger:huge", "is no size")]
    [InlineData("larger:9999999999999G", "is no size")]
    [InlineData("subject:\"build failed", "the quote at column 9 is not closed")]
    [InlineData("-", "there is nothing after -")]
    [InlineData("\"\"", "nothing between the quotes")]
    public void A_mistake_is_told_with_its_cure(string text, string says)
    {
        Assert.False(FilterParser.TryParse(text, Now, out var filter, out var error));
        Assert.Null(filter);
        Assert.Contains(says, error, StringComparison.Ordinal);
    }

    private static Filter Parsed(string text)
    {
        Assert.True(FilterParser.TryParse(text, Now, out var filter, out var error), error);
        return filter;
    }
}
