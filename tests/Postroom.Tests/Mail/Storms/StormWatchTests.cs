using Postroom.Mail;
using Postroom.Mail.Storms;
using Xunit;

namespace Postroom.Tests.Mail.Storms;

public sealed class StormWatchTests
{
    private static readonly StormSettings Rule = StormSettings.Plain;
    private static readonly StormSettings AtOnce = Rule with { Learn = TimeSpan.Zero };

    private readonly StormWatch _watch = New();
    private MailId _last;

    [Fact]
    public void Where_twenty_a_minute_are_usual_thirty_are_no_storm_and_five_a_second_are()
    {
        for (var day = 0; day < 8; day++)
            Assert.Null(Send(JiraWeeks.Monday.AddDays(day), 60, TimeSpan.FromSeconds(3), Rule));
        Assert.Null(Send(JiraWeeks.Monday.AddDays(8), 300, TimeSpan.FromSeconds(2), Rule));
        Assert.NotNull(Send(JiraWeeks.Monday.AddDays(9), 2_000, TimeSpan.FromMilliseconds(200), Rule));
    }

    [Fact]
    public void A_source_without_a_history_is_learned_first()
    {
        foreach (var client in (string[])["10.0.0.1", "10.0.0.2"])
            Assert.Null(Send(JiraWeeks.Monday, 1, TimeSpan.Zero, Rule, client));
        var each = TimeSpan.FromMilliseconds(50);
        Assert.Null(Send(JiraWeeks.Monday.AddDays(6), 500, each, Rule, "10.0.0.1"));
        Assert.NotNull(Send(JiraWeeks.Monday.AddDays(7), 500, each, Rule, "10.0.0.2"));
    }

    [Fact]
    public void One_thing_told_to_many_is_no_storm_and_one_thing_told_to_somebody_again_and_again_is()
    {
        for (var i = 0; i < 500; i++)
            Assert.Null(See(JiraWeeks.Monday.AddMilliseconds(i * 20), "All hands at ten", $"p{i}@example.com"));
        Storm? storm = null;
        for (var i = 0; i < 100 && storm is null; i++)
            storm = See(JiraWeeks.Monday.AddHours(1).AddMilliseconds(i * 20), "Disk full", "ops@example.com");
        Assert.Equal(["\"Disk full\" from app@example.com"], storm?.Traits);
    }

    [Fact]
    public void A_storm_is_over_when_it_is_calm_and_what_comes_later_is_not_of_it()
    {
        var storm = Send(JiraWeeks.Monday, 60, TimeSpan.FromSeconds(1), AtOnce)!;
        Assert.Empty(_watch.Calm(_last.At.AddMinutes(2), AtOnce));
        var over = Assert.Single(_watch.Calm(_last.At.AddMinutes(6), AtOnce));
        Assert.Equal(storm.Number, over.Number);
        Assert.Empty(_watch.Calm(_last.At.AddMinutes(7), AtOnce));
        var late = MailOf(MailId.After(_last, _last.At.AddMinutes(8)), "Alert 1 of srv", "ops@example.com");
        Assert.False(over.Has(late));
        Assert.True(over.Has(late with { Id = storm.First }));
        Assert.False(over.Has(late with { Id = storm.First, Source = "another" }));
        Assert.False(over.Has(late with { Id = new MailId(storm.First.Value - 1) }));
    }

    [Fact]
    public void What_a_person_let_go_is_usual_from_then_on()
    {
        var storm = Send(JiraWeeks.Monday, 200, TimeSpan.FromMilliseconds(50), AtOnce)!;
        _watch.Change(_watch.Storms[0] with { Passes = true });
        _watch.Take(_watch.Storms[0], _last.At);
        _watch.Calm(_last.At.AddHours(1), AtOnce);
        Assert.Null(Send(JiraWeeks.Monday.AddDays(1), 200, TimeSpan.FromMilliseconds(50), AtOnce));
        Assert.True(_watch.Storms[0].Peak >= 190, $"{storm.Traits[0]}: {_watch.Storms[0].Peak}");
    }

