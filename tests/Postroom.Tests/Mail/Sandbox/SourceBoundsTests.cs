using Postroom.Mail.Sandbox;
using Xunit;

namespace Postroom.Tests.Mail.Sandbox;

/// <summary>Each bound and each word of the table of sources.</summary>
public sealed class SourceBoundsTests
{
    private const string Site = "https://jira.example.com";
    private const string Stage = "https://stage.example.com";
    private const string Home = "10.0.0.5";

    private static readonly DateTimeOffset Began = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    // After a month, heard from home a moment ago.
    private static readonly DateTimeOffset Now = Began.AddDays(30);

    private static readonly KnownSource Known = new(Began, [new KnownAddress(Home, "jira1", Now)], [Site], []);

    [Fact]
    public void Who_is_heard_first_is_at_home()
    {
        var (known, why) = SourceTable.Hear(null, new Arrival(Home, "jira1", Site, Began));
        Assert.Null(why);
        Assert.Equal((Began, new KnownAddress(Home, "jira1", Began)), (known.Since, known.Addresses.Single()));
        Assert.Equal([Site], known.Sites);
        Assert.Empty(known.Strangers);
        Assert.Empty(SourceTable.Hear(null, new Arrival(Home, "jira1", null, Began)).Known.Sites);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    public void For_three_days_everything_is_learned(int ticks, bool isLearned)
    {
        var young = Known with { Since = Now - TimeSpan.FromDays(3) - TimeSpan.FromTicks(ticks) };
        var (known, why) = SourceTable.Hear(young, new Arrival("10.0.0.6", "node2", Site, Now));
        Assert.Equal(isLearned ? null : "it arrives from 10.0.0.6, and is at home at 10.0.0.5", why);
        Assert.Equal(isLearned, known.Addresses.Contains(new KnownAddress("10.0.0.6", "node2", Now)));

        (known, why) = SourceTable.Hear(young, new Arrival(Home, "jira1", Stage, Now));
        Assert.Equal(isLearned ? null : $"its base URL is {Stage}, and was {Site}", why);
        Assert.Equal(isLearned ? [Site, Stage] : [Site], known.Sites);
        Assert.Equal(isLearned ? [] : [new Stranger(Home, Stage, Now, why!)], known.Strangers);
    }

    [Fact]
    public void From_elsewhere_with_another_site_both_are_told()
    {
        var (known, why) = SourceTable.Hear(Known, new Arrival("10.9.9.9", "jira1", Stage, Now.AddDays(90)));
        Assert.Equal($"it arrives from 10.9.9.9 with the base URL {Stage}, and was {Site}", why);
        Assert.Equal([new Stranger("10.9.9.9", Stage, Now.AddDays(90), why!)], known.Strangers);
    }

    [Theory]
    [InlineData(49, true)]
    [InlineData(50, false)]
    public void Of_who_has_fifty_addresses_they_say_nothing(int addresses, bool isCopy)
    {
        var many = Known with
        {
            Addresses = [.. Enumerable.Range(0, addresses).Select(n => Address($"10.0.1.{n}", 0))],
        };
        var (known, why) = SourceTable.Hear(many, new Arrival("10.9.9.9", "stage", Site, Now));
        Assert.Equal(isCopy, why is not null);
        Assert.Equal(!isCopy, ReferenceEquals(many, known));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    public void Where_nobody_was_heard_for_a_week_the_next_is_at_home(int ticks, bool isCopy)
    {
        var at = Now.AddDays(7).AddTicks(ticks);
        var (known, why) = SourceTable.Hear(Known, new Arrival("10.9.9.9", "new", Site, at));
        Assert.Equal(isCopy, why is not null);
        Assert.Equal(isCopy ? null : new KnownAddress("10.9.9.9", "new", at), known.Addresses.ElementAtOrDefault(1));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    public void A_minute_of_silence_makes_room_under_the_same_name(int ticks, bool isCopy)
    {
        var at = Now.AddMinutes(1).AddTicks(ticks);
        var (known, why) = SourceTable.Hear(Known, new Arrival("10.0.0.77", "jira1", Site, at));
        Assert.Equal(isCopy, why is not null);
        Assert.Equal(isCopy ? null : new KnownAddress("10.0.0.77", "jira1", at, After: Home),
            known.Addresses.ElementAtOrDefault(1));
    }

    // Addresses are those known, with their names and how many minutes ago they were heard.
    [Theory]
    [InlineData("10.0.0.1 a 5, 10.0.0.2 a 2, 10.0.0.3 a 9", "10.0.0.9", "a", "10.0.0.2")] // the last that fell silent
    [InlineData("10.0.0.1 a 5, 10.0.0.2 a 0", "10.0.0.9", "a", null)]  // one of that name is there
    [InlineData("10.0.0.1 a 5, 10.0.0.2 b 0", "10.0.0.9", "a", "10.0.0.1")]
    [InlineData("10.0.0.1 - 5", "10.0.0.9", "-", null)]                // no name tells nothing
    [InlineData("10.0.0.1 b 5", "10.0.0.9", "a", null)]
    [InlineData("10.0.0.1 a 0", "fd00::1", "a", "")]                   // the same machine, by IPv6 or back
    [InlineData("fd00::1 a 0", "10.0.0.1", "a", "")]
    [InlineData("fd00::1 a 0", "fd00::2", "a", null)]
    [InlineData("10.0.0.1 a 0, fd00::1 a 0", "fd00::2", "a", null)]
    [InlineData("10.0.0.1 b 0", "fd00::1", "a", null)]
    [InlineData("local a 0", "fd00::1", "a", null)]                    // a socket is no other protocol
    [InlineData("fd00::1 a 0", "local", "a", null)]
    public void A_name_that_is_known_moves_where_nothing_speaks_against_it(
        string addresses, string client, string helo, string? after)
    {
        var known = Known with
        {
            Addresses = [.. from one in addresses.Split(", ")
                            let part = one.Split(' ')
                            select new KnownAddress(part[0], part[1] == "-" ? null : part[1],
                                Now.AddMinutes(-(part[2][0] - '0')))],
        };
        var (then, why) = SourceTable.Hear(known, new Arrival(client, helo == "-" ? null : helo, Site, Now));
        Assert.Equal(after is null, why is not null);
        Assert.Equal(after is null ? null : new KnownAddress(client, helo, Now, after.Length == 0 ? null : after),
            then.Addresses.ElementAtOrDefault(known.Addresses.Count));
    }

    [Fact]
    public void It_is_said_where_it_was_heard_last()
    {
        var known = Known with { Addresses = [Address("10.0.0.1", 9), Address("10.0.0.2", 2), Address("10.0.0.3", 5)] };
        Assert.Equal("it arrives from 10.9.9.9, and is at home at 10.0.0.2",
            SourceTable.Hear(known, new Arrival("10.9.9.9", "stage", Site, Now)).Elsewhere);
    }

    [Fact]
    public void Who_is_heard_at_home_again_is_known_by_the_latest()
    {
        var later = Now.AddMinutes(3);
        Assert.Same(Known, SourceTable.Hear(Known, new Arrival(Home, "jira2", Site, Now)).Known);
        Assert.Same(Known, SourceTable.Hear(Known, new Arrival(Home, "jira2", null, Now.AddDays(-1))).Known);
        Assert.Equal(new KnownAddress(Home, "jira2", later),
            SourceTable.Hear(Known, new Arrival(Home, "jira2", Site, later)).Known.Addresses.Single());
        Assert.Equal(new KnownAddress(Home, "jira1", later),
            SourceTable.Hear(Known, new Arrival(Home, null, null, later)).Known.Addresses.Single());
        var young = Known with { Since = Now.AddDays(-2) };
        var late = SourceTable.Hear(young, new Arrival(Home, null, Stage, Now.AddDays(-1))).Known;
        Assert.Equal((new KnownAddress(Home, "jira1", Now), 2), (late.Addresses.Single(), late.Sites.Count));
        var two = Known with { Addresses = [Known.Addresses[0], Address("10.0.0.6", 0)] };
        Assert.Equal([later, Now], SourceTable.Hear(two, new Arrival(Home, null, null, later)).Known.Addresses
            .Select(one => one.Last));
    }

    [Theory]
    [InlineData("jira.example.com")]
    [InlineData("http://JIRA.example.com")]
    public void The_same_site_in_another_form_is_not_another(string site)
    {
        var (known, why) = SourceTable.Hear(Known, new Arrival(Home, "jira1", site, Now.AddMinutes(1)));
        Assert.Null(why);
        Assert.Equal([Site], known.Sites);
    }

    [Fact]
    public void Who_took_its_place_is_a_strangers_with_each_of_its_sites()
    {
        var moved = new KnownAddress("10.0.0.77", "jira1", Now.AddMinutes(2), After: Home);
        var known = Known with
        {
            Addresses = [.. Known.Addresses, moved, Address("10.0.0.8", 0)], Sites = [Site, Stage],
            Strangers = [new Stranger("10.1.1.1", Site, Began, "met before")],
        };
        var (then, why) = SourceTable.Hear(known, new Arrival(Home, "jira1", Site, Now.AddMinutes(3)));
        Assert.Null(why);
        Assert.Equal([Home, "10.0.0.8"], then.Addresses.Select(one => one.Client));
        const string words = "it arrives from 10.0.0.77, and is at home at 10.0.0.5";
        Assert.Equal(
        [
            known.Strangers[0], new Stranger("10.0.0.77", Site, Now.AddMinutes(3), words),
            new Stranger("10.0.0.77", Stage, Now.AddMinutes(3), words),
        ], then.Strangers);
        then = SourceTable.Hear(known with { Sites = [] }, new Arrival(Home, null, null, Now.AddMinutes(3))).Known;
        Assert.Equal(new Stranger("10.0.0.77", null, Now.AddMinutes(3), words), then.Strangers[^1]);

        // Heard at the same instant or before, it took nobody's place.
        Assert.Equal(3, SourceTable.Hear(known, new Arrival(Home, "jira1", Site, Now.AddMinutes(2)))
            .Known.Addresses.Count);
    }

    [Fact]
    public void A_stranger_is_told_the_same_again_and_changes_nothing()
    {
        var known = Known with
        {
            Strangers = [new Stranger(Home, Stage, Began, "its base URL"), new("10.9.9.9", null, Began, "x")],
        };
        Assert.Equal((known, "its base URL"), SourceTable.Hear(known, new Arrival(Home, null, Stage, Now)));
        Assert.Equal((known, "x"), SourceTable.Hear(known, new Arrival("10.9.9.9", null, Stage, Now)));
        Assert.Equal((known, "x"), SourceTable.Hear(known, new Arrival("10.9.9.9", null, null, Now)));
        Assert.Null(SourceTable.Hear(known, new Arrival(Home, null, Site, Now)).Elsewhere);
        Assert.Null(SourceTable.Hear(known, new Arrival(Home, null, null, Now)).Elsewhere); // it tells nothing, at home
    }

    [Fact]
    public void Twenty_strangers_are_remembered()
    {
        var known = Known;
        for (var n = 1; n <= 21; n++)
            known = SourceTable.Hear(known, new Arrival($"10.9.9.{n}", "stage", Site, Now)).Known;
        Assert.Equal(Enumerable.Range(2, 20).Select(n => $"10.9.9.{n}"), known.Strangers.Select(one => one.Client));
        Assert.Equal(20, SourceTable.Hear(known with { Strangers = [.. known.Strangers.Skip(1)] },
            new Arrival("10.8.8.8", "stage", Site, Now)).Known.Strangers.Count);
    }

    [Fact]
    public void A_person_makes_all_strangers_at_home()
    {
        var known = Known with
        {
            Addresses = [.. Known.Addresses, new KnownAddress("10.0.0.6", "x", Began)],
            Strangers =
            [
                new Stranger("10.0.0.6", Stage, Began, ""), new Stranger("10.9.9.9", Site, Began, ""),
                new Stranger("10.9.9.9", null, Began, ""),
            ],
        };
        var then = known.Confirm(Now);
        Assert.Equal([Known.Addresses[0], new("10.0.0.6", null, Now), new("10.9.9.9", null, Now)], then.Addresses);
        Assert.Equal([Site, Stage], then.Sites);
        Assert.Empty(then.Strangers);
    }

    [Theory]
    [InlineData("10.0.0.7", "10.0.0.7", true)]
    [InlineData("10.0.0.7", "10.0.0.8", false)]
    [InlineData("10.0.0.0/24", "10.0.0.8", true)]
    [InlineData("10.0.0.0/24", "10.0.1.8", false)]
    [InlineData("10.0.0.0/24", "local", false)]
    [InlineData("local", "local", true)]
    [InlineData("fd00:0:0::5", "fd00::5", true)] // however it is written
    [InlineData("fd00::/16", "fd00::5", true)]
    [InlineData("somewhere", "10.0.0.7", false)]
    public void A_list_covers_addresses_and_networks(string from, string client, bool isCovered) =>
        Assert.Equal(isCovered ? null : $"it arrives from {client}, which its [[source]] does not list",
            SourceTable.Against(new SourceRule("1") { From = ["192.0.2.1", from] },
                new Arrival(client, null, Site, Now)));

    [Fact]
    public void A_list_of_sites_is_said_too() =>
        Assert.Equal($"its base URL is {Stage}, which its [[source]] does not list",
            SourceTable.Against(new SourceRule("1") { Sites = [Site] }, new Arrival(Home, null, Stage, Now)));

    private static KnownAddress Address(string client, int minutesAgo) =>
        new(client, $"node of {client}", Now.AddMinutes(-minutesAgo));
}
