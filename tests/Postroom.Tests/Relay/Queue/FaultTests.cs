using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Xunit;

namespace Postroom.Tests.Relay.Queue;

/// <summary>The fault decides who waits: promise 4.</summary>
public class FaultTests
{
    [Theory]
    [InlineData(Fault.Recipient, 4, State.Waiting, 1, false)]
    [InlineData(Fault.Recipient, 5, State.Failed, 0, false)]
    [InlineData(Fault.Message, 4, State.Waiting, 1, false)]
    [InlineData(Fault.Message, 5, State.Failed, 0, false)]
    [InlineData(Fault.Account, 4, State.Waiting, 0, true)]
    [InlineData(Fault.Account, 5, State.Waiting, 0, true)]   // a wrong password burns no attempt and bounces nothing
    [InlineData(Fault.NextHop, 4, State.Waiting, 0, true)]
    [InlineData(Fault.NextHop, 5, State.Waiting, 0, true)]
    [InlineData(Fault.Ourselves, 4, State.Waiting, 0, true)]
    public async Task The_fault_decides_who_waits(Fault fault, int @class, State after, int failedTries, bool paused)
    {
        await using var house = new House();
        var failure = House.Failure(fault, @class, "in its own words");
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Failed(mail, failure));
        var alice = house.Put().Only;
        house.Run();

