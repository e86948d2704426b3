using Postroom.Mail;
using Postroom.Mail.Status;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>A provider's verdict on the account, with the real courier and the real queue: promise 4.</summary>
public sealed class AccountRefusalTests
{
    [Theory]
    [InlineData("MAIL", "550 5.7.30 Basic authentication is not supported for Client Submission.")]
    [InlineData("END", "550 5.4.5 Daily user sending limit exceeded. For more information - gsmtp")]
    [InlineData("END", "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException")]
    [InlineData("RCPT", "550 5.7.1 Daily SMTP relay limit exceeded for customer. - gsmtp")]
    public async Task It_pauses_the_lane_bounces_nothing_burns_no_attempt_and_says_what_to_do(string step, string reply)
    {
        var peer = new ScriptedPeer
        {
            Script = line => line.StartsWith(step, StringComparison.Ordinal) ? reply : null,
        };
        await using var house = new HopHouse(peer, CourierHouse.Plain);
        var mail = house.Spool.Put(new Envelope(new ReversePath("app@example.com"),
            [new Recipient(new ForwardPath("alice@example.org")), new Recipient(new ForwardPath("bob@example.org"))]));
        house.Run();
        await house.SettledAsync(mail);
        await house.Pulse.UntilAsync(() => house.Log.Lines.Any(IsPause));

        Assert.Equal([$"pause upstream: {reply}"], house.Spool.Story);
        Assert.All(mail.Recipients, r => Assert.Equal((State.Waiting, 0), (r.State, r.FailedTries)));
        Assert.All(house.Spool.Settlements.SelectMany(s => s.Verdicts), v => Assert.Equal(Happening.Returned, v.What));
        Assert.All(house.Spool.Settlements, settled => Assert.Empty(settled.Reports));
        Assert.Equal([mail.Id], house.Spool.Mails.Select(m => m.Id)); // no report either

        var known = Explanation.Of(mail.Recipients[0].Last!.Failure)!;
        Assert.Equal($"2011 Lane 'upstream' is paused: {known.Cause} {known.Cure} ({reply})",
            Assert.Single(house.Log.Lines, IsPause));

        peer.Script = _ => null;
        await house.EndedAsync(mail);
        Assert.All(mail.Recipients, r => Assert.Equal((State.Delivered, 0), (r.State, r.FailedTries)));
    }

    [Fact]
    public async Task A_sender_that_may_not_be_sent_as_is_reported_and_the_lane_flows_on()
    {
        var peer = new ScriptedPeer
        {
            Script = line => line.StartsWith("MAIL FROM:<app@example.com>", StringComparison.Ordinal)
                ? "550 5.7.60 SMTP; Client does not have permissions to send as this sender"
                : null,
        };
        await using var house = new HopHouse(peer, CourierHouse.Plain);
        var mail = house.Spool.Put(new Envelope(new ReversePath("app@example.com"),
            [new Recipient(new ForwardPath("alice@example.org"))]));
        house.Run();
        await house.SettledAsync(mail);
        Assert.Equal(State.Failed, mail.Only.State);
        Assert.Equal("m365-send-as-denied", Explanation.Of(mail.Only.Last!.Failure)!.Name);
        Assert.Empty(house.Spool.Story);
    }

    private static bool IsPause(string line) => line.Contains("is paused", StringComparison.Ordinal);
}
