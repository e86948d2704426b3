using System.Collections.Concurrent;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>
/// On the road of one mail, and of a burst of 20, from the first command to the last line in the index: every call that
/// writes, syncs, renames or sends goes wrong once, each in a run of its own. Then the next start.
/// </summary>
public sealed class ASystemCallGoesWrong
{
    // docs/reference/exit-codes.md
    private const int CannotListen = 73;
    private const int DiskFailed = 74;
    private const int FolderInUse = 75;

    // What writes, by strace's names, and under which the shim counts it.
    private static readonly IReadOnlyDictionary<string, string> Traced = new Dictionary<string, string>(
        ((string[])
        [
            "write", "pwrite64", "writev", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg", "fsync", "fdatasync",
            "fallocate", "rename", "unlink", "ftruncate", "truncate", "openat", "creat", "mkdir", "link", "fchmod",
            "copy_file_range", "sendfile", "splice", "sync_file_range", "io_uring_enter",
        ]).Select(name => KeyValuePair.Create(name, name)))
    {
        ["renameat"] = "rename", ["renameat2"] = "rename", ["unlinkat"] = "unlink", ["mkdirat"] = "mkdir",
        ["linkat"] = "link", ["open"] = "openat",
    };

    private const int AtOnce = 4;
    private static readonly ParallelOptions Degree = new() { MaxDegreeOfParallelism = AtOnce };

    private static readonly Mishap[] Every =
        [Mishap.Kill, Mishap.Fails, Mishap.NoSpace, Mishap.Short, Mishap.Loses];

    [Theory]
    [InlineData(1, 6)]
    [InlineData(20, 3)]
    public async Task Nothing_is_lost_or_torn_or_doubled_unannounced(int mails, int samples)
    {
        var length = await LengthAsync(mails);
        var points = Every.SelectMany(how => Points(length, samples).Select(at => (How: how, At: at)));
        await Parallel.ForEachAsync(points, Degree, async (point, _) => await OnceAsync(point.How, point.At, mails));
    }

    // Each of them, for it is the one thing that nothing makes up for: no 250 after it (promise 1).
    [Fact]
    public async Task Nor_by_any_sync_that_fails()
    {
        var at = 1L;
        while (await OnceAsync(Mishap.SyncLoses, at, mails: 1) is not null)
            at++;
        Assert.True(at > 1, "no sync was seen");
    }

    [Theory]
    [Trait("Long", "yes")]
    [InlineData(1)]
    [InlineData(20)]
    public async Task Whichever_call_it_is(int mails)
    {
        var struck = 0;
        var kinds = new ConcurrentDictionary<string, int>();
        foreach (var how in Every)
        {
            // As SQLite's own tests do: the first, then the second, until all goes well, whatever the count was before.
            var next = 0L;
            var missed = 0;
            await Parallel.ForEachAsync(Enumerable.Range(0, AtOnce), async (_, _) =>
            {
                while (Volatile.Read(ref missed) < 2 * AtOnce)
                {
                    if (await OnceAsync(how, Interlocked.Increment(ref next), mails) is not { } what)
                    {
                        Interlocked.Increment(ref missed);
                        continue;
                    }

                    Interlocked.Increment(ref struck);
                    kinds.AddOrUpdate(what, 1, (_, n) => n + 1);
                }
            });
        }

        Figures.Note($"the loop over every system call, {(mails == 1 ? "one mail" : $"a burst of {mails}")}",
            $"{struck} runs, each with one call gone wrong (KILL, EIO, ENOSPC, half a write, EIO with loss): "
            + $"0 lost, 0 torn, 0 doubled unannounced, 0 acknowledged after a failed sync; "
            + string.Join(", ", kinds.OrderByDescending(k => k.Value).Select(k => $"{k.Key} {k.Value}")));
    }

