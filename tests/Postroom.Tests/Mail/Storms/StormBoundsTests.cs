using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Storms;
using Xunit;

namespace Postroom.Tests.Mail.Storms;

/// <summary>Each number of the rule, to one mail or one millisecond.</summary>
public sealed class StormBoundsTests
{
    private static readonly DateTimeOffset Noon = JiraWeeks.Monday.AddHours(12);

    private StormSettings _rule = StormSettings.Plain with { Learn = TimeSpan.Zero };
    private StormWatch _watch = new([], new Dictionary<string, HeardSource>(), 7);
    private MailId _last;
    private int _item;

    [Fact]
    public void As_it_is_shipped() => Assert.Equal(
        (true, 50, TimeSpan.FromMinutes(5), 4, TimeSpan.FromDays(7)),
        (StormSettings.Plain.IsOn, StormSettings.Plain.Messages, StormSettings.Plain.Window, StormSettings.Plain.Times,
            StormSettings.Plain.Learn));

    [Fact]
    public void The_fiftieth_is_a_storm_of_all_fifty()
    {
        See(Noon, "else");
        Assert.Null(See(Noon, "A"));
        var first = _last;
        Assert.Null(Send(48, Noon.AddSeconds(1), "A"));
        var storm = See(Noon.AddSeconds(2), "A")!;
        Assert.Equal((7, "jira", first, Noon.AddSeconds(2), 50, "the subject"),
            (storm.Number, storm.Source, storm.First, storm.Since, storm.Peak, storm.Subject));
        Assert.Equal(("storm 7: ", "storm 7: A: held for a person"), (storm.Mark, storm.Rule));
        Assert.Equal([storm], _watch.Storms);
        Assert.Equal(8, _watch.Next);
        Assert.Equal("", new Storm(1, "jira", first, Noon) { Traits = ["A"] }.Subject);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void What_is_older_than_the_window_does_not_count(int milliseconds, bool isStorm)
    {
        See(Noon, "A");
        Send(48, Noon.AddMinutes(1), "A");
        Assert.Equal(isStorm, See(Noon.AddMinutes(5).AddMilliseconds(milliseconds), "A") is not null);
        Assert.Equal(!isStorm, See(Noon.AddMinutes(5).AddMilliseconds(milliseconds), "A") is not null);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(-1, false)]
    public void A_source_is_known_after_its_time_to_the_instant(int milliseconds, bool isStorm)
    {
        _rule = StormSettings.Plain;
        See(Noon, "else");
        Send(49, Noon.AddDays(7).AddMilliseconds(-2), "A");
        Assert.Equal(isStorm, See(Noon.AddDays(7).AddMilliseconds(milliseconds), "A") is not null);
    }

    [Theory]
    [InlineData(50, true)]
    [InlineData(51, false)]
    public void A_storm_is_half_of_the_last_hundred(int others, bool isStorm)
    {
        foreach (var n in Enumerable.Range(0, 200))
            See(Noon, $"before {n}");
        See(Noon, "A");
        foreach (var n in Enumerable.Range(0, others))
            See(Noon, $"other {n}");
        Assert.Null(Send(48, Noon, "A"));
        Assert.Equal(isStorm, See(Noon, "A") is not null);
        Assert.Equal(!isStorm, See(Noon, "A") is not null); // then it is half, and else it is known
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Where_fewer_came_within_the_window_it_is_half_of_those(int others, bool isStorm)
    {
        _rule = _rule with { Messages = 10 };
        foreach (var n in Enumerable.Range(0, 99))
            See(Noon, $"old {n}");
        foreach (var n in Enumerable.Range(0, others))
            See(Noon.AddMinutes(6), $"other {n}");
        Assert.Equal(isStorm, Send(10, Noon.AddMinutes(6), "A") is not null);
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(21, false)]
    public void Of_one_thing_that_is_told_to_many_twenty_count(int messages, bool isStorm)
    {
        _rule = _rule with { Messages = messages };
        Storm? storm = null;
        for (var i = 0; i < 100; i++)
            storm ??= Tell(Noon, "A", $"p{i}@example.com");
        Assert.Equal(isStorm, storm is not null);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    public void Beyond_those_it_counts_for_who_was_told_five_times(int told, bool isStorm)
    {
        _rule = _rule with { Messages = 21 };
        for (var i = 0; i < 20; i++)
            Tell(Noon, "A", i < told ? "ops@example.com" : $"p{i}@example.com");
        Assert.Equal(isStorm, Tell(Noon, "A", "ops@example.com") is not null);
        Assert.Equal(!isStorm, Tell(Noon, "A", "ops@example.com") is not null);
    }

    [Fact]
    public void What_does_not_count_is_not_where_it_began()
    {
        for (var i = 0; i < 50; i++) // the first twenty count, and are gone when it begins
            Tell(Noon.AddMinutes(i < 20 ? 0 : 2), "A", $"p{i}@example.com");
        Assert.Null(See(Noon.AddMinutes(6), "A"));
        var first = _last;
        Assert.Null(Send(48, Noon.AddMinutes(6), "A"));
        Assert.Equal(first, See(Noon.AddMinutes(6), "A")?.First);
    }

    [Fact]
    public void What_came_within_the_window_is_forgotten_with_it()
    {
        for (var minute = 0; minute < 60; minute += 6) // a thing of each window, told to ever the same
            Assert.Null(Send(49, Noon.AddMinutes(minute), "A"));
        for (var minute = 60; minute < 120; minute += 6)
            for (var i = 0; i < 4; i++)
                Tell(Noon.AddMinutes(minute), "B", "ops@example.com");
        _rule = _rule with { Messages = 21 };
        for (var i = 0; i < 16; i++)
            Assert.Null(Tell(Noon.AddMinutes(126), "B", $"p{i}@example.com"));
        for (var i = 0; i < 5; i++)
            Assert.Null(Tell(Noon.AddMinutes(126), "B", "ops@example.com"));
        Assert.NotNull(Tell(Noon.AddMinutes(126), "B", "ops@example.com"));
    }

    [Fact]
    public void It_takes_four_times_what_is_usual_and_a_storm_does_not_become_so()
    {
        Send(20, Noon, "A");
        foreach (var day in (int[])[1, 2]) // the storm of the first of them is no habit on the second
        {
            var narrow = $"narrow {day}"; // new, and wider it is known: by that it is weighed
            Assert.Null(Send(79, Noon.AddDays(day), narrow, "A"));
            var storm = See(Noon.AddDays(day), narrow, "A");
            Assert.Equal([narrow], storm?.Traits);
            Assert.Single(_watch.Calm(Noon.AddDays(day).AddHours(1), _rule));
        }
    }

    [Theory]
    [InlineData(11, 0)]
    [InlineData(12, 1)]
    public void What_could_never_decide_is_not_remembered(int mails, int habits)
    {
        Send(mails, Noon, "A");
        Assert.Equal(habits, _watch.Known["jira"].Habits.Count);
    }

    [Fact]
    public void What_came_on_a_day_is_its_habit()
    {
        Send(30, Noon, "A", "wide");
        Assert.Equal(new Habit(0, SourceDay(0), 30, SourceDay(0)), _watch.Known["jira"].Habits["A"]);
        Assert.Equal(new Habit(0, SourceDay(0), 30, SourceDay(0)), _watch.Known["jira"].Habits["wide"]);
        Send(15, Noon.AddDays(1), "A");
        Assert.Equal(new Habit(30, SourceDay(0), 15, SourceDay(1)), _watch.Known["jira"].Habits["A"]);
        Assert.Equal(Noon, _watch.Known["jira"].Since);
    }

    [Fact]
    public void Five_hundred_habits_are_kept_and_old_ones_make_room()
    {
        _rule = _rule with { Messages = 10, Times = 20 }; // one is worth remembering
        for (var i = 0; i <= 500; i++)
            See(Noon.AddDays(i < 250 ? 0 : 10), $"trait {i}");
        Assert.Equal(500, _watch.Known["jira"].Habits.Count);
        Assert.DoesNotContain("trait 500", _watch.Known["jira"].Habits.Keys);
        Send(2, Noon.AddDays(10), "trait 499"); // what is known is still heard
        Assert.Equal(3, _watch.Known["jira"].Habits["trait 499"].Now);
        See(Noon.AddDays(36), "new");
        Assert.Equal(251, _watch.Known["jira"].Habits.Count);
        Assert.Contains("new", _watch.Known["jira"].Habits.Keys);
    }

    [Fact]
    public void Two_thousand_are_looked_back_at()
    {
        Send(2_100, Noon, "A");
        Assert.Equal(2_000, _watch.Storms.Single().Peak);
    }

    [Fact]
    public void One_burst_is_one_storm_and_grows_by_what_is_wider()
    {
        var storm = Send(50, Noon, "A in P", "A")!;
        Assert.Null(Send(30, Noon, "A in P", "A"));
        Assert.Equal(80, _watch.Storms.Single().Peak);
        var grown = See(Noon, "A in Q", "A")!;
        Assert.Equal((storm.Number, storm.First), (grown.Number, grown.First));
        Assert.Equal(["A in P", "A"], grown.Traits);
        Assert.Null(See(Noon, "A in R", "A"));
        Assert.Equal(82, _watch.Storms.Single().Peak); // the most of one of them, and not the sum
        Assert.Equal(8, _watch.Next);
    }

    [Theory]
    [InlineData(false, false, 19, 1)]
    [InlineData(false, false, 20, 2)] // beyond so much in common it is another
    [InlineData(true, false, 1, 2)]   // what a person let go does not take more along
    [InlineData(false, true, 1, 2)]   // and what has passed does not come back
    public void A_storm_that_does_not_grow_is_followed_by_another(bool passes, bool isOver, int traits, int storms)
    {
        Send(50, Noon, "A");
        _watch.Change(_watch.Storms[0] with
        {
            Passes = passes, Over = isOver ? Noon.AddTicks(-1) : null,
            Traits = [.. Enumerable.Range(0, traits).Select(n => $"T{n}")],
        });
        Send(50, Noon.AddSeconds(1), "B");
        Assert.Equal(storms, _watch.Storms.Count);
        Assert.Equal("B", _watch.Storms[^1].Traits[^1]);
        Assert.Equal(Enumerable.Range(7, storms), _watch.Storms.Select(one => one.Number));
    }

    [Fact]
    public void A_storm_takes_along_what_is_of_its_source()
    {
        Send(50, Noon, "A");
        Assert.Equal((8, "another"), Send(50, Noon, "B", source: "another") is { } other
            ? (other.Number, other.Source) : default);
        Assert.Equal([1, 1], _watch.Storms.Select(one => one.Traits.Count));
    }

    [Fact]
    public void A_mail_of_two_storms_is_of_the_later()
    {
        Send(50, Noon, "A in P", "A");
        _watch.Change(_watch.Storms[0] with { Passes = true });
        See(Noon, "A in Q", "A"); // the second: all by A
        Send(10, Noon, "A in P", "A");
        Assert.Equal((50, 61), (_watch.Storms[0].Peak, _watch.Storms[1].Peak));
    }

    [Theory]
    [InlineData(24, true)]
    [InlineData(25, false)]
    public void It_has_passed_when_less_than_half_came_within_the_window(int late, bool isOver)
    {
        Send(50, Noon, "A", "wide");
        _watch.Change(_watch.Storms[0] with { Traits = ["A", "wide"] }); // with both it counts once, and with one too
        Send(late - 1, Noon.AddMinutes(4), "A", "wide");
        See(Noon.AddMinutes(4), "A", "else");
        Send(10, Noon.AddMinutes(4), "B");
        var now = Noon.AddMinutes(5).AddMilliseconds(1);
        Assert.Equal(isOver ? [now] : [], _watch.Calm(now, _rule).Select(one => one.Over!.Value));
        Assert.Equal(isOver ? now : null, _watch.Storms[0].Over);
    }

    [Fact]
    public void What_is_found_of_it_after_it_has_passed_changes_nothing()
    {
        Send(60, Noon, "A");
        var over = _watch.Calm(Noon.AddMinutes(10), _rule).Single();
        Assert.Equal(Noon.AddMinutes(10), over.Over);
        _watch.Change(over = over with { Peak = 0 });
        Assert.Null(See(Noon.AddMinutes(10), "A")); // of the instant in which it passed
        Assert.Equal([over], _watch.Storms);
        Assert.True(over.Has(MailOf(_last, "A")));
        Assert.False(over.Has(MailOf(MailId.After(_last, Noon.AddMinutes(10).AddMilliseconds(1)), "A")));
        Assert.False(over.Has(MailOf(_last, "B")));
        Assert.True(over.Has(MailOf(_last, "B", "A")));
    }

    [Fact]
    public void What_was_of_a_storm_that_has_passed_does_not_count_among_what_is_told_of_one_thing()
    {
        Send(50, Noon, "A");
        for (var i = 0; i < 20; i++)
            Tell(Noon.AddMinutes(4), "A", $"p{i}@example.com");
        Assert.Single(_watch.Calm(Noon.AddMinutes(6), _rule));
        _rule = _rule with { Messages = 20 };
        for (var i = 0; i < 19; i++)
            Assert.Null(Tell(Noon.AddMinutes(7), "A", $"p{i}@example.com"));
        Assert.NotNull(Tell(Noon.AddMinutes(7), "A", "p19@example.com"));
    }

    [Fact]
    public void A_storm_of_a_source_that_is_not_known_has_passed()
    {
        var storm = Send(50, Noon, "A")!;
        _watch = new StormWatch([storm], new Dictionary<string, HeardSource>(), 8);
        Assert.Empty(_watch.Calm(Noon.AddMinutes(5).AddTicks(-1), _rule)); // but not before its time
        Assert.Single(_watch.Calm(Noon.AddMinutes(5), _rule));
    }

    [Fact]
    public void Two_hundred_sources_are_told_apart()
    {
        for (var i = 0; i < StormWatch.MostSources; i++)
            See(Noon, "A", source: $"s{i}");
        See(Noon.AddMinutes(1), "A", source: "s0");
        Assert.NotNull(Send(50, Noon.AddMinutes(2), "A", source: "one more")); // in the place of who came once
        Assert.NotNull(Send(50, Noon.AddMinutes(3), "A", source: "s199"));
        Assert.Equal(200, _watch.Known.Count);
        Assert.Equal(Noon.AddMinutes(1), _watch.Known["s0"].Last);
        var known = Enumerable.Range(0, 201).ToDictionary(n => $"s{n}", _ => _watch.Known["s0"]);
        Assert.Equal(200, new StormWatch([], known, 1).Known.Count);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Who_was_heard_for_long_is_forgotten_after_five_weeks_of_silence(int ticks, bool isKnown)
    {
        for (var i = 0; i < StormWatch.MostSources; i++)
            See(Noon, "A", source: $"s{i}");
        var silent = _watch.Known["s0"] with { Since = Noon.AddDays(-99), Last = Noon.AddDays(-35).AddTicks(-ticks) };
        _watch = new StormWatch([], new Dictionary<string, HeardSource>(_watch.Known) { ["s0"] = silent }, 1);
        See(Noon, "A", source: "another");
        Assert.Equal(isKnown, _watch.Known.ContainsKey("s0"));
    }

    [Fact]
    public void Only_the_storm_of_that_number_is_changed_or_forgotten()
    {
        var storm = Send(50, Noon, "A")!;
        _watch.Change(storm with { Number = 1, Passes = true });
        _watch.Forget(1);
        Assert.Equal([storm], _watch.Storms);
        _watch.Change(storm with { Passes = true });
        Assert.True(_watch.Storms.Single().Passes);
        _watch.Forget(7);
        Assert.Empty(_watch.Storms);
        _watch.Take(storm with { Source = "unheard" }, Noon);
        Assert.Equal(["jira"], _watch.Known.Keys);
    }

    [Fact]
    public void What_a_person_took_is_usual_of_all_that_it_had_in_common()
    {
        var storm = Send(50, Noon, "A")! with { Traits = ["A", "B"], Peak = 90 };
        _watch.Take(storm, Noon.AddDays(1));
        Assert.Equal((90, 90), (_watch.Known["jira"].Habits["A"].Usual(SourceDay(1)),
            _watch.Known["jira"].Habits["B"].Usual(SourceDay(1))));
        Assert.Equal(new Habit(90, SourceDay(1), 0, SourceDay(1)), _watch.Known["jira"].Habits["B"]);
    }

    [Fact]
    public void Whose_mail_is_never_one_is_said_by_filters()
    {
        var mail = new LastingFacts(new ReversePath("jira@example.com"),
            new Origin("apps", "10.0.0.1", null, "jira", "ESMTP"), HeaderFacts.None, 4_000);
        Assert.False(_rule.Spares(mail));
        Assert.False((_rule with { Exempt = [Read("source:gitlab")] }).Spares(mail));
        Assert.True((_rule with { Exempt = [Read("source:gitlab"), Read("source:jira")] }).Spares(mail));
    }

    private static long SourceDay(int day) => Noon.AddDays(day).ToUnixTimeSeconds() / 86_400;

    private static Filter Read(string text) =>
        FilterParser.TryParse(text, Noon, out var filter, out var error) ? filter : throw new ArgumentException(error);

    private Storm? Send(int count, DateTimeOffset at, string trait, string? wide = null, string source = "jira")
    {
        Storm? found = null;
        for (var i = 0; i < count; i++)
        {
            var storm = Watch(at,
                new Likeness(default, source, wide is null ? [trait] : [trait, wide], $"{_item++}", "to"));
            found ??= storm;
        }

        return found;
    }

    private Storm? See(DateTimeOffset at, string trait, string? wide = null, string source = "jira") =>
        Send(1, at, trait, wide, source);

    private Storm? Tell(DateTimeOffset at, string trait, string to) =>
        Watch(at, new Likeness(default, "jira", [trait], "one thing", to));

    private Storm? Watch(DateTimeOffset at, Likeness mail) =>
        _watch.See(mail with { Id = _last = MailId.After(_last, at), At = at }, "the subject", _rule);

    private static Likeness MailOf(MailId id, params string[] traits) => new(id, "jira", traits, "", "");
}
