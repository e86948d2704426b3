using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

public class RetryScheduleTests
{
    private static readonly RetrySchedule Schedule = RetrySchedule.Default;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(500, 60)]
    public void The_wait_doubles_from_a_minute_to_an_hour(int failedTries, int minutes) =>
        Assert.Equal(TimeSpan.FromMinutes(minutes), Schedule.WaitAfter(failedTries, dice: 0));

    [Fact]
    public void No_wait_is_shorter_than_three_quarters_or_longer_than_the_longest_however_often_it_failed()
    {
        foreach (var tries in (int[])[1, 2, 10, 31, 32, 1000, int.MaxValue])
            foreach (var dice in (double[])[0, 0.5, 0.999999])
                Assert.InRange(Schedule.WaitAfter(tries, dice), Schedule.First * 0.75, Schedule.Longest);
    }

    [Fact]
    public void What_failed_together_does_not_come_back_together() =>
        Assert.NotEqual(Schedule.WaitAfter(3, 0.1), Schedule.WaitAfter(3, 0.9));

    [Fact]
    public void Before_the_first_failure_there_is_nothing_to_wait_for() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.WaitAfter(0, 0));

    [Fact]
    public void The_whole_course_of_a_mail_that_always_fails_can_be_told()
    {
        Assert.Equal([1, 2, 4, 8, 16, 32], Schedule.GrowingWaits.Select(w => w.TotalMinutes));
        Assert.Equal(TimeSpan.FromHours(1), Schedule.LastWait);
        Assert.Equal(126, Schedule.FewestTries); // at 0, 1, 3, 7, 15, 31 and 63 min, and each hour up to 5 days
    }

    [Fact]
    public void A_schedule_without_waits_can_be_told_too() =>
        Assert.Equal(1, new RetrySchedule(TimeSpan.Zero, TimeSpan.Zero, Minutes(60)).FewestTries);

    [Theory]
    [InlineData(1, 60, 5 * 24 * 60)]
    [InlineData(7, 100, 1000)]
    [InlineData(60, 60, 60)]       // grows no more, and the second try is the last
    [InlineData(60, 600, 240)]     // given up while it grows
    [InlineData(60, 600, 180)]     // … just then
    [InlineData(60, 600, 0)]       // the first failure never ends a mail
    [InlineData(600, 60, 0)]
    [InlineData(5, 60, 15)]
    public void What_is_told_is_what_the_waits_come_to(int first, int longest, int giveUp)
    {
        var schedule = new RetrySchedule(Minutes(first), Minutes(longest), Minutes(giveUp));
        var (tries, age, growing) = (1, TimeSpan.Zero, 0);
        while (tries == 1 || age < schedule.GiveUpAfter)
        {
            var wait = schedule.WaitAfter(tries++, dice: 0);
            growing += wait < schedule.Longest ? 1 : 0;
            age += wait;
        }

        Assert.Equal(tries, schedule.FewestTries);
        Assert.Equal(growing, schedule.GrowingWaits.Count);
    }

    private static TimeSpan Minutes(int minutes) => TimeSpan.FromMinutes(minutes);
}