    [Fact]
    public async Task Nor_by_a_second_misfortune_in_the_recovery()
    {
        await using var first = await KilledAsync(share: 0.5);
        var length = await RecoveryLengthAsync(first);
        await Parallel.ForEachAsync(Points(length, 4), Degree, async (at, _) =>
        {
            await AgainAsync(first, Mishap.Kill, at);
            await AgainAsync(first, Mishap.Fails, at);
        });
    }

    [Fact]
    [Trait("Long", "yes")]
    public async Task Whichever_call_of_the_recovery_it_is()
    {
        var (killed, failed) = (0, 0);
        foreach (var share in (double[])[0.1, 0.5, 0.9])
        {
            await using var first = await KilledAsync(share);
            var length = await RecoveryLengthAsync(first);
            await Parallel.ForEachAsync(Points(length, (int)length), Degree, async (at, _) =>
            {
                if (await AgainAsync(first, Mishap.Kill, at))
                    Interlocked.Increment(ref killed);
                if (await AgainAsync(first, Mishap.Fails, at))
                    Interlocked.Increment(ref failed);
            });
        }

        Figures.Note("a second misfortune during recovery",
            $"after a kill in a burst of 20, early, midway and late: {killed} starts killed and {failed} failing with "
            + "EIO, at every call of the recovery: 0 lost, 0 torn, 0 doubled unannounced");
    }

    [Fact]
    public async Task Nor_by_a_read_that_fails()
    {
        await using var waiting = await WaitingAsync(mails: 8);
        var length = await ReadsAsync(waiting);
        await Parallel.ForEachAsync(Points(length, 3), Degree,
            async (at, _) => await AgainAsync(waiting, Mishap.ReadFails, at));
    }

    [Fact]
    [Trait("Long", "yes")]
    public async Task Whichever_read_it_is()
    {
        await using var waiting = await WaitingAsync(mails: 20);
        var length = await ReadsAsync(waiting);
        var failed = 0;
        await Parallel.ForEachAsync(Points(length, (int)length), Degree, async (at, _) =>
        {
            if (await AgainAsync(waiting, Mishap.ReadFails, at))
                Interlocked.Increment(ref failed);
        });
        Figures.Note("a read that fails, from the start to the last delivery",
            $"20 mails waiting, {failed} runs, each with one read that failed with EIO: 0 lost, 0 torn, 0 doubled "
            + "unannounced");
    }

