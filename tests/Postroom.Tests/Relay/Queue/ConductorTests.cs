using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Xunit;

namespace Postroom.Tests.Relay.Queue;

public class ConductorTests
{
    [Fact]
    public async Task The_pump_waits_for_fresh_mail_with_every_slot_that_is_free()
    {
        await using var house = new House(capacity: 64);
        var answers = new TaskCompletionSource();
        house.Courier.Answer = async (mail, _) =>
        {
            await answers.Task;
            return StoryCourier.Took(mail);
        };
        house.Run();
        await house.UntilAsync(() => house.Spool.Asked.GetValueOrDefault("upstream") == 64);
        for (var n = 0; n < 10; n++)
            house.Put($"user{n}@example.com");
        await house.UntilAsync(() => house.Courier.Under == 10 && house.Spool.Asked["upstream"] == 54);
        Assert.Equal(10, house.Lane().InFlight);
        answers.SetResult();
    }

    [Fact]
    public async Task Never_more_are_under_way_than_the_courier_has_slots_for()
    {
        await using var house = new House(capacity: 3);
        var mails = Enumerable.Range(0, 100).Select(n => house.Put($"user{n}@example.com").Only).ToList();
        house.Courier.Answer = async (mail, _) =>
        {
            await Task.Yield();
            return StoryCourier.Took(mail);
        };
        house.Run();
        await house.UntilAsync(() => mails.TrueForAll(r => r.State == State.Delivered));
        Assert.InRange(house.Courier.MostUnder, 1, 3);
    }

    [Fact]
    public async Task The_connection_forgets_a_mail_only_when_its_outcome_is_durable()
    {
        await using var house = new House(capacity: 1);
        var durable = new TaskCompletionSource();
        house.Spool.SettleGate = durable.Task;
        var alice = house.Put().Only;
        var next = house.Put("bob@example.com").Only;
        house.Run();
        await house.UntilAsync(() => house.Courier.Tries.Count == 1 && house.Courier.Under == 0);
        Assert.Equal((0, State.Trying), (house.Courier.Recorded, alice.State));
        durable.SetResult();
        await house.UntilAsync(() => house.Courier.Recorded == 2 && next.State == State.Delivered);
    }

    [Fact]
    public async Task The_courier_gets_the_bytes_the_clearances_and_the_mark()
    {
        await using var house = new House();
        var read = "";
        house.Courier.Answer = async (mail, cancel) =>
        {
            var buffer = new byte[mail.Content.Length];
            var at = 0;
            while (await mail.Content.ReadAsync(at, buffer.AsMemory(at), cancel) is > 0 and var count)
                at += count;
            read = System.Text.Encoding.UTF8.GetString(buffer, 0, at);
            mail.AtWire();
            return StoryCourier.Took(mail);
        };
        var mail = house.Put();
        house.Run();
        await house.UntilAsync(() => mail.Only.State == State.Delivered);
        Assert.Equal(mail.Text, read);
        Assert.True(mail.Marked);
        Assert.Equal("mode = live", house.Courier.Tries[0].Recipients[0].Clearance.Rule);
    }

