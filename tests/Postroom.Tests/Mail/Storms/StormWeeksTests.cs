using Postroom.Mail.Storms;
using Xunit;

namespace Postroom.Tests.Mail.Storms;

/// <summary>What a brake makes of whole weeks. It takes longer than a mutant may: Postroom.Mutation leaves it
/// out.</summary>
public sealed class StormWeeksTests
{
    private static readonly StormSettings Rule = StormSettings.Plain;

    [Fact]
    public void A_thousand_ordinary_weeks_have_no_storm()
    {
        const int weeks = 10;
        var found = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            var (jira, watch) = (new JiraWeeks(seed), New());
            for (var week = 0; week <= weeks; week++) // the first is learned
                foreach (var mail in jira.Week(week))
                    if (watch.See(mail, "", Rule) is { } storm)
                        found.Add($"seed {seed}, {mail.Id.At:u}: {string.Join(" / ", storm.Traits)}");
        });
        Assert.Empty(found);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 5)]
    [InlineData(45, 2)]
    public void A_bulk_edit_is_noticed_within_a_hundred_and_nobody_elses_mail_is_of_it(int watchers, int projects)
    {
        for (var seed = 0; seed < 25; seed++)
        {
            var (jira, watch) = (new JiraWeeks(1_000 + seed), New());
            foreach (var mail in jira.Week(0))
                watch.See(mail, "", Rule);
            var at = JiraWeeks.Monday.AddDays(8 + (seed % 4)).AddHours(8).AddMinutes(seed * 20);
            var (passed, held) = (0, 0);
            foreach (var mail in jira.Week(1, jira.Bulk(at, 2_000, watchers, projects)))
            {
                var isBulk = mail.Traits.Contains("updated by Ann Lee");
                watch.See(mail, "", Rule);
                var isHeld = watch.Storms.Any(one => one.Has(mail));
                Assert.True(isBulk || !isHeld, $"seed {seed}: {mail.Traits[0]} is held");
                (passed, held) = isHeld ? (passed, held + 1) : (passed + (isBulk ? 1 : 0), held);
            }

            Assert.InRange(passed, 1, 100);
            Assert.Equal(2_000, passed + held);
            Assert.Single(watch.Storms);
        }
    }

    private static StormWatch New() => new([], new Dictionary<string, HeardSource>(), 1);
}
