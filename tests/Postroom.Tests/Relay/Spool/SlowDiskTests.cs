using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>A disk that takes longer than anybody waits: steps 2 and 4 of docs/states.md.</summary>
public sealed class SlowDiskTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // then it was leased in the commit that accepted it
    public async Task Mail_that_was_stored_too_late_for_its_answer_is_revoked_and_no_life_sends_it(bool somebodyWaits)
    {
        await using var world = new SimulatedWorld(seed: 2026);
        world.Settings = world.Settings with { AnswerWithin = TimeSpan.FromMilliseconds(1) };
        var spool = await world.OpenAsync();
        using var stop = new CancellationTokenSource();
        var waiting = somebodyWaits ? spool.LeaseAsync("a", 1, stop.Token).AsTask() : null;
        var slow = new TaskCompletionSource();
        world.Disk.SyncGate = slow.Task;
        var handingOver = spool.HandOverAsync("bob@a.test");
        await Task.WhenAny(handingOver, Task.Delay(Patience, TestContext.Current.CancellationToken));
        slow.SetResult();
        Assert.Equal(new Acceptance(null, Refusal.TooSlow), await handingOver);

        Assert.Equal(State.Cancelled, (await RevokedAsync(spool)).State);
        await stop.CancelAsync();
        if (waiting is not null)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await spool.AssertNothingDueAsync("a");
        world.Kill();
        spool = await world.OpenAsync();
        await spool.AssertNothingDueAsync("a");
        Assert.Equal(State.Cancelled, Assert.Single(await spool.RowsAsync()).State);
    }

    [Fact]
    public async Task A_lease_that_is_stored_after_its_lane_was_closed_is_given_back()
    {
        await using var world = new SimulatedWorld(seed: 2026);
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        var slow = new TaskCompletionSource();
        world.Disk.SyncGate = slow.Task;
        var waiting = spool.LeaseOneAsync("a");
        var away = new Failure(Fault.NextHop, new EnhancedStatus(4, 4, 1), "away", null);
        var closing = spool.PauseAsync("a", away).AsTask(); // closed at once; on the record once the disk is back
        slow.SetResult();
        await closing;
        using var enough = new CancellationTokenSource(Patience);
        while ((await spool.RowsAsync())[0].State == State.Trying)
        {
            Assert.False(waiting.IsCompleted, "a closed lane gave mail out");
            Assert.False(enough.IsCancellationRequested, "the lease was not given back");
            await Task.Yield();
        }

        await spool.ResumeAsync("a");
        Assert.Equal(0, (await waiting).Recipients[0].FailedTries);
    }

    // The revocation follows the answer: nobody waits for it but we.
    private static async Task<RecipientRow> RevokedAsync(ISpool spool)
    {
        using var enough = new CancellationTokenSource(Patience);
        while (true)
        {
            var row = (await spool.RowsAsync()).SingleOrDefault();
            if (row is not null && spool.Index.Show(row.Mail)!.Trail.Any(e => e.Kind == EventKind.Revoked))
                return row;
            Assert.False(enough.IsCancellationRequested, "the mail was not revoked");
            await Task.Yield();
        }
    }
}