    [Fact]
    public void What_goes_out_once_a_month_is_a_storm_once_at_most()
    {
        var first = new DateTimeOffset(2027, 1, 1, 6, 0, 0, TimeSpan.Zero); // a Friday
        Send(first, 300, TimeSpan.FromMilliseconds(50), Rule); // still learned
        Assert.Null(Send(first.AddDays(31 + 3), 900, TimeSpan.FromMilliseconds(50), Rule)); // the first Thursday
        Assert.NotNull(Send(first.AddDays(31 + 3 + 36), 900, TimeSpan.FromMilliseconds(50), Rule));
    }

    [Fact]
    public void What_was_learned_and_noticed_outlives_the_watch()
    {
        Send(JiraWeeks.Monday, 60, TimeSpan.FromSeconds(3), Rule);
        Send(JiraWeeks.Monday, 60, TimeSpan.FromSeconds(1), AtOnce, "another");
        var next = new StormWatch(_watch.Storms, _watch.Known, _watch.Next);
        Assert.Equal((_watch.Next, _watch.Storms.Single()), (next.Next, next.Storms.Single()));
        Assert.Equal(_watch.Known.Keys.Order(), next.Known.Keys.Order());
        Assert.Equal(_watch.Known["client 127.0.0.1"].Habits, next.Known["client 127.0.0.1"].Habits);
    }

    [Theory]
    [InlineData(-6, true)]
    [InlineData(-4, false)] // within the window the clock may be corrected: it blows on
    [InlineData(-32 * 60, true)]
    public void A_storm_passes_though_the_clock_was_put_back_while_it_blew(int minutes, bool isOver)
    {
        Send(JiraWeeks.Monday, 60, TimeSpan.Zero, AtOnce);
        var now = JiraWeeks.Monday.AddMinutes(minutes);
        Send(now, 1, TimeSpan.Zero, AtOnce);
        Assert.Equal(isOver ? now : null, _watch.Calm(now, AtOnce).SingleOrDefault()?.Over);
        var next = MailOf(MailId.After(_last, now), "Alert 1 of srv", "ops@example.com");
        Assert.Equal((true, !isOver), (_watch.Storms[0].Has(next with { Id = _last }),
            _watch.Storms[0].Has(next with { Id = MailId.After(next.Id, now) })));
    }

    [Fact]
    public void What_comes_after_the_clock_was_put_back_is_counted_by_the_clock_and_not_by_ids()
    {
        Send(JiraWeeks.Monday, 1, TimeSpan.Zero, Rule);
        var later = JiraWeeks.Monday.AddDays(10);
        Assert.Null(Send(later, 30, TimeSpan.Zero, Rule));
        Assert.Null(Send(later.AddHours(-32), 100, TimeSpan.FromMinutes(1), Rule)); // ids stand still
        Assert.NotNull(Send(later.AddHours(-30), 200, TimeSpan.Zero, Rule));
    }

    private static StormWatch New() => new([], new Dictionary<string, HeardSource>(), 1);

    private Storm? Send(
        DateTimeOffset from, int count, TimeSpan each, StormSettings rule, string client = "127.0.0.1")
    {
        Storm? found = null;
        for (var i = 0; i < count; i++)
        {
            var at = from + (i * each);
            _last = MailId.After(_last, at);
            var mail = MailOf(_last, $"Alert {i} of srv", $"p{i % 7}@example.com", client) with { At = at };
            var storm = _watch.See(mail, "Alert", rule);
            found ??= storm;
        }

        return found;
    }

    private Storm? See(DateTimeOffset at, string subject, string to) =>
        _watch.See(MailOf(_last = MailId.After(_last, at), subject, to), subject, AtOnce);

    private static Likeness MailOf(MailId id, string subject, string to, string client = "127.0.0.1") => Likeness.Of(id,
        new Origin("main", client, null, null, "ESMTP"),
        new Envelope(new ReversePath("app@example.com"), [new Recipient(new ForwardPath(to))]),
        new HeaderFacts { Subject = subject });
}
