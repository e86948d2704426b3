using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>
/// The wall clock is set by people and by broken time servers: mail neither freezes nor grows old by that.
/// </summary>
public abstract class SpoolClockCompliance
{
    private const int TenYears = 3650;

    protected abstract SpoolWorld NewWorld();

    [Theory]
    [InlineData(TenYears, true, false)]
    [InlineData(TenYears, false, false)]
    [InlineData(TenYears, false, true)]
    [InlineData(-2, true, false)]
    [InlineData(-2, false, true)]
    public async Task A_clock_that_jumps_neither_ages_nor_freezes_what_waits(int days, bool othersCome, bool isKilled)
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        await DeferAsync(spool, world.Time.GetUtcNow().AddMinutes(1));
        world.Time.JumpWallClock(TimeSpan.FromDays(days));
        if (othersCome)
            await spool.HandOverAsync("other@b.test");
        world.Time.Advance(TimeSpan.FromMinutes(2));
        if (isKilled)
        {
            // What was seen of the jump is known again in the next life.
            await DeferAsync(spool, world.Time.GetUtcNow());
            world.Kill();
            spool = await world.OpenAsync();
        }

        Assert.InRange((await spool.LeaseOneAsync("a")).Age, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task After_a_clock_was_wrong_by_years_and_set_right_mail_ages_again()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        foreach (var days in (int[])[TenYears, -TenYears])
        {
            world.Time.JumpWallClock(TimeSpan.FromDays(days));
            await spool.HandOverAsync("other@b.test");
        }

        await spool.HandOverAsync("bob@a.test");
        world.Time.Advance(TimeSpan.FromDays(6));
        Assert.InRange((await spool.LeaseOneAsync("a")).Age, TimeSpan.FromDays(5), TimeSpan.FromDays(7));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Due_years_ahead_by_a_clock_that_was_put_back_waits_no_longer_than_a_schedule(bool isKilled)
    {
        await using var world = NewWorld();
        world.Settings = world.Settings with { LongestWait = TimeSpan.FromMilliseconds(50) };
        world.Time.JumpWallClock(TimeSpan.FromDays(TenYears));
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        var lease = await spool.LeaseOneAsync("a");
        var due = world.Time.GetUtcNow().AddMinutes(1);
        if (!isKilled) // put back between the verdict and its settlement
            world.Time.JumpWallClock(-TimeSpan.FromDays(TenYears));
        await spool.SettleAsync(Mails.Deferred(lease, due));
        if (isKilled)
        {
            world.Kill();
            world.Time.JumpWallClock(-TimeSpan.FromDays(TenYears));
            spool = await world.OpenAsync();
        }

        Assert.InRange((await spool.LeaseOneAsync("a")).Age, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_clock_put_back_by_days_lets_go_of_all_that_waits_a_schedule_later(bool isKilled)
    {
        const int many = 9;
        await using var world = NewWorld();
        world.Settings = world.Settings with { Window = 2 };
        var spool = await world.OpenAsync();
        for (var i = 0; i < many; i++)
        {
            await spool.HandOverAsync("bob@a.test");
            await DeferAsync(spool, world.Time.GetUtcNow().AddHours(20));
        }

        if (isKilled)
            world.Kill();
        world.Time.JumpWallClock(TimeSpan.FromDays(-10));
        if (isKilled)
            spool = await world.OpenAsync();
        else
            await spool.HandOverAsync("other@b.test");
        world.Time.Advance(TimeSpan.FromHours(25));
        for (var i = 0; i < many; i++)
        {
            var lease = await spool.LeaseOneAsync("a");
            await spool.SettleAsync(new Settlement(lease, [new Verdict(0, Happening.Accepted)], null, []));
        }
    }

    [Fact]
    public async Task Mail_that_comes_back_untried_after_the_clock_was_put_back_is_still_due()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        await DeferAsync(spool, world.Time.GetUtcNow().AddMinutes(1));
        world.Time.JumpWallClock(TimeSpan.FromDays(-2));
        world.Time.Advance(TimeSpan.FromMinutes(2));
        await spool.SettleAsync(new Settlement(await spool.LeaseOneAsync("a"), [], null, []));
        await spool.LeaseOneAsync("a");
    }

    private static async Task DeferAsync(EmbeddedSpool spool, DateTimeOffset due) =>
        await spool.SettleAsync(Mails.Deferred(await spool.LeaseOneAsync("a"), due));
}
