using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>The chain is signed when it has gone on, not otherwise, and at the end.</summary>
public sealed class CheckpointingTests : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(6);

    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-checkpoints-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly SimulatedDisk _disk = new(new Random(1));
    private readonly List<ChainHead> _signed = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task After_a_while_in_which_something_happened_and_never_while_nothing_does()
    {
        var spool = await OpenAsync();
        spool.KeepCheckpoints(Sign);
        _time.Advance(Every - TimeSpan.FromSeconds(1));
        Assert.Empty(_signed);
        _time.Advance(TimeSpan.FromSeconds(1));
        var first = Assert.Single(_signed); // of the start
        await UntilAsync(() => Lines(spool).Count == 1);
        _time.Advance(TimeSpan.FromDays(30));
        Assert.Single(_signed); // its own record is nothing that happened
        await DuringAsync(spool.HandOverAsync("bob@a.example"));
        _time.Advance(Every);
        Assert.Equal(2, _signed.Count);
        Assert.True(_signed[1].End > first.End && _signed[1].Records > first.Records);
        await UntilAsync(() => Lines(spool).Count == 2);
        await DuringAsync(spool.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task At_an_orderly_stop_behind_all_that_this_life_had_to_say()
    {
        var spool = await OpenAsync();
        spool.KeepCheckpoints(Sign);
        await DuringAsync(spool.HandOverAsync("bob@a.example"));
        await DuringAsync(spool.DisposeAsync().AsTask());
        var head = Assert.Single(_signed);
        var heads = new Heads();
        Assert.Empty(JournalCheck.Verify(_disk, heads.Witness).Breaks);
        Assert.Contains(heads.All, one => one.End == head.End && one.Chain.AsSpan().SequenceEqual(head.Chain)
            && one.Records == head.Records);
        Assert.Equal([EventKind.Started, EventKind.Stopped, EventKind.Checkpoint], heads.Events);
        Assert.True(heads.StoppedAt < head.End);
        var again = await OpenAsync();
        Assert.Equal(["checkpoint"], Lines(again)); // the index has it, and need not be rebuilt for it
        await DuringAsync(again.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task What_cannot_be_signed_is_tried_again_and_mail_goes_all_the_same()
    {
        var spool = await OpenAsync();
        spool.KeepCheckpoints(_ => null);
        _time.Advance(Every);
        Assert.NotNull((await DuringAsync(spool.HandOverAsync("bob@a.example"))).Receipt);
        spool.KeepCheckpoints(Sign);
        _time.Advance(Every);
        Assert.Single(_signed);
        await DuringAsync(spool.DisposeAsync().AsTask());
    }

    private Task<EmbeddedSpool> OpenAsync() => DuringAsync(SpoolOpening.OpenAsync(
        new SpoolPlace(_disk, Path.Combine(_folder, "ledger.db"), null),
        new SpoolSettings { SegmentSize = 1 << 20, FreeSpaceFloor = 1 << 20, CheckpointEvery = Every },
        (_, to, _) => to.Domain.Split('.')[0], _time, NullLogger.Instance));

    private string Sign(ChainHead head)
    {
        _signed.Add(head);
        return "checkpoint";
    }

    private static List<string> Lines(EmbeddedSpool spool) =>
        [.. spool.Index.RelayEvents(100).Where(one => one.Kind == EventKind.Checkpoint).Select(one => one.Text!)];

    // The journal's patience is of this clock, too.
    private async Task<T> DuringAsync<T>(Task<T> task)
    {
        await UntilAsync(() => task.IsCompleted);
        return await task;
    }

    private async Task DuringAsync(Task task)
    {
        await UntilAsync(() => task.IsCompleted);
        await task;
    }

    private async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Heads
    {
        public ChainWitness Witness => new() { Sealed = All.Add, Noted = Noted };

        public List<ChainHead> All { get; } = [];

        public List<EventKind> Events { get; } = [];

        public Position StoppedAt { get; private set; }

        private void Noted(Position at, NotedRecord record)
        {
            Events.Add(record.Event.Kind);
            if (record.Event.Kind == EventKind.Stopped)
                StoppedAt = at;
        }
    }
}