        await house.UntilAsync(() => alice.Last is not null && (!paused || house.Spool.Story.Count > 0));
        Assert.Equal((after, failedTries), (alice.State, alice.FailedTries));
        Assert.Equal(failure, alice.Last!.Failure);
        Assert.Equal(paused ? ["pause upstream: in its own words"] : [], house.Spool.Story);
        Assert.Equal(paused, house.Lane().IsPaused);
        Assert.Equal(paused ? failure : null, house.Lane().Cause);
    }

    [Fact]
    public async Task A_transient_refusal_waits_by_the_schedule_and_goes_again_by_itself()
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.Recipient, 4, "450 4.2.1 greylisted")));
        var alice = house.Put().Only;
        house.Run();
        await house.UntilAsync(() => alice.FailedTries == 1);
        Assert.InRange(alice.Due - House.Noon, TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(60));

        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Took(mail));
        await house.PassAsync(alice.Due - House.Noon + TimeSpan.FromMilliseconds(1)); // naps are whole milliseconds
        await house.UntilAsync(() => alice.State == State.Delivered);
        Assert.Equal("250 2.0.0 queued as 1A", alice.Last!.Reply);
    }

    [Fact]
    public async Task Each_recipient_of_a_parcel_gets_its_own_verdict()
    {
        await using var house = new House();
        var mail = house.Spool.Put(new(new("jira@example.com"),
            [new(new("alice@example.com")), new(new("bob@example.com")), new(new("carol@example.com"))]));
        house.Courier.Answer = (_, _) => Task.FromResult(new Outcome(
            [
                new RecipientResult(2, null, House.Failure(Fault.Recipient, 5, "550 5.1.1 no such user"), false),
                new RecipientResult(0, "250 2.0.0 ok", null, false),
                new RecipientResult(1, null, House.Failure(Fault.Recipient, 4, "452 4.2.2 full"), false),
            ],
            null, null));
        house.Run();
        await house.UntilAsync(() => mail.Recipients[0].State == State.Delivered);
        Assert.Equal([State.Delivered, State.Waiting, State.Failed], mail.Recipients.Select(r => r.State));
    }

    [Fact]
    public async Task Sixty_four_failures_at_once_make_one_pause_and_burn_no_attempt()
    {
        await using var house = new House(capacity: 64);
        var down = new TaskCompletionSource();
        house.Courier.Answer = async (mail, _) =>
        {
            await down.Task;
            return StoryCourier.Failed(mail, House.Failure(Fault.NextHop, 4, "connection reset"));
        };
        var mails = Enumerable.Range(0, 64).Select(n => house.Put($"user{n}@example.com").Only).ToList();
        house.Run();
        await house.UntilAsync(() => house.Courier.Under == 64);

        down.SetResult();
        await house.UntilAsync(() => mails.TrueForAll(r => r.Last is not null) && house.Spool.Story.Count > 0);
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Took(mail));
        await house.PassAsync(TimeSpan.FromSeconds(1));
        await house.UntilAsync(() => mails.TrueForAll(r => r.State == State.Delivered));
        Assert.Equal(["pause upstream: connection reset", "resume upstream"], house.Spool.Story);
        Assert.All(mails, r => Assert.Equal(0, r.FailedTries));
        Assert.Single(house.Courier.Probes);
    }

    [Theory]
    [InlineData(Fault.NextHop, new[] { 1, 2, 2, 2 })]
    [InlineData(Fault.Account, new[] { 300, 600, 1200, 2400, 3600, 3600 })]
    public async Task A_closed_lane_is_probed_at_the_pace_of_its_fault_and_nothing_else_knocks(Fault fault, int[] waits)
    {
        await using var house = new House();
        var failure = House.Failure(fault, 4, "closed");
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Failed(mail, failure));
        house.Courier.Probe = () => failure;
        house.Put();
        house.Put("bob@example.com");
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1);
        var tries = house.Courier.Tries.Count;

        var expected = new List<DateTimeOffset>();
        foreach (var wait in waits)
        {
            expected.Add((expected.Count == 0 ? House.Noon : expected[^1]).AddSeconds(wait));
            await house.UntilAsync(() => house.Time.SomebodyWakesBy(expected[^1]));
            Assert.Equal(expected[^1], house.Lane().NextProbe);
            house.Time.Advance(TimeSpan.FromSeconds(wait) / 2);
            house.Time.Advance(TimeSpan.FromSeconds(wait) / 2);
            await house.UntilAsync(() => house.Courier.Probes.Count >= expected.Count);
        }

        Assert.Equal(expected, house.Courier.Probes);
        Assert.Equal(tries, house.Courier.Tries.Count);
        Assert.Single(house.Spool.Story);
    }

    [Fact]
    public async Task A_refused_account_that_logs_in_again_is_tried_with_one_mail_first()
    {
        await using var house = new House(capacity: 16);
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.Account, 5, "550 5.7.60 not allowed")));
        house.Put();
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1);
        var mails = Enumerable.Range(0, 10).Select(n => house.Put($"user{n}@example.com").Only).ToList();
        var before = house.Courier.Tries.Count;
        await house.PassAsync(TimeSpan.FromMinutes(5));
        await house.UntilAsync(() => house.Spool.Story.Count == 3);
        Assert.Equal(before + 1, house.Courier.Tries.Count);
        Assert.Equal(1, house.Spool.Asked["upstream"]);
        Assert.Equal("pause upstream: 550 5.7.60 not allowed", house.Spool.Story[2]);
        Assert.Equal(house.Time.GetUtcNow().AddMinutes(10), house.Lane().NextProbe);

        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Took(mail));
        await house.PassAsync(TimeSpan.FromMinutes(10));
        await house.UntilAsync(() => mails.TrueForAll(r => r.State == State.Delivered));
    }

    [Fact]
    public async Task One_dead_lane_does_not_slow_another()
    {
        await using var house = new House(Postroom.Mail.Sandbox.Mode.Live, 4, null,
            new("dead", "192.0.2.1", 25) { Recipients = ["dead.test"] }, new("well", "192.0.2.2", 25));
        house.CourierOf("dead").Answer = (_, cancel) => Never(cancel);
        var stuck = Enumerable.Range(0, 8).Select(n => house.Put($"user{n}@dead.test").Only).ToList();
        house.Run();
        await house.UntilAsync(() => house.CourierOf("dead").Under == 4);
        var fresh = Enumerable.Range(0, 50).Select(n => house.Put($"user{n}@example.com").Only).ToList();
        await house.UntilAsync(() => fresh.TrueForAll(r => r.State == State.Delivered));
        Assert.All(stuck, r => Assert.True(RecipientLife.IsOpen(r.State)));
    }

    [Fact]
    public async Task A_mail_that_breaks_every_connection_waits_for_itself_and_lets_the_others_pass()
    {
        await using var house = new House(capacity: 1);
        var poison = house.Put("poison@example.com").Only;
        var innocent = house.Put("alice@example.com").Only;
        var reset = House.Failure(Fault.NextHop, 4, "connection reset after the dot", "mx.example.com");
        house.Courier.Answer = (mail, _) => Task.FromResult(
            mail.Recipients[0].Recipient.Path.Address.StartsWith("poison", StringComparison.Ordinal)
                ? StoryCourier.Failed(mail, reset)
                : StoryCourier.Took(mail));
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1);
        Assert.Equal(0, poison.FailedTries);
        await house.PassAsync(TimeSpan.FromSeconds(1));
        await house.UntilAsync(() => poison.FailedTries == 1);
        await house.UntilAsync(() => house.Spool.Story.Count == 3);
        await house.PassAsync(TimeSpan.FromSeconds(2));
        await house.UntilAsync(() => innocent.State == State.Delivered);
        Assert.Equal(State.Waiting, poison.State);
        Assert.True(poison.Due > house.Time.GetUtcNow());
    }

    [Fact]
    public async Task A_bug_of_ours_pauses_the_lane_bounces_nothing_and_is_logged_once_a_minute()
    {
        await using var house = new House();
        house.Courier.Answer = (_, _) => throw new NotImplementedException("a bug");
        var alice = house.Put().Only;
        house.Put("bob@example.com");
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1 && alice.Last is not null);
        Assert.Equal((State.Waiting, 0), (alice.State, alice.FailedTries));
        Assert.Equal(Fault.Ourselves, house.Lane().Cause!.Fault);
        await house.PassAsync(TimeSpan.FromSeconds(1));
        await house.UntilAsync(() => house.Spool.Story.Count == 3);
        Assert.Single(house.Log.Lines, line => line.StartsWith("2001 ", StringComparison.Ordinal));
    }

    private static async Task<Outcome> Never(CancellationToken cancel)
    {
        await Task.Delay(Timeout.Infinite, cancel);
        throw new InvalidOperationException("cancelled before");
    }

    [Fact]
    public async Task Who_mends_something_while_a_probe_is_under_way_waits_for_no_other_interval()
    {
        await using var house = new House();
        var refused = House.Failure(Fault.Account, 5, "535 5.7.8 no");
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Failed(mail, refused));
        var alice = house.Put().Only;
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count > 0);
        house.Courier.Probe = () =>
        {
            house.Courier.Probe = () => null;
            house.Conductor.ProbeCured(route => route.Name == "upstream"); // this one still has the old secret
            return refused;
        };
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Took(mail));
        await house.PassAsync(TimeSpan.FromMinutes(5));
        await house.UntilAsync(() => alice.State == State.Delivered);
        Assert.Equal(2, house.Courier.Probes.Count);
        Assert.Equal(1, house.Courier.AskedAnew);
    }
}
