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
    public void It_is_said_in_a_sentence_what_tells_the_two_apart()
    {
        var here = new Machine("stage") { Id = "0", Folder = "9.9", Cards = ["52:54:00:00:00:02"] };
        Assert.Equal("this relay is live on relay1/8c1f03a2be5d, and this is stage/0: the host name is stage, and was "
            + "relay1; the machine id is another; all network cards are others; the data folder is a copy: it was "
            + "made at another time", Standing.Weigh(here, AtHome, null).Why);
        Assert.Equal("this relay is live on old/1, and this is stage/0: live_on in the configuration names another",
            Standing.Weigh(here, new Binding(), "old/1").Why);
        var given = AtHome with { Machine = Home with { Given = "production" } };
        Assert.Equal("this relay is live on production, and this is staging: the identity is staging, and was "
            + "production", Standing.Weigh(here with { Given = "staging" }, given, null).Why);
        Assert.Equal(("", "relay1/8c1f03a2be5d"), Standing.Weigh(Home, AtHome, null) is { } home
            ? (home.Why, home.LiveOn) : default);
        Assert.Null(Standing.Weigh(Home, new Binding(), null).LiveOn);
        Assert.Equal("clone guard: accepted on a, before the spool was on b: held for a person",
            new Border(First, "a", "b").Rule);
        var kept = AtHome with { Seen = new Border(First, "relay1", "stage") };
        var standing = Standing.Weigh(here, kept, null);
        Assert.Equal(new Keeping(true, kept.Seen.Rule), standing.Judge(Old, kept, _ => false));
        Assert.Equal(new Keeping(false, $"clone guard: {standing.Why}"), standing.Judge(First, kept, _ => false));
    }

    [Theory]
    [InlineData("relay1/8c1f03a2be5d", true)]
    [InlineData("RELAY1/8C1F03A2BE5D", true)]
    [InlineData("Production", true)]
    [InlineData("relay1", false)]
    public void A_machine_is_called_as_it_was_given_or_by_its_own_name(string text, bool isCalled) =>
        Assert.Equal(isCalled, (Home with { Given = "production" }).IsCalled(text));

    [Fact]
    public void A_machine_without_an_id_is_called_by_its_host_name()
    {
        Assert.Equal("relay1", (Home with { Id = null }).Name);
        Assert.Equal(("relay1/8c1f03a2be5d", "production"), (Home.Name, (Home with { Given = "production" }).Name));
        Assert.True((Home with { Id = null }).IsCalled("Relay1"));
    }

    [Fact]
    public void What_is_kept_is_written_anew_where_anything_of_it_has_changed()
    {
        Assert.True(Home.IsKeptAs(Home with { Cards = [.. Home.Cards] }));
        Assert.False(Home.IsKeptAs(Home with { Cards = [.. Home.Cards, "52:54:00:00:00:09"] }));
        Assert.False(Home.IsKeptAs(Home with { Cards = [.. Home.Cards], HostName = "RELAY1" }));
    }

    [Fact]
    public void A_given_identity_on_one_side_alone_decides_nothing()
    {
        Assert.Empty(Home.DiffersFrom(Home with { Given = "production" }));
        Assert.Empty((Home with { Given = "production" }).DiffersFrom(Home));
        Assert.Empty((Home with { Id = null }).DiffersFrom(Home));
        Assert.Empty(Home.DiffersFrom(Home with { Id = null }));
        Assert.Empty(Home.DiffersFrom(Home with { Folder = null }));
        Assert.Empty(Home.DiffersFrom(Home with { Cards = [] }));
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
        Assert.Null(standing.Judge(First, kept, _ => false)); // the first of its own
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
