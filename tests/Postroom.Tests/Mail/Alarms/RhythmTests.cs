using Postroom.Mail.Alarms;
using Xunit;

namespace Postroom.Tests.Mail.Alarms;

/// <summary>Sources of invented habits, watched for a year: no false alarm, and a silence is noticed.</summary>
public sealed class RhythmTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero); // a Monday

    /// <summary>A source: when it sends next after an instant.</summary>
    public delegate DateTimeOffset Habit(DateTimeOffset after, Random dice);

    public static TheoryData<string> Habits => [.. All.Keys];

    private static readonly Dictionary<string, Habit> All = new()
    {
        ["thirty an hour in office hours, two at night"] = static (after, dice) =>
            Chance(after, dice, at => at.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)
                && at.Hour is >= 8 and < 18 ? 30 : 2),
        ["ten an hour in office hours, else nothing"] = static (after, dice) =>
            Chance(after, dice, at => at.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday)
                && at.Hour is >= 8 and < 18 ? 10 : 0.001),
        ["three bursts an hour"] = static (after, dice) => dice.Next(10) > 0
            ? after + TimeSpan.FromSeconds(20 + dice.Next(100)) : Chance(after, dice, _ => 3),
        ["one an hour at random"] = static (after, dice) => Chance(after, dice, _ => 1),
        ["five a day at random"] = static (after, dice) => Chance(after, dice, _ => 5 / 24.0),
        ["one a day at random"] = static (after, dice) => Chance(after, dice, _ => 1 / 24.0),
        ["a report each day at nine"] = static (after, dice) =>
            Next(after, 24, new TimeSpan(9, 0, 0)) + TimeSpan.FromMinutes(dice.Next(10)),
        ["a report each Monday at six"] = static (after, dice) =>
            Next(after, 7 * 24, new TimeSpan(6, 0, 0)) + TimeSpan.FromMinutes(dice.Next(10)),
    };

    [Theory]
    [MemberData(nameof(Habits))]
    public void NoHabitIsTakenForASilence(string habit)
    {
        var alarms = 0;
        for (var seed = 0; seed < 3; seed++)
            alarms += Watch(All[habit], seed, weeks: 52, stop: null).Count;
        Assert.True(alarms <= 1, $"{alarms} false alarms in three years");
    }

    [Theory]
    [InlineData("thirty an hour in office hours, two at night", 2 * 24 + 10, 1)] // on a Wednesday at ten
    [InlineData("ten an hour in office hours, else nothing", 2 * 24 + 10, 2.5)]
    [InlineData("ten an hour in office hours, else nothing", 4 * 24 + 17, 3 * 24)] // on a Friday evening
    [InlineData("one an hour at random", 2 * 24 + 10, 24)]
    [InlineData("a report each day at nine", 2 * 24 + 10, 2.5 * 24)]
    [InlineData("a report each Monday at six", 2 * 24, 2.5 * 7 * 24)]
    public void ASilenceIsNoticed(string habit, int hourOfWeek, double within)
    {
        var stop = Start.AddDays(7 * 10).AddHours(hourOfWeek);
        for (var seed = 0; seed < 3; seed++)
        {
            var alarms = Watch(All[habit], seed, weeks: 13, stop);
            Assert.NotEmpty(alarms);
            Assert.InRange(alarms[0] - stop, TimeSpan.Zero, TimeSpan.FromHours(within));
        }
    }

    [Fact]
    public void AHolidayTeachesNothing()
    {
        // The seventh Wednesday is one; on the tenth it stops at ten.
        var stop = Start.AddDays(7 * 10 + 2).AddHours(10);
        var habit = All["thirty an hour in office hours, two at night"];
        var holiday = Start.AddDays(7 * 6 + 2).DayOfYear;
        var alarms = Watch((after, dice) =>
        {
            do
                after = habit(after, dice);
            while (after.DayOfYear == holiday);
            return after;
        }, 1, weeks: 11, stop);
        Assert.Equal(holiday, alarms[0].DayOfYear); // which nobody told it of
        Assert.InRange(alarms.First(at => at.DayOfYear > holiday + 1) - stop, TimeSpan.Zero, TimeSpan.FromHours(1));
    }

    [Fact]
    public void WhatIsKeptIsKnownAgain()
    {
        var rhythm = new Rhythm();
        var now = Start;
        for (; now < Start.AddDays(32); now = now.AddMinutes(10))
            rhythm.Heard(now, TimeSpan.FromMinutes(10));
        var usual = rhythm.Usual(now);
        Assert.NotNull(usual);
        Assert.Equal(usual, new Rhythm(rhythm.Keep()).Usual(now));
        Assert.Null(new Rhythm(rhythm.Keep()).Usual(now.AddDays(7 * 6)));
        Assert.Null(new Rhythm(rhythm.Keep().Select(week => week with { Active = [] })).Usual(now));
        Assert.Null(new Rhythm().Usual(now));
    }

    [Theory]
    [InlineData("2026-11-23T00:00:00Z", 0)]
    [InlineData("2026-11-22T23:59:59Z", 167)]
    [InlineData("1970-01-01T05:00:00Z", 77)]
    [InlineData("1969-12-29T00:00:00Z", 0)]
    [InlineData("1969-12-28T23:00:00Z", 167)]
    public void WeeksBeginWithMonday(string at, int hour) =>
        Assert.Equal(hour, Rhythm.HourOf(DateTimeOffset.Parse(at, System.Globalization.CultureInfo.InvariantCulture))
            .Hour);

    [Fact]
    public void EachWeekHasANumberOfItsOwn()
    {
        var before = Rhythm.HourOf(Start.AddDays(-7 * 3_000)).Week;
        for (var day = -7 * 3_000 + 7; day < 7 * 100; day += 7)
            Assert.Equal(++before, Rhythm.HourOf(Start.AddDays(day)).Week);
    }

    private static List<DateTimeOffset> Watch(Habit habit, int seed, int weeks, DateTimeOffset? stop)
    {
        var dice = new Random(seed);
        var rhythm = new Rhythm();
        var (last, next) = (Start, habit(Start, dice));
        var (alarms, isRaised) = (new List<DateTimeOffset>(), false);
        var end = Start.AddDays(7 * weeks);
        for (var now = Start; now < end; now = now.AddMinutes(5))
        {
            for (; next <= now && (stop is not { } ends || next < ends); next = habit(next, dice))
            {
                rhythm.Heard(next, next - last);
                last = next;
            }

            rhythm.Silent(now, now - last);
            var isSilent = now - last >= Rhythm.Shortest && rhythm.Usual(now) is { } usual && now - last > usual;
            if (isSilent && !isRaised)
                alarms.Add(now);
            isRaised = isSilent;
        }

        return alarms;
    }

    // A process of Poisson whose rate, mails an hour, changes with the time.
    private static DateTimeOffset Chance(DateTimeOffset after, Random dice, Func<DateTimeOffset, double> rate)
    {
        const double most = 30;
        while (true)
        {
            after += TimeSpan.FromHours(-Math.Log(1 - dice.NextDouble()) / most);
            if (dice.NextDouble() * most < rate(after))
                return after;
        }
    }

    private static DateTimeOffset Next(DateTimeOffset after, int everyHours, TimeSpan at)
    {
        var past = Math.Floor((after - Start - at).TotalHours / everyHours);
        return Start + at + TimeSpan.FromHours((past + 1) * everyHours);
    }
}
