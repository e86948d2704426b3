using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Tests.Relay.Spool.Journal;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>A record that says more octets than its pieces have: nothing else of this process's memory goes out for
/// those that are missing.</summary>
public sealed class ShortBodyTests
{
    [Fact]
    public async Task A_body_shorter_than_its_record_says_is_told_and_not_filled_up()
    {
        await using var world = new SimulatedWorld(seed: 3);
        var journal = MailJournal.Open(world.Disk, new JournalSettings { SegmentSize = world.Settings.SegmentSize },
            TimeProvider.System, new RealThreads());
        journal.Recover(null, (_, _) => { });
        var record = Journal.Mails.Accepted(1, size: 9_000);
        await journal.AppendAsync(new Entry(record, Journal.Mails.Body(1, 500)), urgent: true).Soon();
        await journal.DisposeAsync();

        var spool = await world.OpenAsync();
        var content = (await spool.LeaseOneAsync("example")).Content;

        Assert.Empty(content.InMemory);
        Assert.Equal(record.Trace.Length + 9_000, content.Length); // whoever reads so far misses something
        var into = new byte[9_000];
        var sent = await content.ReadAsync(record.Trace.Length, into, TestContext.Current.CancellationToken);
        Assert.Equal(Journal.Mails.Body(1, 500), into[..sent]);
        await Assert.ThrowsAsync<DamagedBodyException>(async () =>
            await content.ReadAsync(record.Trace.Length + sent, into, TestContext.Current.CancellationToken));
    }
}
