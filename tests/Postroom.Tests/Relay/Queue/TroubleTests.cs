using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Mail.Trouble;
using Xunit;

namespace Postroom.Tests.Relay.Queue;

/// <summary>Trouble in the place of a next hop.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task In_capture_mode_a_made_failure_is_settled_as_any_other_and_marked()
    {
        await using var house = Open(Mode.Capture);
        var (later, never, captured) = (house.Put("l+4.2.2@x.example").Only, house.Put("n+5.1.1@x.example").Only,
            house.Put("c@x.example").Only);
        house.Run();
        await house.UntilAsync(() => captured.State == State.Captured && never.State == State.Failed
            && later.State == State.Waiting);
        Assert.Empty(house.Courier.Tries);
        var made = house.Spool.Settlements.SelectMany(one => one.Events)
            .Where(one => one.Kind == EventKind.TroubleMade).ToList();
        Assert.Equal(2, made.Count);
        Assert.All(made, one => Assert.Contains("made by a test", one.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(Mode.Live, true)]
    [InlineData(Mode.Capture, false)]
    [InlineData(Mode.Redirect, false)]
    public async Task Whether_it_would_leave_is_said(Mode mode, bool wouldLeave)
    {
        await using var house = new House(mode);
        bool? said = null;
        house.Meddle = (_, would) =>
        {
            said = would;
            return null;
        };
        house.Put();
        house.Run();
        await house.UntilAsync(() => said is not null);
        Assert.Equal(wouldLeave, said);
    }

    [Theory]
    [InlineData(Mode.Hold, State.Held)]
    [InlineData(Mode.Discard, State.Cancelled)]
    public async Task What_is_held_or_discarded_meets_none(Mode mode, State state)
    {
        await using var house = Open(mode);
        var mail = house.Put("n+5.1.1@x.example").Only;
        house.Run();
        await house.UntilAsync(() => mail.State == state);
    }

    [Fact]
    public async Task It_stops_no_lane_and_nobody_else_of_the_mail()
    {
        await using var house = Open(Mode.Live);
        var mail = house.Spool.Put(new Envelope(new ReversePath("jira@example.com"),
            [new Recipient(new ForwardPath("l+4.4.1@x.example")), new Recipient(new ForwardPath("c@x.example"))]));
        house.Run();
        await house.UntilAsync(() => mail.Recipients[1].State == State.Delivered);
        Assert.Equal(State.Waiting, mail.Recipients[0].State);
        Assert.False(house.Lane().IsPaused);
        Assert.Single(Assert.Single(house.Courier.Tries).Recipients);
    }

    private static House Open(Mode mode) => new(mode)
    {
        Meddle = (at, _) => TroubleAddress.TryRead(at.Recipients[0], out var stage, out var effect)
            && stage == Stage.Rcpt ? new Made(effect, "a test") : null,
    };
}
