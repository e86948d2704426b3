using Postroom.Mail.Audit;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>What is in doubt is said before it is tried again, whatever else goes wrong: step 6 of
/// docs/states.md.</summary>
public sealed class DoubtTests
{
    [Theory]
    [InlineData(DiskCall.Write)]
    [InlineData(DiskCall.Sync)]
    [InlineData(DiskCall.SyncFolder)]
    public async Task A_start_that_fails_after_a_power_cut_forgets_no_doubt(DiskCall call)
    {
        var hasStarted = false;
        for (var nth = 1; !hasStarted; nth++)
        {
            await using var world = new SimulatedWorld(seed: nth);
            var spool = await world.OpenAsync();
            await spool.HandOverAsync("bob@a.test");
            var lease = await spool.LeaseOneAsync("a");
            lease.MarkAtWire();
            Assert.True(world.PowerCut()); // and with it the mark is gone
            world.Disk.FailFrom(call, nth, () => new IOException("EIO"));
            hasStarted = await Record.ExceptionAsync(world.OpenAsync) is null;
            world.Kill();

            spool = await world.OpenAsync();
            Assert.Equal(lease.Id, (await spool.LeaseOneAsync("a")).Id);
            await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
            Assert.Contains(EventKind.InDoubt, spool.Index.Show(lease.Id)!.Trail.Select(e => e.Kind));
        }
    }
}
