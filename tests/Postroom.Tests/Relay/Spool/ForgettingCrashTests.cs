using System.Text;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Spool.Embedded.Retention;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>An erasure that is cut short at any call to the disk is whole after the next start, or was never
/// begun.</summary>
public sealed class ForgettingCrashTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory, InlineData(false), InlineData(true)]
    public async Task Cut_short_anywhere_it_is_finished_by_the_next_life(bool power)
    {
        var (died, finished) = (0, 0);
        for (var nth = 1; finished == 0; nth++)
        {
            await using var world = new SimulatedWorld(seed: nth);
            var spool = await world.OpenAsync();
            for (var i = 0; i < 3; i++)
            {
                await DeliverAsync(spool, "bob@a.test");
                await DeliverAsync(spool, "bob@a.test mallory.unusual@a.test");
                await DeliverAsync(spool, "mallory.unusual@a.test");
            }

            var (left, disk) = (nth, world.Disk);
            world.Disk.Died = () => End(world, power);
            world.Disk.IsFatal = () => Interlocked.Decrement(ref left) < 0;
            var isDone = false;
            try
            {
                isDone = (await EraseAsync(spool)).IsComplete;
            }
            catch (Exception e) when (e is SpoolFailedException or IOException or OperationCanceledException)
            {
                died++;
            }

            if (ReferenceEquals(disk, world.Disk))
                End(world, power);
            if (!power) // which may have torn the header of a segment that was just begun: the next start mends it
                Assert.Empty(JournalCheck.Verify(world.Disk).Breaks);
            spool = await world.OpenAsync();
            await spool.Forgetter.PassAsync(Cancel);
            var rows = await spool.RowsAsync();
            Assert.Equal(6, rows.Count(row => row.To == "bob@a.test"));
            var hers = rows.Count(row => row.To == "mallory.unusual@a.test");
            Assert.True(hers is 6 or 0, $"{hers} after {nth}"); // all or nothing
            Assert.Equal(hers == 0,
                spool.Index.RelayEvents(100).Any(e => e is { Kind: EventKind.Erased, Who: "anna" }));
            Assert.True(hers == 0 || !isDone);
            if (hers > 0)
                Assert.True((await EraseAsync(spool)).IsComplete);
            await world.StopAsync(spool);
            Assert.Empty(JournalCheck.Verify(world.Disk).Breaks);
            Assert.Empty(FilesWith(world.Disk, "mallory.unusual"));
            finished += isDone ? 1 : 0;
        }

        Assert.True(died > 10, $"it died {died} times only");
    }

    private static Task<Erasure> EraseAsync(EmbeddedSpool spool) =>
        spool.Forgetter.EraseAsync("mallory.unusual@a.test", really: true, ("anna", null, "proof"), Cancel);

    private static void End(SimulatedWorld world, bool power)
    {
        if (power)
            world.PowerCut();
        else
            world.Kill();
    }

    private static IReadOnlyList<string> FilesWith(SimulatedDisk disk, string text)
    {
        var found = new List<string>();
        foreach (var folder in (string[])["journal", "records", "quarantine"])
            foreach (var name in disk.List(folder))
            {
                using var file = disk.Open($"{folder}/{name}", create: false);
                var octets = new byte[file.Length];
                _ = file.Read(0, octets);
                if (Encoding.Latin1.GetString(octets).Contains(text, StringComparison.OrdinalIgnoreCase))
                    found.Add($"{folder}/{name}");
            }

        return found;
    }

    private static async Task DeliverAsync(EmbeddedSpool spool, string to)
    {
        await spool.HandOverAsync(to);
        var lease = await spool.LeaseOneAsync("a");
        await spool.SettleAsync(new Settlement(lease, [.. lease.Recipients.Select(r =>
            new Verdict(r.Index, Happening.Accepted) { Reply = $"250 2.0.0 Ok {r.Recipient.Path}" })], null, []));
    }
}