    [Fact]
    public async Task No_call_of_these_escapes_the_shim()
    {
        var may = await Shell.RunAsync("strace", ["-e", "trace=none", "true"]);
        Assert.SkipUnless(may.ExitCode == 0, $"strace may not trace here: {may.Error}");
        // The runtime names its threads through the inside of the C library, where no shim is.
        Assert.SkipUnless(RealRelay.IsPublished, "of the published program only: POSTROOM_PROGRAM says where it is");
        await using var trial = await Trial.MakeAsync();
        var file = Path.Combine(trial.Relay.Folder, "strace");
        trial.Plan.Arm(Mishap.Kill, 0);
        trial.Relay.By =
            ["strace", "-D", "-f", "-o", file, "-e", $"trace={string.Join(',', Traced.Keys)}", .. trial.Plan.By];
        await trial.Relay.StartAsync(trial.Configuration);
        await trial.SendAsync(mails: 2, connections: 1);
        await trial.EndOrSettleAsync();
        Assert.Equal(0, await trial.Relay.StopAsync());

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        string[] lines;
        // strace pads numbers of processes that have few digits.
        while (!Array.Exists(lines = await File.ReadAllLinesAsync(file, limit.Token),
            line => line.StartsWith($"{trial.Relay.Process.Id} ", StringComparison.Ordinal)
                && line.EndsWith(" +++ exited with 0 +++", StringComparison.Ordinal)))
            await Task.Delay(20, limit.Token);
        var seen = lines.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])
            .Where((call, i) => call.Contains('(', StringComparison.Ordinal)
                && !call.StartsWith("???", StringComparison.Ordinal) // of a thread that ended before its call began
                && (!call.StartsWith("open", StringComparison.Ordinal) || lines[i].Contains("O_CREAT")))
            .GroupBy(call => Traced[call.Split('(')[0]]).ToDictionary(g => g.Key, g => g.LongCount());
        Assert.Equal(seen.OrderBy(c => c.Key), trial.Plan.Made.OrderBy(c => c.Key));
    }

    // Some mails that wait for a next hop that is away; the process was killed.
    private static async Task<Trial> WaitingAsync(int mails)
    {
        var trial = await Trial.MakeAsync();
        trial.Sink.Down();
        await trial.StartAsync();
        await trial.SendAsync(mails, connections: 1);
        Assert.Equal(mails, trial.Acknowledged.Count);
        await trial.Relay.KillAsync();
        return trial;
    }

    private static async Task<long> ReadsAsync(Trial waiting)
    {
        await using var again = await waiting.AgainAsync();
        again.StartArmed(Mishap.ReadFails, 0);
        await again.EndOrSettleAsync();
        var length = again.Plan.Count;
        Assert.InRange(length, waiting.Acknowledged.Count, 5_000);
        return length;
    }

    // A burst that was killed at this share of its road.
    private static async Task<Trial> KilledAsync(double share)
    {
        var trial = await Trial.MakeAsync();
        await RunAsync(trial, Mishap.Kill, (long)(await LengthAsync(20) * share), 20);
        Assert.NotNull(trial.ExitCode);
        return trial;
    }

    // How many calls a start has until it listens and answers.
    private static async Task<long> RecoveryLengthAsync(Trial killed)
    {
        await using var again = await killed.AgainAsync();
        again.StartArmed(Mishap.Kill, 0);
        await again.Relay.ListensAsync();
        var length = again.Plan.Count;
        Assert.InRange(length, 10, 5_000);
        await again.EndOrSettleAsync();
        await again.RecoverAndCheckAsync();
        return length;
    }

    private static async Task<bool> AgainAsync(Trial killed, Mishap how, long at)
    {
        await using var again = await killed.AgainAsync();
        again.RightEnds = [CannotListen, DiskFailed, FolderInUse];
        again.StartArmed(how, at);
        await again.EndOrSettleAsync();
        await again.RecoverAndCheckAsync();
        return again.Plan.HasStruck;
    }

    private static IEnumerable<long> Points(long length, int samples) =>
        Enumerable.Range(0, samples).Select(i => 1 + (length * ((2 * i) + 1) / (2 * samples)));

    // How many calls the road has when nothing goes wrong.
    private static async Task<long> LengthAsync(int mails)
    {
        await using var trial = await Trial.MakeAsync();
        await RunAsync(trial, Mishap.Kill, 0, mails);
        Assert.Equal(mails, trial.Acknowledged.Count);
        Assert.InRange(trial.Plan.Count, 15, 5_000);
        return trial.Plan.Count;
    }

    // One run: which call went wrong, or null if there was none with that number.
    private static async Task<string?> OnceAsync(Mishap how, long at, int mails)
    {
        await using var trial = await Trial.MakeAsync();
        await RunAsync(trial, how, at, mails);
        var plan = trial.Plan;
        if (mails == 1) // in a burst others may have been synced before; there the loss itself would tell
            Assert.True(plan.AcknowledgedAfterFailedSync == 0, $"{plan}: a 250 after a failed sync");
        await trial.RecoverAndCheckAsync();
        return plan.HasStruck ? plan.ToString().Split(' ')[2] : null;
    }

    private static async Task RunAsync(Trial trial, Mishap how, long at, int mails)
    {
        await trial.StartAsync();
        trial.Plan.Arm(how, at);
        await trial.SendAsync(mails, connections: mails == 1 ? 1 : 4);
        await trial.EndOrSettleAsync();
    }
}
