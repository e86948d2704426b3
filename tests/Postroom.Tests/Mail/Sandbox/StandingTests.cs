using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Xunit;

namespace Postroom.Tests.Mail.Sandbox;

public sealed class StandingTests
{
    private static readonly Machine Home = new("relay1")
    {
        Id = "8c1f03a2be5d", Folder = "1700000000.000000001", Cards = ["52:54:00:00:00:01"],
    };

    private static readonly Binding AtHome = new() { Machine = Home };

    private static readonly MailId Old = MailId.After(default, new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));
    private static readonly MailId First = MailId.After(Old, new DateTimeOffset(2026, 11, 2, 0, 0, 0, TimeSpan.Zero));
    private static readonly MailId New = MailId.After(First, new DateTimeOffset(2026, 11, 3, 0, 0, 0, TimeSpan.Zero));

    public static TheoryData<string, Machine, bool> Copies => new()
    {
        { "a restart, or a renamed folder", Home, false },
        { "a copied folder on the same machine, or a restored backup", Home with { Folder = "1800000000.5" }, true },
        { "another host", new Machine("stage") { Id = "other", Folder = "1800000000.5" }, true },
        { "a cloned machine that was given another name", Home with { HostName = "stage" }, true },
        { "a cloned machine with another card alone", Home with { Cards = ["52:54:00:00:00:02"] }, true },
        { "a second card", Home with { Cards = ["52:54:00:00:00:01", "52:54:00:00:00:09"] }, false },
        { "cards that cannot be read", Home with { Cards = [] }, false },
        { "a file system that tells no birth", Home with { Folder = null }, false },
        { "a machine id that was made anew", Home with { Id = "other" }, true },
        { "the same name in capitals", Home with { HostName = "RELAY1" }, false },
        { "an identity that is given from now on", Home with { Given = "production" }, false },
    };

    [Theory]
    [MemberData(nameof(Copies))]
    public void The_guard_sees_what_each_kind_of_copy_changes(string what, Machine here, bool isForeign)
    {
        var standing = Standing.Weigh(here, AtHome, liveOn: null);
        Assert.True(isForeign == standing.IsForeign, $"{what}: {standing.Why}");
        Assert.Equal(isForeign, Standing.Weigh(here, AtHome, Home.Name).IsForeign || standing.Why.Length > 0);
    }

    [Theory]
    [InlineData("production", "production", false)] // a recreated container
    [InlineData("staging", "production", true)]
    public void A_given_identity_decides_alone(string here, string bound, bool isForeign)
    {
        var machine = new Machine("0f3e") { Given = here, Folder = "9.9" };
        Assert.Equal(isForeign,
            Standing.Weigh(machine, new Binding { Machine = Home with { Given = bound } }, null).IsForeign);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("relay1/8c1f03a2be5d", false)]
    [InlineData("stage/000000000000", true)]
    public void The_configuration_must_agree_too(string? liveOn, bool isForeign)
    {
        Assert.Equal(isForeign, Standing.Weigh(Home, AtHome, liveOn).IsForeign);
        Assert.Equal(isForeign, Standing.Weigh(Home, new Binding(), liveOn).IsForeign); // copied without its folder
    }

    [Fact]
    public void A_confirmed_move_overrules_the_text_it_was_confirmed_against_and_no_other()
    {
        var moved = new Binding { Machine = Home, Overruled = "old/1" };
        Assert.False(Standing.Weigh(Home, moved, "old/1").IsForeign);
        Assert.True(Standing.Weigh(Home, moved, "older/2").IsForeign);
        Assert.True(Standing.Weigh(Home with { HostName = "third" }, moved, "old/1").IsForeign);
    }

    [Fact]
    public void In_a_copy_what_it_came_with_is_held_and_what_comes_in_is_captured()
    {
        var kept = AtHome with { Seen = new Border(First, "relay1", "stage") };
        var standing = Standing.Weigh(Home with { HostName = "stage" }, kept, null);
        Assert.True(standing.Judge(Old, kept, _ => true)!.Hold); // released or not: it is no place to send from
        Assert.False(standing.Judge(First, kept, _ => true)!.Hold);
        Assert.False(standing.Judge(New, kept, _ => true)!.Hold);
        Assert.False(standing.Judge(Old, AtHome, _ => true)!.Hold); // no border: kept all the same
    }

    [Fact]
    public void After_a_confirmed_move_old_mail_is_held_until_a_person_releases_it()
    {
        var kept = AtHome with { Moved = new Border(First, "old", "relay1") };
        var standing = Standing.Weigh(Home, kept, null);
        Assert.Equal(new Keeping(true, kept.Moved.Rule), standing.Judge(Old, kept, _ => false));
        Assert.Null(standing.Judge(Old, kept, _ => true));
        Assert.Null(standing.Judge(New, kept, _ => throw new InvalidOperationException("not looked up")));
    }

    [Fact]
    public void No_copy_whose_facts_differ_sends_anything()
    {
        var dice = new Random(20261129);
        for (var i = 0; i < 20_000; i++)
        {
            var (a, b) = (Any(dice), Any(dice));
            var kept = new Binding { Machine = a, Seen = new Border(First, "a", "b") };
            var isSame = a.Given is not null && b.Given is not null ? a.Given == b.Given : a.HostName == b.HostName
                && (a.Id is null || b.Id is null || a.Id == b.Id)
                && (a.Folder is null || b.Folder is null || a.Folder == b.Folder);
            var standing = Standing.Weigh(b, kept, null);
            Assert.Equal(isSame, !standing.IsForeign);
            foreach (var mail in (MailId[])[Old, First, New])
                Assert.Equal(isSame, standing.Judge(mail, kept, _ => true) is null);
        }
    }

    private static Machine Any(Random dice) => new(dice.Next(2) == 0 ? "a" : "b")
    {
        Id = dice.Next(3) switch { 0 => null, var n => $"{n}" },
        Folder = dice.Next(3) switch { 0 => null, var n => $"{n}" },
        Given = dice.Next(4) switch { 0 => "x", 1 => "y", _ => null },
    };
}