    [Fact]
    public async Task A_dot_without_an_answer_goes_back_and_its_doubt_is_on_the_timeline()
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) => Task.FromResult(new Outcome(
            [
                new RecipientResult(0, null, House.Failure(Fault.NextHop, 4, "connection lost after the dot"), false),
                new RecipientResult(1, null, House.Failure(Fault.Recipient, 5, "550 5.1.1 unknown"), false),
            ], null, null) { InDoubt = true });
        var mail = house.Spool.Put(new Envelope(new ReversePath("jira@example.com"),
            [new(new ForwardPath("alice@example.com")), new(new ForwardPath("bob@example.com"))]));
        house.Run();
        await house.UntilAsync(() => mail.Recipients[0].Last is not null);
        Assert.Equal((State.Waiting, 0), (mail.Recipients[0].State, mail.Recipients[0].FailedTries));
        Assert.Equal(State.Failed, mail.Recipients[1].State);
        var doubt = Assert.Single(house.Spool.Trail, happened => happened.Kind == EventKind.InDoubt);
        Assert.Equal((mail.Id, 0), (doubt.Mail!.Value, doubt.Recipient!.Value));
    }

    [Fact]
    public async Task A_damaged_body_is_held_and_never_sent_again()
    {
        await using var house = new House();
        house.Courier.Answer = (_, _) =>
            Task.FromResult(new Outcome([], null, null) { Damage = "checksum of piece 3" });
        var alice = house.Put().Only;
        house.Run();
        await house.UntilAsync(() => alice.State == State.Held);
        Assert.Equal("checksum of piece 3", alice.Last!.Text);
        Assert.Contains(house.Spool.Trail, happened => happened.Kind == EventKind.Damaged);
        Assert.Single(house.Log.Lines, line => line.StartsWith("2010 ", StringComparison.Ordinal)
            && line.EndsWith("checksum of piece 3", StringComparison.Ordinal));
        Assert.False(house.Lane().IsPaused);
    }

    [Theory]
    [InlineData(5, 1, 4, State.Expired)]
    [InlineData(5, 0, 4, State.Waiting)]   // its first try of all does not expire it, however old it is
    [InlineData(4, 3, 4, State.Waiting)]
    [InlineData(5, 1, 5, State.Failed)]    // a refusal is a refusal at any age
    public async Task Only_a_try_that_fails_again_in_old_age_expires_a_mail(
        int days, int failed, int @class, State after)
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.Recipient, @class)));
        var alice = house.Put(age: TimeSpan.FromDays(days)).Only;
        alice.FailedTries = failed;
        house.Run();
        await house.UntilAsync(() => alice.Last is not null);
        Assert.Equal(after, alice.State);
    }

    [Fact]
    public async Task Mail_past_the_park_limit_raises_one_alarm_and_does_not_bounce()
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.NextHop, 4, "no", "mx.example.com")));
        var alice = house.Put(age: TimeSpan.FromDays(31)).Only;
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1 && alice.Last is not null);
        await house.PassAsync(TimeSpan.FromSeconds(2));
        await house.UntilAsync(() => house.Spool.Story.Count == 3);
        Assert.Equal(State.Waiting, alice.State);
        Assert.Single(house.Spool.Trail, e => e.Kind == EventKind.Parked);
    }

    [Theory]
    [InlineData(Fault.Account)]
    [InlineData(Fault.NextHop)]
    [InlineData(Fault.Ourselves)]
    public async Task No_shared_fault_ever_expires_a_mail(Fault fault)
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(fault, 5, "no", "mx.example.com")));
        var alice = house.Put(age: TimeSpan.FromDays(100)).Only;
        alice.FailedTries = 50;
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1 && alice.Last is not null);
        Assert.Equal(State.Waiting, alice.State);
        await house.PassAsync(TimeSpan.FromMinutes(5));
        await house.UntilAsync(() => house.Spool.Story.Count == 3);
        Assert.Equal(State.Waiting, alice.State);
    }

    [Fact]
    public async Task A_stop_lets_transactions_end_and_returns_what_does_not()
    {
        await using var house = new House(capacity: 2);
        var answer = new TaskCompletionSource();
        house.Courier.Answer = async (mail, cancel) =>
        {
            var isSlow = mail.Recipients[0].Recipient.Path.Address.StartsWith("slow", StringComparison.Ordinal);
            await (isSlow ? Task.Delay(Timeout.Infinite, cancel) : answer.Task);
            return StoryCourier.Took(mail);
        };
        var slow = house.Put("slow@example.com").Only;
        var quick = house.Put("quick@example.com").Only;
        var waiting = house.Put("waiting@example.com").Only;
        house.Run();
        await house.UntilAsync(() => house.Courier.Under == 2);

        Assert.Equal(["slow@example.com", "quick@example.com"],
            house.Courier.Tries.Select(t => t.Recipients[0].Recipient.Path.Address));
        var stop = house.Conductor.StopAsync();
        answer.SetResult();
        await house.UntilAsync(() => quick.State == State.Delivered);
        Assert.False(stop.IsCompleted);
        Assert.Equal(2, house.Courier.Tries.Count);
        while (!stop.IsCompleted) // its bound begins to run at some moment after the call
        {
            house.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal((State.Waiting, 0), (slow.State, slow.FailedTries));
        Assert.Equal((State.Waiting, null), (waiting.State, waiting.Last));
        Assert.True(house.Courier.IsDisposed);
    }

    [Fact]
    public async Task When_the_spool_fails_the_conductor_ends_quietly()
    {
        await using var house = new House();
        house.Run();
        await house.UntilAsync(() => house.Spool.Asked.ContainsKey("upstream"));
        house.Spool.Fail("EIO");
        await house.Ended;
        Assert.DoesNotContain(house.Log.Lines, line => line.StartsWith("2002 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reload_keeps_the_courier_of_a_route_that_only_serves_others_now()
    {
        await using var house = new House();
        house.Run();
        await house.UntilAsync(() => house.Made.Count == 1);
        var same = new RouteTable([house.Table.Routes[0] with { Recipients = ["example.com"] }]);
        await house.Conductor.ReloadAsync(
            same, new SandboxPolicy(Mode.Live), house.Settings, TestContext.Current.CancellationToken);
        var alice = house.Put().Only;
        await house.UntilAsync(() => alice.State == State.Delivered);
        Assert.Equal(["upstream"], house.Made);
        Assert.False(house.Courier.IsDisposed);
    }

    [Fact]
    public async Task A_changed_route_gets_a_new_courier_and_the_old_one_ends_with_its_last_mail()
    {
        await using var house = new House();
        var answer = new TaskCompletionSource();
        house.Courier.Answer = async (mail, _) =>
        {
            await answer.Task;
            return StoryCourier.Took(mail);
        };
        var old = house.Put("old@example.com").Only;
        house.Run();
        await house.UntilAsync(() => house.Courier.Under == 1);
        house.NextCourier("upstream");
        await house.Conductor.ReloadAsync(new RouteTable([house.Table.Routes[0] with { Port = 2600 }]),
            new SandboxPolicy(Mode.Live), house.Settings, TestContext.Current.CancellationToken);

        var fresh = house.Put("new@example.com").Only;
        await house.UntilAsync(() => fresh.State == State.Delivered);
        Assert.Single(house.CourierOf("upstream", 1).Tries);
        Assert.False(house.Courier.IsDisposed);
        answer.SetResult();
        await house.UntilAsync(() => old.State == State.Delivered && house.Courier.IsDisposed);
    }

    [Fact]
    public async Task Mail_whose_route_is_gone_is_sorted_anew_and_what_fits_nowhere_is_held()
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.NextHop, 4, "down")));
        var alice = house.Put().Only;
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1 && alice.Last is not null);
        await house.Conductor.ReloadAsync(
            RouteTable.Empty, new SandboxPolicy(Mode.Live), house.Settings, TestContext.Current.CancellationToken);
        await house.UntilAsync(() => alice.State == State.Held);
        Assert.Equal(["pause upstream: down", "resume upstream", "route"], house.Spool.Story.Take(3));
        Assert.Equal([""], house.Conductor.Lanes.Select(lane => lane.Lane));
    }

    [Fact]
    public async Task A_person_who_mended_something_need_not_wait_for_the_appointed_probe()
    {
        await using var house = new House();
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.Account, 5, "535 5.7.8")));
        var alice = house.Put().Only;
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1 && alice.Last is not null);
        house.Courier.Answer = (mail, _) => Task.FromResult(StoryCourier.Took(mail));
        house.Conductor.ProbeNow();
        await house.UntilAsync(() => alice.State == State.Delivered);
        Assert.Equal([House.Noon], house.Courier.Probes);
    }

    [Fact]
    public async Task Mail_of_a_lane_the_configuration_no_longer_knows_is_sorted_anew_at_the_start()
    {
        await using var house = new House();
        var alice = house.Put().Only;
        alice.Lane = "of last year";
        house.Run();
        await house.UntilAsync(() => alice.State == State.Delivered);
        Assert.Equal(["route"], house.Spool.Story);
    }
}
