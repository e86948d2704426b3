using System.Text;
using Postroom.Mail;
using Postroom.Mail.Senders;
using Xunit;

namespace Postroom.Tests.Mail.Senders;

public sealed class ApplicationRuleTests
{
    private const string Adjacent =
        "two gaps without anything between them: put in what separates them, or leave one out";

    private static readonly Origin Origin = new("erp", "10.1.2.3", "app", "sap-prod", "ESMTPA");

    [Theory]
    [InlineData("*", "anything", "")]
    [InlineData("*", "", "")]
    [InlineData("", "", "")]
    [InlineData("order", "ORDER", "")]
    [InlineData("order*", "Order 7", "")]
    [InlineData("*order", "an order", "")]
    [InlineData("*a*b*", "xaxbx", "")]
    [InlineData("[ERP {project}] Order {item}: *", "[ERP sales] Order 4711: late", "project=sales item=4711")]
    [InlineData("{item}", "x", "item=x")]
    [InlineData("{project}-{item}", "a-b-c", "project=a item=b-c")]
    [InlineData("{item}.", "a.b.", "item=a.b")]
    [InlineData("*-{item}", "a-b-c", "item=b-c")]
    public void A_template_fits_and_notes(string template, string text, string noted)
    {
        var found = new Dictionary<string, string>();
        Assert.True(Read(template).Fits(text, found));
        Assert.Equal(noted, string.Join(' ', found.Select(one => $"{one.Key}={one.Value}")));
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("order", "orders")]
    [InlineData("order*", "an order")]
    [InlineData("*order", "orders")]
    [InlineData("a*a", "a")]
    [InlineData("{item}", "")]
    [InlineData("a{item}b", "ab")]
    [InlineData("a{item}-b", "a-b")]
    [InlineData("*a*b*", "xbxax")]
    public void A_template_that_does_not_fit_says_so(string template, string text) =>
        Assert.False(Read(template).Fits(text, []));

    [Theory]
    [InlineData("{itm}", "there is no {itm}; did you mean {item}?")]
    [InlineData("{item", "a name stands between { and }, as in {item}")]
    [InlineData("item}", "a name stands between { and }, as in {item}")]
    [InlineData("{item} {item}", "{item} stands in it twice")]
    [InlineData("{item}{project}", Adjacent)]
    [InlineData("**", Adjacent)]
    public void A_wrong_template_says_what_to_write(string template, string expected)
    {
        Assert.False(Template.TryParse(template, ApplicationRule.Notable, out _, out var error));
        Assert.Equal(expected, error);
    }

    [Fact]
    public void Many_gaps_cost_one_walk()
    {
        var template = Read(string.Concat(Enumerable.Repeat("*a", 200)) + "b");
        Assert.False(template.Fits(new string('a', 500), []));
    }

    [Theory]
    [InlineData("listener", "erp", true)]
    [InlineData("listener", "main", false)]
    [InlineData("user", "sap-*", true)]
    [InlineData("user", "jira", false)]
    [InlineData("client", "10.1.*", true)]
    [InlineData("client", "10.2.*", false)]
    [InlineData("from", "*@erp.example.com", true)]
    [InlineData("from", "ERP <*", true)]
    [InlineData("from", "*@example.org", false)]
    [InlineData("subject", "*order*", true)]
    [InlineData("subject", "order", false)]
    [InlineData("field", "X-System: P*", true)]
    [InlineData("field", "x-system: Q*", false)]
    [InlineData("field", "X-Other: *", false)]
    public void Each_condition_has_to_hold(string condition, string written, bool holds)
    {
        var rule = new ApplicationRule("erp");
        rule = condition switch
        {
            "listener" => rule with { Listener = Read(written) },
            "user" => rule with { User = Read(written) },
            "client" => rule with { Client = Read(written) },
            "from" => rule with { From = Read(written) },
            "subject" => rule with { Subject = Read(written) },
            _ => rule with { Fields = [Field(written)] },
        };
        Assert.Equal(holds, Seen([rule]) is { App: "erp" });
        Assert.Null(Seen([rule with { Fields = [.. rule.Fields, Field("X-Missing: *")] }]));
    }

    [Fact]
    public void A_condition_on_a_login_does_not_hold_without_one()
    {
        var rule = new ApplicationRule("erp") { User = Read("*") };
        Assert.Null(Seen([rule], Origin with { User = null }));
    }

    [Fact]
    public void The_first_rule_that_holds_counts_and_what_it_leaves_open_is_filled_in()
    {
        var mail = "Message-ID: <JIRA.1.1460652284000.1.1764231121154@node7>\r\nSubject: [JIRA] (PROJ-1) x\r\n\r\n";
        var own = new ApplicationRule("jira of hr")
        {
            Subject = Read("*({item})*"), Instance = "hr", Site = "https://hr.example.com",
        };
        var facts = Seen([new("never") { Client = Read("x") }, own, new("late")], Origin, mail);
        Assert.Equal(new AppFacts("jira of hr")
        {
            Instance = "hr", Site = "https://hr.example.com", Node = "node7", Project = "PROJ", Item = "PROJ-1",
        }, facts);
    }

    [Fact]
    public void Everything_that_can_be_noted_is()
    {
        var rule = new ApplicationRule("all")
        {
            Fields = [Field("X-All: {item}/{project}/{instance}/{site}/{node}/{event}/{actor}/{reason}")],
        };
        Assert.Equal(new AppFacts("all")
        {
            Item = "i", Project = "p", Instance = "n", Site = "s", Node = "o", Event = "e", Actor = "a", Reason = "r",
        }, Seen([rule], Origin, "X-All: i/p/n/s/o/e/a/r\r\n\r\n"));
    }

    [Theory]
    [InlineData("X-System")]
    [InlineData(": x")]
    [InlineData("X System: y")]
    public void A_wrong_field_says_what_to_write(string written)
    {
        Assert.False(FieldCondition.TryParse(written, out _, out var error));
        Assert.StartsWith("write the field's name, a colon and what it holds", error, StringComparison.Ordinal);
        Assert.False(FieldCondition.TryParse("X-A: {y}", out _, out error));
        Assert.StartsWith("there is no {y}", error, StringComparison.Ordinal);
    }

    private static Template Read(string template) =>
        Template.TryParse(template, ApplicationRule.Notable, out var read, out var error)
            ? read : throw new ArgumentException(error, nameof(template));

    private static FieldCondition Field(string written) =>
        FieldCondition.TryParse(written, out var read, out var error)
            ? read : throw new ArgumentException(error, nameof(written));

    private static AppFacts? Seen(IReadOnlyList<ApplicationRule> rules) => Seen(rules, Origin);

    private static AppFacts? Seen(IReadOnlyList<ApplicationRule> rules, Origin origin, string? mail = null)
    {
        using var seen = new Sighting(new Recogniser(rules));
        seen.Read(Encoding.ASCII.GetBytes(
            mail ?? "From: ERP <robot@erp.example.com>\r\nSubject: An order\r\nX-System: P11\r\n\r\nx"));
        return seen.Recognise(origin, new ReversePath("bounce@erp.example.com"));
    }
}
