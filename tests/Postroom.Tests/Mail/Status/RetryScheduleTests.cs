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
}
