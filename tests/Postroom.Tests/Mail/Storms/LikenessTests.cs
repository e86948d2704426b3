using Postroom.Mail;
using Postroom.Mail.Storms;
using Xunit;

namespace Postroom.Tests.Mail.Storms;

public sealed class LikenessTests
{
    private static readonly AppFacts Jira = new("jira")
    {
        Instance = "prod", Site = "https://jira.example.com", Project = "P", Item = "P-1", Event = "updated",
        Actor = "Ann Lee",
    };

    [Fact]
    public void Who_did_it_what_and_where_is_what_mails_have_in_common_the_narrowest_first()
    {
        Assert.Equal(["updated by Ann Lee in P", "updated by Ann Lee", "all by Ann Lee"], Of(Jira).Traits);
        Assert.Equal(["updated by Ann Lee", "all by Ann Lee"], Of(Jira with { Project = null }).Traits);
        Assert.Equal(["mail by Ann Lee in P", "mail by Ann Lee"], Of(Jira with { Event = null }).Traits);
    }

    [Fact]
    public void Where_nobody_is_named_the_subject_tells_without_its_numbers_and_the_item()
    {
        Assert.Equal(["\"[#] Build # of app\" from app@example.com"], Of(Jira with { Actor = null }).Traits);
        Assert.Equal(["\"# Build # of app\" from app@example.com"], Of(null).Traits);
        Assert.Equal(["\"\" from app@example.com"], Of(null, subject: null).Traits);
    }

    [Fact]
    public void It_is_about_its_item_or_else_its_subject()
    {
        Assert.Equal(("P-1", "[P-1] Build 7 of app"), (Of(Jira).Item, Of(null).Item));
        Assert.Equal(("", "bob@example.com", ""), (Of(null, subject: null).Item, Of(null).To, Of(null, to: null).To));
    }

    [Fact]
    public void A_source_is_an_instance_or_a_login_or_a_client()
    {
        Assert.Equal("jira prod", Of(Jira).Source);
        Assert.Equal("jira https://jira.example.com", Of(Jira with { Instance = null }).Source);
        Assert.Equal("jira", Of(new AppFacts("jira")).Source);
        Assert.Equal("login backup", Of(null, user: "backup").Source);
        Assert.Equal("client 10.0.0.1", Of(null).Source);
    }

    [Theory]
    [InlineData("Build failed in Jenkins: app #1042", null, "Build failed in Jenkins: app #")]
    [InlineData("[JIRA] (PROJ-12) On fire", "PROJ-12", "[JIRA] (#) On fire")]
    [InlineData("  two  blanks ", "", "two blanks")]
    [InlineData("", null, "")]
    public void A_subject_has_a_shape(string subject, string? item, string shape) =>
        Assert.Equal(shape, Likeness.ShapeOf(subject, item));

    [Theory]
    [InlineData(51, true)]
    [InlineData(52, false)]
    public void The_shape_of_a_long_subject_ends_at_a_word(int second, bool isWhole)
    {
        var (one, two) = (new string('a', 49), new string('b', second));
        Assert.Equal(isWhole ? $"{one} {two}" : one, Likeness.ShapeOf($"{one} {two} c", null));
    }

    private static Likeness Of(
        AppFacts? app, string? subject = "[P-1] Build 7 of app", string? user = null, string? to = "bob@example.com") =>
        Likeness.Of(default, new Origin("main", "10.0.0.1", null, user, "ESMTP"),
            new Envelope(new ReversePath("app@example.com"),
                to is null ? []
                    : [new Recipient(new ForwardPath(to)), new Recipient(new ForwardPath("eve@example.com"))]),
            new HeaderFacts { Subject = subject, App = app });
}
