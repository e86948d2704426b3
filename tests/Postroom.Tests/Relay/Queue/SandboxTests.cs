using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Relay.Queue;

/// <summary>Nothing goes onto the wire without a clearance: promise 5.</summary>
public class SandboxTests
{
    [Fact]
    public async Task In_capture_mode_everything_is_kept_and_no_courier_is_even_made()
    {
        await using var house = new House(Mode.Capture);
        var mails = Enumerable.Range(0, 200).Select(n => house.Put($"user{n}@example.com").Only).ToList();
        house.Run();
        await house.UntilAsync(() => mails.TrueForAll(r => r.State == State.Captured));
        Assert.All(mails, r => Assert.Equal("mode = capture", r.Last!.Text));
        Assert.Empty(house.Made);
    }

    [Fact]
    public async Task Without_any_route_mail_is_captured_too()
    {
        await using var house = new House(Mode.Capture,
            routes: new Route("inside", "h", 25) { Recipients = ["x.test"] });
        var alice = house.Put("alice@example.com").Only;
        house.Run();
        await house.UntilAsync(() => alice.State == State.Captured);
    }

    [Fact]
    public async Task In_hold_mode_mail_waits_for_its_release()
    {
        await using var house = new House(Mode.Hold);
        var alice = house.Put().Only;
        house.Run();
        await house.UntilAsync(() => alice.State == State.Held);
        Assert.Equal("mode = hold", alice.Last!.Text);
        Assert.Empty(house.Made);
    }

    [Fact]
    public async Task Live_mail_that_no_route_fits_is_held_and_says_so()
    {
        await using var house = new House(Mode.Live, routes: new Route("inside", "h", 25) { Recipients = ["x.test"] });
        var alice = house.Put("alice@example.com").Only;
        house.Run();
        await house.UntilAsync(() => alice.State == State.Held);
        Assert.Equal("no route matches alice@example.com", alice.Last!.Text);
    }

    [Fact]
    public async Task A_switch_to_capture_after_acceptance_holds_for_all_that_is_not_yet_on_the_wire()
    {
        await using var house = new House(Mode.Live, capacity: 1);
        var answer = new TaskCompletionSource();
        house.Courier.Answer = async (mail, _) =>
        {
            await answer.Task;
            return StoryCourier.Took(mail);
        };
        var underWay = house.Put("first@example.com").Only;
        var accepted = house.Put("second@example.com").Only;
        house.Run();
        await house.UntilAsync(() => house.Courier.Under == 1);

        await house.Conductor.ReloadAsync(
            house.Table, new SandboxPolicy(Mode.Capture), house.Settings, TestContext.Current.CancellationToken);
        await house.UntilAsync(() => accepted.State == State.Captured);
        answer.SetResult();
        await house.UntilAsync(() => underWay.State == State.Delivered);
        Assert.Single(house.Courier.Tries);
    }

    [Fact]
    public async Task A_switch_to_capture_opens_a_paused_lane_without_knocking_at_its_next_hop()
    {
        await using var house = new House(Mode.Live);
        house.Courier.Answer = (mail, _) =>
            Task.FromResult(StoryCourier.Failed(mail, House.Failure(Fault.Account, 5, "535")));
        var alice = house.Put().Only;
        house.Run();
        await house.UntilAsync(() => house.Spool.Story.Count == 1);
        await house.Conductor.ReloadAsync(
            house.Table, new SandboxPolicy(Mode.Capture), house.Settings, TestContext.Current.CancellationToken);
        await house.UntilAsync(() => alice.State == State.Captured);
        Assert.Empty(house.Courier.Probes);
    }
}
