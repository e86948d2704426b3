using Postroom.Mail.Sandbox;
using Xunit;

namespace Postroom.Tests.Mail.Sandbox;

public sealed class SourceTableTests
{
    private const string Site = "https://jira.example.com";

    private static readonly DateTimeOffset Began = new(2026, 11, 1, 8, 0, 0, TimeSpan.Zero);

    // A day of work a month later: learned, and still active.
    private static readonly DateTimeOffset Now = Began.AddDays(30);

    // Each row: what is heard after a month of 10.0.0.5, called jira1, at the one base URL; and whether it is a copy's.
    public static TheoryData<string, string, string?, string?, double, bool> Rows => new()
    {
        { "as ever", "10.0.0.5", "jira1", Site, 1, false },
        { "a mail that does not tell its site", "10.0.0.5", "jira1", null, 1, false },
        { "the same site by http", "10.0.0.5", "jira1", "http://jira.example.com", 1, false },
        { "a staging copy that nobody gave another URL", "10.9.9.9", "stage", Site, 1, true },
        { "the same on a Monday after a long weekend", "10.9.9.9", "stage", Site, 4 * 24 * 60, true },
        { "a copy that was given its own URL", "10.9.9.9", "stage", "https://stage.example.com", 1, true },
        { "such a copy behind the same address", "10.0.0.5", "stage", "https://stage.example.com", 1, true },
        { "a copied container that kept its name", "10.9.9.9", "jira1", Site, 0.5, true },
        { "a container made anew, or a new lease of DHCP", "10.0.0.77", "jira1", Site, 2, false },
        { "the same machine by IPv6", "fd00::5", "jira1", Site, 0.1, false },
        { "the original is gone for good", "10.9.9.9", "new", Site, 8 * 24 * 60, false },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_known_instance_is_a_copy_where_its_original_is_elsewhere(
        string what, string client, string? helo, string? site, double minutes, bool isCopy)
    {
        var (_, why) = SourceTable.Hear(AtHome(), new Arrival(client, helo, site, Now.AddMinutes(minutes)));
        Assert.True(isCopy == why is not null, $"{what}: {why}");
    }

    [Fact]
    public void All_nodes_of_a_cluster_are_learned_in_its_first_days()
    {
        KnownSource? known = null;
        for (var hour = 0; hour < 24 * 60; hour++)
        {
            var (after, why) = SourceTable.Hear(known,
                new Arrival($"10.0.0.{hour % 4}", $"node{hour % 4}", Site, Began.AddHours(hour)));
            Assert.Null(why);
            known = after;
        }

        Assert.Equal(4, known!.Addresses.Count);
        Assert.NotNull(SourceTable.Hear(known, new Arrival("10.9.9.9", "stage", Site, Began.AddHours(24 * 60)))
            .Elsewhere);
    }

    [Fact]
    public void A_copy_stays_one_until_a_person_says_otherwise_and_the_original_goes_on()
    {
        var copy = new Arrival("10.9.9.9", "stage", Site, Now);
        var (known, _) = SourceTable.Hear(AtHome(), copy);
        foreach (var minute in Enumerable.Range(1, 30_000).Where(n => n % 999 == 0)) // the original may even end
            Assert.NotNull(SourceTable.Hear(known, copy with { At = Now.AddMinutes(minute) }).Elsewhere);
        Assert.Null(SourceTable.Hear(known, new Arrival("10.0.0.5", "jira1", Site, Now)).Elsewhere);

        var confirmed = known.Confirm(Now);
        Assert.Null(SourceTable.Hear(confirmed, copy).Elsewhere);
        Assert.Null(SourceTable.Hear(confirmed, new Arrival("10.0.0.5", "jira1", Site, Now)).Elsewhere);
        Assert.NotNull(SourceTable.Hear(confirmed, copy with { Client = "10.8.8.8" }).Elsewhere);
    }

    [Fact]
    public void Who_took_the_place_of_a_silent_one_loses_it_when_that_is_heard_again()
    {
        var copy = new Arrival("10.9.9.9", "jira1", Site, Now.AddMinutes(5));
        var (known, why) = SourceTable.Hear(AtHome(), copy);
        Assert.Null(why);
        (known, why) = SourceTable.Hear(known, new Arrival("10.0.0.5", "jira1", Site, Now.AddMinutes(6)));
        Assert.Null(why);
        Assert.NotNull(SourceTable.Hear(known, copy with { At = Now.AddMinutes(7) }).Elsewhere);
    }

    [Fact]
    public void A_list_is_all_that_counts()
    {
        var rule = new SourceRule("1") { From = ["10.0.0.0/24", "local"], Sites = [Site] };
        Assert.Null(SourceTable.Against(rule, new Arrival("10.0.0.9", null, null, Now)));
        Assert.Null(SourceTable.Against(rule, new Arrival(Arrival.Local, null, Site, Now)));
        Assert.NotNull(SourceTable.Against(rule, new Arrival("10.0.1.9", null, Site, Now)));
        Assert.NotNull(SourceTable.Against(rule, new Arrival("10.0.0.9", null, "https://x.example", Now)));
        var anywhere = new SourceRule("1") { Sites = [Site] };
        Assert.Null(SourceTable.Against(anywhere, new Arrival("192.0.2.8", null, Site, Now)));
    }

    private static KnownSource AtHome()
    {
        KnownSource? known = null;
        for (var at = Began; at <= Now; at = at.AddHours(6))
            known = SourceTable.Hear(known, new Arrival("10.0.0.5", "jira1", Site, at)).Known;
        return known!;
    }
}
