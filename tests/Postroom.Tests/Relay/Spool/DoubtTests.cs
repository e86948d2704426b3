using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Shared;
using Postroom.Relay.Spool.Embedded;
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

    [Fact]
    public void Once_the_marks_have_run_out_it_could_be_any()
    {
        var memory = new SimulatedDisk(new Random(1)).OpenScratch("marks", 3 * sizeof(long)); // the first is shared
        var marks = new WireMarks(memory);
        int[] slots = [marks.Take(), marks.Take(), marks.Take(), marks.Take()];
        marks.Set(slots[0], new MailId(1));
        Assert.Equal([new MailId(1)], new WireMarks(memory).Read()!);
        marks.Set(slots[3], new MailId(4));
        Assert.Null(new WireMarks(memory).Read());
        marks.Free(slots[2]);
        Assert.Null(new WireMarks(memory).Read());
        marks.Wipe();
        Assert.Empty(new WireMarks(memory).Read()!);
    }
}
