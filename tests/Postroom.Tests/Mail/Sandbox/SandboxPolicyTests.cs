using System.Reflection;
using Postroom.Mail;
using Postroom.Mail.Sandbox;
using Xunit;

namespace Postroom.Tests.Mail.Sandbox;

public class SandboxPolicyTests
{
    private static readonly ForwardPath Alice = new("alice@example.com");

    [Fact]
    public void Live_gives_leave_for_exactly_the_recipient_asked_about()
    {
        var verdict = new SandboxPolicy(Mode.Live).Judge(Alice, null);
        Assert.Equal((Alice, "mode = live"), (verdict.Clearance!.Path, verdict.Clearance.Rule));
        Assert.Equal((false, "mode = live"), (verdict.Hold, verdict.Rule));
    }

    [Theory]
    [InlineData(Mode.Capture, false, "mode = capture")]
    [InlineData(Mode.Hold, true, "mode = hold")]
    public void Every_other_mode_gives_none_and_names_its_rule(Mode mode, bool hold, string rule)
    {
        var verdict = new SandboxPolicy(mode).Judge(Alice, null);
        Assert.Null(verdict.Clearance);
        Assert.Equal((hold, rule), (verdict.Hold, verdict.Rule));
    }

    [Theory]
    [InlineData(Mode.Live)]
    [InlineData(Mode.Hold)]
    [InlineData(Mode.Capture)]
    public void What_the_clone_guard_says_wins_over_every_mode(Mode mode)
    {
        foreach (var isForeign in (bool[])[false, true])
            foreach (var hold in (bool[])[false, true])
                Assert.Equal(new SandboxVerdict(null, hold, "a copy"),
                    new SandboxPolicy(mode, isForeign).Judge(Alice, new Keeping(hold, "a copy")));
        Assert.Null(new SandboxPolicy(mode, isForeign: true).Judge(Alice, null).Clearance); // even unasked
        Assert.False(new SandboxPolicy(mode, isForeign: true).MaySend);
    }

    [Fact]
    public void A_policy_that_nobody_chose_captures() => Assert.Equal(Mode.Capture, default);

    [Fact]
    public void Nobody_outside_the_floor_can_make_a_clearance() =>
        Assert.Empty(typeof(Clearance).GetConstructors(BindingFlags.Public | BindingFlags.Instance));
}
