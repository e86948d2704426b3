using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Mail.Status;
using Postroom.Shared;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>A page of the ledger is older than the moment at which it is taken in: promise 3.</summary>
public sealed class RefillTests : IDisposable
{
    private const int Window = 4;

    private readonly ShiftedTime _time = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-refill").FullName;
    private readonly SimulatedDisk _disk = new(new Random(19));
    private readonly Lock _ledger = new();
    private readonly TaskCompletionSource _mayAsk = new();
    private readonly TaskCompletionSource _hasAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayGoOn = new();
    private bool _holdNext;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_left_or_was_leased_while_the_page_was_read_does_not_come_in_with_it(bool wasSettled)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using (var before = await OpenAsync())
            await before.HandOverAsync("old@a.test");
        await using var spool = await OpenAsync();
        await spool.Index.CaughtUpAsync(cancel);

        // Who leases has the lane look into the ledger; he goes away before there is an answer.
        using var stop = new CancellationTokenSource();
        _holdNext = true;
        var leasing = spool.LeaseAsync("a", 1, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leasing);
        await spool.HandOverAsync("new@a.test");
        await spool.Index.CaughtUpAsync(cancel);
        _mayAsk.SetResult();
        await _hasAsked.Task.WaitAsync(cancel); // the page shows both as waiting

        var lease = await spool.LeaseOneAsync("a");
        Assert.Equal("new@a.test", lease.Recipients[0].Recipient.Path.Address);
        var settlement = new Settlement(lease, [new Verdict(0, Happening.Accepted) { Reply = "250 ok" }], null, []);
        if (wasSettled)
            await spool.SettleAsync(settlement);
        _mayGoOn.SetResult();
        Assert.Equal("old@a.test", (await spool.LeaseOneAsync("a")).Recipients[0].Recipient.Path.Address);
        await spool.AssertNothingDueAsync("a");
        if (!wasSettled)
            await spool.SettleAsync(settlement);
        await spool.AssertNothingDueAsync("a");
    }

    [Fact]
    public async Task What_waits_since_the_page_was_asked_for_does_not_stand_behind_what_the_page_brought()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using (var before = await OpenAsync())
            for (var i = 0; i < 2 * Window; i++)
            {
                await before.HandOverAsync("old@a.test");
                await DeferAsync(before, TimeSpan.FromHours(20));
            }

        await using var spool = await OpenAsync();
        await spool.Index.CaughtUpAsync(cancel);
        await spool.HandOverAsync("new@a.test");
        _holdNext = true;
        await DeferAsync(spool, TimeSpan.FromMinutes(1));
        _mayAsk.SetResult();
        await _hasAsked.Task.WaitAsync(cancel);
        await spool.HandOverAsync("newer@a.test");
        await DeferAsync(spool, TimeSpan.FromMinutes(2));
        _mayGoOn.SetResult();
        foreach (var next in (string[])["new@a.test", "newer@a.test"])
        {
            _time.Advance(TimeSpan.FromMinutes(2));
            var lease = await spool.LeaseOneAsync("a");
            Assert.Equal(next, lease.Recipients[0].Recipient.Path.Address);
        }
    }

    private async Task DeferAsync(EmbeddedSpool spool, TimeSpan wait) =>
        await spool.SettleAsync(Mails.Deferred(await spool.LeaseOneAsync("a"), _time.GetUtcNow() + wait));

    private Task<EmbeddedSpool> OpenAsync() => SpoolOpening.OpenAsync(
        new SpoolPlace(_disk, Path.Combine(_folder, SpoolOpening.LedgerFile), null) { Offload = AskAsync },
        new SpoolSettings { SegmentSize = 1 << 20, FreeSpaceFloor = 0, Window = Window },
        (_, to, _) => to.Domain.Split('.')[0], _time, NullLogger.Instance);

    private async Task AskAsync(Action what)
    {
        var isHeld = Interlocked.Exchange(ref _holdNext, false);
        if (isHeld)
            await _mayAsk.Task;
        lock (_ledger)
            what();
        if (!isHeld)
            return;
        _hasAsked.SetResult();
        await _mayGoOn.Task;
    }
}
