using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Shared;
using Postroom.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>States and reports of a parcel are one commit: step 8 of docs/states.md.</summary>
public sealed class SettlementTests
{
    [Theory]
    [InlineData(DiskCall.Write, false)]
    [InlineData(DiskCall.Write, true)]
    [InlineData(DiskCall.Sync, false)]
    [InlineData(DiskCall.Sync, true)]
    public async Task Wherever_the_disk_fails_no_mail_has_failed_without_its_report(DiskCall call, bool powerCut)
    {
        var isSettled = false;
        for (var nth = 1; !isSettled; nth++)
        {
            await using var world = new SimulatedWorld(seed: nth);
            var spool = await world.OpenAsync();
            await spool.HandOverAsync("bob@a.test");
            var lease = await spool.LeaseOneAsync("a");
            world.Disk.FailFrom(call, nth, () => new IOException("EIO"));
            isSettled = await Record.ExceptionAsync(() => RefuseAsync(spool, lease)) is null;
            if (powerCut)
                Assert.True(world.PowerCut());
            else
                world.Kill();

            spool = await world.OpenAsync();
            var states = (await spool.RowsAsync()).ToDictionary(row => row.To, row => row.State);
            Assert.Equal(states["bob@a.test"] == State.Failed, states.ContainsKey("jira@b.test"));
            Assert.True(states.ContainsValue(State.Waiting), "the mail and its report are lost");
            if (isSettled)
                Assert.Equal(State.Failed, states["bob@a.test"]);
        }
    }

    private static async Task RefuseAsync(ISpool spool, Lease lease)
    {
        using var body = spool.OpenBody();
        "Subject: report\r\n\r\n"u8.CopyTo(body.GetSpan(64));
        body.Advance(19);
        await spool.SettleAsync(new Settlement(lease, [new Verdict(0, Happening.Refused)
        {
            Failure = new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 1), "550 5.1.1 no such user", "mx.test"),
        }], null, [Mails.Draft(body, "jira@b.test", from: "")]));
    }
}
