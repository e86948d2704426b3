using Postroom.Mail;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Mail.Status;

public class BreakerTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProbeIntervals Intervals = new(
        NextHop: new ProbeInterval(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)),
        Account: new ProbeInterval(TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)),
        Ourselves: new ProbeInterval(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));

    private static readonly Failure Unreachable = Because(Fault.NextHop, "connection refused");
    private static readonly Failure WrongPassword = Because(Fault.Account, "535 5.7.8 Bad credentials");

    [Theory]
    [InlineData(Fault.NextHop, new[] { 1, 2, 2, 2 })]
    [InlineData(Fault.Account, new[] { 300, 600, 1200, 2400, 3600, 3600 })]
    [InlineData(Fault.Ourselves, new[] { 1, 2, 4, 8, 16, 32, 60, 60 })]
    public void A_lane_that_stands_still_knocks_at_its_faults_pace(Fault fault, int[] seconds)
    {
        var now = Noon;
        var breaker = Breaker.Sound.Failed(Because(fault, "no"), now, Intervals);
        foreach (var wait in seconds)
        {
            Assert.Equal(now.AddSeconds(wait), breaker.ProbeAt);
            now = breaker.ProbeAt;
            breaker = breaker.Probed().ProbeEnded(Because(fault, "still no"), now, Intervals);
        }

        Assert.Equal(Noon, breaker.Since);
    }

    [Fact]
    public void Of_many_failures_at_once_only_the_first_counts()
    {
        var first = Breaker.Sound.Failed(Unreachable, Noon, Intervals);
        Assert.Same(first, first.Failed(Unreachable, Noon.AddMilliseconds(3), Intervals));
        Assert.Same(first, first.Failed(Because(Fault.NextHop, "reset"), Noon.AddMilliseconds(4), Intervals));
        Assert.Same(first, first.Failed(Because(Fault.Ourselves, "bug"), Noon.AddMilliseconds(5), Intervals));
    }

    [Fact]
    public void A_refused_account_slows_the_knocking_even_if_the_hop_broke_first()
    {
        var breaker = Breaker.Sound.Failed(Unreachable, Noon, Intervals).Failed(WrongPassword, Noon, Intervals);
        Assert.Equal((Fault.Account, Noon.AddMinutes(5)), (breaker.Cause!.Fault, breaker.ProbeAt));
        Assert.Same(breaker, breaker.Failed(Unreachable, Noon, Intervals));
    }

    [Fact]
    public void A_success_that_was_under_way_does_not_close_an_open_breaker()
    {
        var open = Breaker.Sound.Failed(Unreachable, Noon, Intervals);
        Assert.Same(open, open.Answered());
        var probing = open.Probed();
        Assert.Same(probing, probing.Answered());
    }

    [Fact]
    public void A_good_probe_opens_the_tap_and_the_first_answer_ends_the_trial()
    {
        var closed = Breaker.Sound.Failed(Unreachable, Noon, Intervals).Probed().ProbeEnded(null, Noon, Intervals);
        Assert.Equal(BreakerState.Closed, closed.State);
        Assert.True(closed.OnTrial);
        Assert.False(closed.OneAtATime); // a next hop that greets gets everything at once
        Assert.Equal(Breaker.Sound, closed.Answered());
    }

    [Fact]
    public void An_account_whose_login_works_but_whose_mail_is_refused_is_asked_ever_more_seldom()
    {
        var breaker = Breaker.Sound.Failed(WrongPassword, Noon, Intervals).Probed().ProbeEnded(null, Noon, Intervals);
        Assert.True(breaker.OneAtATime);
        var again = breaker.Failed(Because(Fault.Account, "550 5.7.60 not allowed to send as"), Noon, Intervals);
        Assert.Equal(Noon.AddMinutes(10), again.ProbeAt);
    }

    [Fact]
    public void Another_fault_than_before_begins_its_own_schedule()
    {
        var probing = Breaker.Sound.Failed(Unreachable, Noon, Intervals).Probed();
        Assert.Equal(Noon.AddMinutes(5), probing.ProbeEnded(WrongPassword, Noon, Intervals).ProbeAt);
        var refused = Breaker.Sound.Failed(WrongPassword, Noon, Intervals).Probed();
        Assert.Equal(Noon.AddSeconds(1), refused.ProbeEnded(Unreachable, Noon, Intervals).ProbeAt);
        var onTrial = refused.ProbeEnded(null, Noon, Intervals);
        Assert.Equal(Noon.AddSeconds(1), onTrial.Failed(Unreachable, Noon, Intervals).ProbeAt);
    }

    [Fact]
    public void Only_what_a_probe_has_closed_is_on_trial()
    {
        Assert.False(Breaker.Sound.OnTrial);
        var open = Breaker.Sound.Failed(WrongPassword, Noon, Intervals);
        Assert.False(open.OnTrial || open.Probed().OnTrial);
        Assert.True(open.Probed().ProbeEnded(null, Noon, Intervals).OnTrial);
    }

    [Fact]
    public void A_person_can_have_the_next_probe_at_once_but_never_two()
    {
        var open = Breaker.Sound.Failed(WrongPassword, Noon, Intervals);
        Assert.Equal(Noon.AddSeconds(9), open.Hurried(Noon.AddSeconds(9)).ProbeAt);
        var probing = open.Probed();
        Assert.Same(probing, probing.Hurried(Noon));
        Assert.Same(probing, probing.Probed());
        Assert.Same(Breaker.Sound, Breaker.Sound.Hurried(Noon));
    }

    [Theory]
    [InlineData(Fault.Recipient)]
    [InlineData(Fault.Message)]
    public void The_fault_of_one_mail_stops_no_lane(Fault fault) =>
        Assert.Contains("only a shared fault stops a lane", Assert.Throws<ArgumentOutOfRangeException>(
            () => Breaker.Sound.Failed(Because(fault, "550"), Noon, Intervals)).Message, StringComparison.Ordinal);

    private static Failure Because(Fault fault, string words) => new(fault, new EnhancedStatus(4, 4, 1), words, null);
}
