using System.Globalization;
using Postroom.Mail.Storms;
using Xunit;

namespace Postroom.Tests.Mail.Storms;

public sealed class HabitTests
{
    // What was heard is day:count, in its order.
    [Theory]
    [InlineData("1:10", 1, 0)]              // today is not usual yet
    [InlineData("1:10", 2, 10)]
    [InlineData("1:10 1:7", 2, 10)]         // the most of a day counts
    [InlineData("2:20 1:30", 3, 30)]        // a clock that was put back begins no other day
    [InlineData("1:10", 36, 10)]
    [InlineData("1:10", 37, 0)]             // five weeks, and it is forgotten
    [InlineData("1:10 2:5", 2, 10)]
    [InlineData("1:10 2:5", 3, 10)]
    [InlineData("1:10 2:5", 36, 10)]
    [InlineData("1:10 2:5", 37, 5)]
    [InlineData("1:10 2:5", 38, 0)]
    [InlineData("1:10 2:20 3:5", 4, 20)]
    [InlineData("1:10 2:20 3:5", 37, 20)]
    [InlineData("1:10 2:20 3:5", 38, 5)]
    [InlineData("1:10 2:5 3:1", 37, 1)]     // each has its own day
    [InlineData("1:10 2:10 3:1", 37, 10)]   // the later of two that are the same
    [InlineData("1:10 20:5 36:2", 36, 10)]
    [InlineData("1:10 20:5 37:2", 38, 5)]   // what is forgotten makes room for less
    public void What_is_usual_is_the_most_of_the_days_before(string heard, long today, int usual) =>
        Assert.Equal(usual, Of(heard).Usual(today));

    [Fact]
    public void A_storm_is_no_habit_and_takes_none_away()
    {
        Assert.Equal(10, Of("1:10 2:90").Forget().Usual(3));
        Assert.Equal(0, Of("1:90").Forget().Usual(2));
    }

    [Fact]
    public void What_a_person_said_is_usual_at_once_and_never_less_than_it_was()
    {
        var said = Of("1:10 2:5").Taken(30, 2);
        Assert.Equal((30, 30, 30, 5), (said.Usual(2), said.Usual(3), said.Usual(37), Of("1:5 2:5").Usual(3)));
        Assert.Equal(10, Of("1:10 2:5").Taken(3, 2).Usual(2));
        Assert.Equal(40, said.Heard(40, 2).Usual(3)); // and what came on that day is not lost
    }

    [Fact]
    public void It_is_old_where_nothing_of_it_is_known_any_more()
    {
        foreach (var habit in (Habit[])[new(5, 1, 3, 2), new(5, 2, 3, 1)])
            Assert.Equal((false, false, true), (habit.IsOld(36), habit.IsOld(37), habit.IsOld(38)));
    }

    private static Habit Of(string heard)
    {
        Habit? habit = null;
        foreach (var one in heard.Split(' '))
        {
            var (day, count) = (long.Parse(one.Split(':')[0], CultureInfo.InvariantCulture),
                int.Parse(one.Split(':')[1], CultureInfo.InvariantCulture));
            habit = (habit ?? new Habit(0, day, 0, day)).Heard(count, day);
        }

        return habit!.Value;
    }
}
