using Microsoft.Extensions.Time.Testing;
using Postroom.Mail;
using Postroom.Shared;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
using Xunit;
using OpenJournal = Postroom.Relay.Spool.Journal.MailJournal;

namespace Postroom.Tests.Relay.Spool.Journal;

/// <summary>Kills, power cuts and failing disks, by seed.</summary>
public sealed class JournalMisfortuneTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_was_acknowledged_is_there_after_any_misfortune(int part)
    {
        const int seeds = 25;
        for (var seed = part * seeds; seed < (part + 1) * seeds; seed++)
            await new Misfortune(seed).LiveAsync();
    }

    [Fact]
    public async Task A_disk_whose_syncs_lie_is_found_out_by_the_same_seeds()
    {
        var found = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            try
            {
                await new Misfortune(seed) { SyncsLie = true }.LiveAsync();
            }
            catch (Exception e) when (e is Xunit.Sdk.XunitException or DamagedBodyException) // torn is found out, too
            {
                found++;
            }
        }

        Assert.True(found > 0, "the suite does not notice that nothing is ever synced");
    }

    [Fact]
    public async Task What_a_start_wrote_whose_sync_failed_is_not_lost_by_a_power_cut_after_the_next_start()
    {
        for (var nth = 1; nth < 5; nth++)
            for (var seed = 0; seed < 40; seed++) // a header stands there twice: it is lost by one in four
            {
                var disk = new SimulatedDisk(new Random(seed));
                var journal = Opened.New(disk);
                for (var i = 1; i <= 5; i++)
                    await journal.AppendAsync(Mails.Mail(i, 500), urgent: true).Soon();
                disk = disk.Kill();
                disk.FailFrom(DiskCall.Sync, nth, () => new IOException("EIO"));
                try
                {
                    Opened.New(disk);
                }
                catch (IOException)
                {
                    // The start ends there; what it wrote stands in the page cache, called clean.
                }

                disk = disk.Kill();
                Opened.New(disk);
                disk = disk.PowerCut();
                var read = new List<JournalRecord>();
                await using (Opened.At(disk, out var recovery, read))
                    Assert.Empty(recovery.Damage);
                Assert.Equal([1, 2, 3, 4, 5], read.Select(Mails.NumberOf));
                Assert.Empty(JournalCheck.Verify(disk).Breaks);
            }
    }

    [Theory]
    [InlineData(DiskCall.Write, false)]
    [InlineData(DiskCall.Write, true)]
    [InlineData(DiskCall.Sync, false)]
    [InlineData(DiskCall.Sync, true)]
    public async Task After_a_failure_nothing_is_acknowledged_and_the_next_start_has_all_that_was(DiskCall call,
        bool isFull)
    {
        for (var nth = 1; nth < 25; nth++)
        {
            var disk = new SimulatedDisk(new Random(nth));
            var journal = Opened.New(disk);
            disk.FailFrom(call, nth, () => isFull ? new DiskFullException("full") : new IOException("EIO"));
            var acknowledged = new List<int>();
            var failed = false;
            for (var i = 1; i <= 30; i++)
            {
                try
                {
                    await journal.AppendAsync(Mails.Mail(i, 3_000), urgent: true).Soon();
                    Assert.False(failed, "acknowledged after a failure");
                    acknowledged.Add(i);
                }
                catch (SpoolFailedException)
                {
                    failed = true;
                }
            }

            Assert.True(failed);
            await Assert.ThrowsAsync<SpoolFailedException>(() => journal.Failed.Soon());
            await journal.DisposeAsync();
            foreach (var after in (SimulatedDisk[])[disk.Kill(), disk.PowerCut()])
            {
                var read = new List<JournalRecord>();
                await using var again = Opened.At(after, out _, read);
                Assert.Equal(acknowledged, read.Select(Mails.NumberOf).Take(acknowledged.Count));
            }
        }
    }

    [Fact]
    public async Task What_is_past_the_last_sync_mark_is_copied_and_synced_before_it_is_used()
    {
        var disk = new SimulatedDisk(new Random(5));
        var time = new FakeTimeProvider(Mails.Noon);
        var journal = OpenJournal.Open(disk, Opened.Small, time, new RealThreads());
        journal.Recover(null, (_, _) => { });
        await journal.AppendAsync(Mails.Mail(1, 1_000), urgent: true).Soon();
        var piece = await journal.AppendBodyPieceAsync(Mails.Body(2, 4_000)).Soon();
        var patient = journal.AppendAsync(new Entry(Mails.Accepted(2, 4_000, piece)), urgent: false);
        await journal.AppendBodyPieceAsync(new byte[1]).Soon(); // now the patient one is written as well, not synced
        var killed = disk.Kill();
        var read = new List<JournalRecord>();
        var again = Opened.At(killed, out var recovery, read);
        var cut = killed.PowerCut(); // at once: what Recover has given must be on stable storage by now
        Assert.True(recovery.PageCacheKept);
        Assert.False(recovery.CleanStop);
        Assert.Equal([1, 2], read.Select(Mails.NumberOf));
        Assert.NotEqual(piece.Segment, ((AcceptedRecord)read[1]).Pieces[0].Segment);
        read.Clear();
        await using var third = Opened.At(cut, out recovery, read);
        Assert.False(recovery.PageCacheKept);
        Assert.Equal([1, 2], read.Select(Mails.NumberOf));
        Assert.Equal(Mails.Body(2, 4_000), Opened.BodyOf(third, (AcceptedRecord)read[1]));
        await again.DisposeAsync();
        await journal.DisposeAsync();
        await Assert.ThrowsAsync<SpoolFailedException>(() => patient.Soon());
    }

    [Theory]
    [InlineData(DiskCall.Write)]
    [InlineData(DiskCall.Sync)]
    [InlineData(DiskCall.SyncFolder)]
    public async Task A_start_that_the_power_leaves_half_way_costs_nothing(DiskCall call)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var hasStarted = false;
            for (var nth = 1; !hasStarted; nth++)
            {
                var disk = new SimulatedDisk(new Random(seed));
                await using var journal = Begun(disk);
                for (var i = 1; i <= 3; i++)
                    await journal.AppendAsync(Mails.Mail(i, 3_000), urgent: true).Soon();
                disk = disk.PowerCut(); // what tells that the last group was synced is gone with it
                disk.FailFrom(call, nth, () => new IOException("EIO"));
                await using var started = BegunIfItCan(disk);
                hasStarted = started is not null;
                var read = new List<JournalRecord>();
                await using var again = Opened.At(disk.PowerCut(), out _, read);
                Assert.Equal([1, 2, 3], read.Select(Mails.NumberOf));
            }
        }
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    [InlineData(3, 3)]
    public async Task A_name_whose_sync_failed_is_not_lost_by_a_power_cut_that_keeps_the_next(params int[] failing)
    {
        for (var seed = 0; seed < 40; seed++) // each name that was not synced is kept or lost
        {
            var disk = new SimulatedDisk(new Random(seed));
            await using var journal = Begun(disk);
            await journal.AppendAsync(Mails.Mail(1, 500), urgent: true).Soon();
            foreach (var nth in failing)
            {
                disk = disk.Kill();
                disk.FailFrom(DiskCall.SyncFolder, nth, () => new IOException("EIO"));
                await using var started = BegunIfItCan(disk);
            }

            disk = disk.PowerCut();
            var read = new List<JournalRecord>();
            await using (Opened.At(disk, out var recovery, read))
                Assert.Empty(recovery.Damage);
            Assert.Equal([1], read.Select(Mails.NumberOf));
            Assert.Empty(JournalCheck.Verify(disk).Breaks);
        }
    }

    [Fact]
    public async Task The_patient_wait_for_the_clock_and_ride_along_with_the_urgent()
    {
        var disk = new SimulatedDisk(new Random(5));
        var time = new FakeTimeProvider(Mails.Noon);
        await using var journal = OpenJournal.Open(disk, Opened.Small with { ZeroAhead = 0 }, time, new RealThreads());
        journal.Recover(null, (_, _) => { });
        var patient = journal.AppendAsync(Mails.Mail(1, 100), urgent: false);
        await journal.AppendBodyPieceAsync(new byte[1]).Soon();
        Assert.False(patient.IsCompleted);
        await journal.AppendAsync(Mails.Mail(2, 100), urgent: true).Soon();
        await patient.Soon();
        var alone = journal.AppendAsync(Mails.Mail(3, 100), urgent: false);
        await journal.AppendBodyPieceAsync(new byte[1]).Soon();
        while (!alone.IsCompleted)
        {
            time.Advance(Opened.Small.Patience);
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Marks_outlive_the_process_and_not_the_power()
    {
        var disk = new SimulatedDisk(new Random(5));
        await using var journal = Opened.New(disk);
        journal.Marks.Bytes[7] = 42;
        await journal.AppendAsync(Mails.Mail(1, 100), urgent: true).Soon();
        var killed = disk.Kill();
        await using var again = Opened.At(killed, out var recovery, []);
        Assert.True(recovery.PageCacheKept);
        Assert.Equal(42, again.Marks.Bytes[7]);
        await using var third = Opened.At(killed.PowerCut(), out recovery, []);
        Assert.False(recovery.PageCacheKept);
        Assert.Equal(0xFF, third.Marks.Bytes[7]); // it could be any
    }

    // Without zeros ahead, whose sync would make durable what the start itself forgot.
    private static OpenJournal Begun(SimulatedDisk disk)
    {
        var journal = OpenJournal.Open(
            disk, Opened.Small with { ZeroAhead = 0 }, TimeProvider.System, new RealThreads());
        journal.Recover(null, (_, _) => { });
        return journal;
    }

    private static OpenJournal? BegunIfItCan(SimulatedDisk disk)
    {
        try
        {
            return Begun(disk);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>One seed: some lives of a journal, each ended by a misfortune, each checked by the next.</summary>
    private sealed class Misfortune(int seed)
    {
        private readonly Random _dice = new(seed);
        private readonly Dictionary<int, byte[]> _bodies = [];
        private readonly List<int> _acknowledged = [];
        private readonly HashSet<int> _paired = [];
        private int _next = 1;

        public bool SyncsLie { get; init; }

        public async Task LiveAsync()
        {
            var disk = new SimulatedDisk(_dice) { SyncsLie = SyncsLie };
            for (var life = 0; life < 4; life++)
            {
                var journal = Opened.New(disk);
                var under = await AppendAsync(journal);
                var next = _dice.Next(3) == 0 ? disk.Kill() : disk.PowerCut();
                await journal.DisposeAsync();
                await NoteAcknowledgedAsync(under);
                disk = next;
                disk.SyncsLie = SyncsLie;
                await CheckAsync(disk);
                if (_dice.Next(4) == 0)
                    disk = disk.PowerCut();
                disk.SyncsLie = SyncsLie;
            }
        }

        private async Task<List<(int Number, bool Pair, Task Done)>> AppendAsync(OpenJournal journal)
        {
            var under = new List<(int, bool, Task)>();
            for (var left = _dice.Next(1, 25); left > 0; left--)
            {
                var number = _next++;
                var body = _bodies[number] = Mails.Body(number, _dice.Next(0, 6_000));
                var ahead = _dice.Next(4) == 0 ? body.Length / 2 : 0;
                var mail = ahead > 0
                    ? Mails.Accepted(number, body.Length,
                        await journal.AppendBodyPieceAsync(body.AsMemory(0, ahead)).Soon())
                    : Mails.Accepted(number, body.Length);
                var entry = new Entry(mail, body.AsMemory(ahead));
                var pair = _dice.Next(3) == 0;
                var urgent = _dice.Next(2) == 0;
                var done = pair
                    ? journal.AppendAsync([entry, new Entry(new RevokedRecord(new MailId(number), Mails.Noon))], urgent)
                    : journal.AppendAsync(entry, urgent);
                if (pair)
                    _paired.Add(number);
                under.Add((number, pair, done));
                if (_dice.Next(3) == 0)
                    await done.Soon();
            }

            return under;
        }

        private async Task NoteAcknowledgedAsync(List<(int Number, bool Pair, Task Done)> under)
        {
            foreach (var (number, _, done) in under)
            {
                try
                {
                    await done.Soon();
                    _acknowledged.Add(number);
                }
                catch (SpoolFailedException)
                {
                    // The process died before it could say so: it may be there or not.
                }
            }
        }

        private async Task CheckAsync(SimulatedDisk disk)
        {
            var read = new List<JournalRecord>();
            await using (var journal = Opened.At(disk, out var recovery, read))
            {
                Assert.Empty(recovery.Damage);
                var mails = read.OfType<AcceptedRecord>().Select(Mails.NumberOf).ToList();
                Assert.Equal(mails.Order().Distinct(), mails);
                Assert.Empty(_acknowledged.Except(mails));
                Assert.Equal(mails.Where(_paired.Contains), read.OfType<RevokedRecord>().Select(Mails.NumberOf));
                foreach (var mail in read.OfType<AcceptedRecord>())
                    Assert.Equal(_bodies[Mails.NumberOf(mail)], Opened.BodyOf(journal, mail));
                // What came back once has been promised by that.
                _acknowledged.AddRange(mails.Except(_acknowledged));
            }

            Assert.Empty(JournalCheck.Verify(disk).Breaks);
        }
    }
}
