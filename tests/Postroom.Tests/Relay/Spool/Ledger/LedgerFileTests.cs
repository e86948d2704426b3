using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Xunit;
using static Postroom.Tests.Relay.Spool.Ledger.Story;

namespace Postroom.Tests.Relay.Spool.Ledger;

public sealed class LedgerFileTests : IDisposable
{
    private readonly Story _story = new();

    public void Dispose() => _story.Dispose();

    [Fact]
    public void Every_connection_is_in_wal_mode_and_loses_no_more_than_its_newest_transactions()
    {
        using var writer = Database.OpenToWrite(_story.File);
        using var reader = Database.OpenToRead(_story.File);
        foreach (var connection in new[] { writer, reader })
        {
            Assert.Equal(1, connection.Number("PRAGMA synchronous")); // NORMAL
            using var mode = connection.Prepare("PRAGMA journal_mode");
            Assert.True(mode.Step());
            Assert.Equal("wal", mode.Text(0));
            Assert.InRange(-connection.Number("PRAGMA cache_size"), 1, 8_192);
        }

        Assert.Throws<IOException>(() => reader.Execute("DELETE FROM mail"));
    }

    [Fact]
    public void What_is_told_again_is_passed_over()
    {
        var mail = _story.Mail(At(0), "a@x");
        _story.Tell(mail, Leased(At(1), mail.Id, 0));
        _story.Reopen();
        _story.Tell(Settled(At(2), mail.Id, new Verdict(0, Happening.Accepted)));
        _story.Ledger.Apply(_story.Journal, _story.LaneOf);
        Assert.Equal(_story.Journal[^1].At, _story.Ledger.IndexedTo);
        Assert.Equal(3, _story.Show(mail.Id).Trail.Count);
        Assert.Empty(_story.Ledger.Anomalies(10));
    }

    [Fact]
    public void A_ledger_that_lost_its_newest_transactions_takes_them_again()
    {
        var mail = _story.Mail(At(0), "a@x");
        _story.Tell(mail, Leased(At(1), mail.Id, 0));
        _story.Ledger.Checkpoint();
        var older = File.ReadAllBytes(_story.File); // what a power cut leaves: the file, without the log
        _story.Tell(Settled(At(2), mail.Id, new Verdict(0, Happening.Accepted)), _story.Mail(At(3), "b@x"));

        using var after = new Story();
        after.Ledger.Dispose();
        File.WriteAllBytes(after.File, older);
        after.Reopen();
        Assert.Equal(_story.Journal[1].At, after.Ledger.IndexedTo);
        after.Ledger.Apply(_story.Journal, _story.LaneOf);
        Assert.Equal(State.Delivered, after.StateOf(mail.Id));
        Assert.Equal(_story.Show(mail.Id).Trail, after.Show(mail.Id).Trail);
        Assert.Equal(_story.Ledger.Lanes(), after.Ledger.Lanes());
        Assert.Empty(after.Ledger.Anomalies(10));
    }

    [Fact]
    public void A_batch_that_breaks_off_leaves_nothing_behind()
    {
        var mail = _story.Mail(At(0), "a@x", "b@x");
        _story.Write(mail);
        Assert.Throws<InvalidOperationException>(() => _story.Ledger.Apply(_story.Journal, (_, to, _) =>
            to.Address == "a@x" ? "upstream" : throw new InvalidOperationException("a bug in the routes")));
        Assert.Null(_story.Ledger.IndexedTo);
        _story.Tell();
        Assert.Equal([new LaneUse("upstream", 2)], _story.Ledger.Lanes());
    }

    [Fact]
    public void A_file_that_is_no_database_says_so()
    {
        var file = _story.File + ".broken";
        File.WriteAllBytes(file, [.. Enumerable.Repeat((byte)7, 8_192)]);
        Assert.Throws<LedgerCorruptException>(() => MailLedger.Open(file));
        Assert.Throws<LedgerCorruptException>(() => MailLedger.OpenReadOnly(file));
    }

    [Fact]
    public void A_newer_file_is_refused_with_advice()
    {
        _story.Ledger.Dispose();
        using (var database = Database.OpenToWrite(_story.File))
            database.Execute("PRAGMA user_version=99");
        var refused = Assert.Throws<SpoolUnusableException>(() => MailLedger.Open(_story.File));
        Assert.Contains("Run the newer Postroom", refused.Message, StringComparison.Ordinal);
        Assert.Throws<SpoolUnusableException>(() => MailLedger.OpenReadOnly(_story.File));
    }

    private static readonly string[][] Undo =
    [
        ["DROP INDEX mail_application", "DROP INDEX mail_item", "ALTER TABLE mail DROP COLUMN application",
            "ALTER TABLE mail DROP COLUMN item", "DROP TABLE application", "PRAGMA user_version=1"],
        ["DROP TABLE words", "DROP TABLE said", "DROP TABLE address",
            "ALTER TABLE mail ADD COLUMN message_hash INTEGER",
            "CREATE INDEX recipient_address ON recipient(address, mail, n)",
            "CREATE INDEX mail_message_hash ON mail(message_hash)",
            "CREATE INDEX mail_application ON mail(application)", "CREATE INDEX mail_item ON mail(item)",
            "PRAGMA user_version=2"],
        ["DROP TABLE forgetting", "DROP TABLE forgotten", "DROP TABLE forgotten_event", "DROP TABLE gone_through",
            "PRAGMA user_version=3"],
        ["DROP TABLE inbox", "DROP TABLE box", "DROP TABLE seen", "DROP TABLE tag", "DROP TRIGGER inbox_forget",
            "DROP TRIGGER inbox_erase", "DROP TRIGGER mark_forget", "PRAGMA user_version=4"],
        ["ALTER TABLE mail DROP COLUMN route", "ALTER TABLE mail DROP COLUMN replay_of", "PRAGMA user_version=5"],
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_file_of_an_older_program_is_brought_up_to_date(int version)
    {
        var old = _story.Mail(At(0), "a@x");
        old = old with { Header = old.Header with { Fingerprint = new Fingerprint(7) } };
        _story.Tell(old, Leased(At(1), old.Id, 0),
            Settled(At(1), old.Id, new Verdict(0, Happening.Accepted) { Reply = "250 2.0.0 queued as XYZ" }));
        var caught = _story.Mail(At(1), "c+run@x");
        _story.Tell(caught, Leased(At(1), caught.Id, 0),
            Settled(At(1), caught.Id, new Verdict(0, Happening.Captured)));
        _story.Tell(new NotedRecord(
            new TrailEvent(At(1), EventKind.DuplicateOf, old.Id, null) { Text = "of another" }));
        _story.Ledger.Dispose();
        using (var database = Database.OpenToWrite(_story.File))
            foreach (var step in Undo.Skip(version - 1).Reverse().SelectMany(steps => steps))
                database.Execute(step);
        var refused = Assert.Throws<SpoolUnusableException>(() => MailLedger.OpenReadOnly(_story.File));
        Assert.Contains("Start the service once", refused.Message, StringComparison.Ordinal);

        _story.Reopen();
        var fresh = _story.Mail(At(1), "a@x");
        _story.Tell(fresh with
        {
            Header = fresh.Header with { App = new AppFacts("jira") { Item = "PROJ-1" } },
        });
        Assert.Equal([fresh.Id, old.Id], _story.Find("to:a@x").Select(row => row.Mail));
        Assert.Equal([old.Id], _story.Find("subject:failed reply:XYZ").Select(row => row.Mail));
        Assert.Equal([fresh.Id], _story.Find("issue:PROJ-1").Select(row => row.Mail));
        Assert.Equal([old.Id], _story.Find("is:duplicate").Select(row => row.Mail));
        Assert.Null(_story.Show(old.Id).Header.App);
        Assert.Equal([caught.Id], _story.Find("box:run").Select(row => row.Mail));
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        var box = Assert.Single(reader.Boxes().Boxes);
        Assert.Equal(("run", 1L, 1L, caught.Id), (box.Name, box.Total, box.Unread, box.Newest));
        if (version == 5)
            return; // it had its mark

        // Before any mark: it is in no list of what is new, and in each of what was there.
        Assert.Empty(reader.Find(new Filter([Term.CameAfter(0)]), null, 9).Rows);
        Assert.Single(reader.Find(new Filter([Term.CameAfter(-1), Term.CameBy(0)]), null, 9).Rows);
    }

    [Fact]
    public void What_the_mails_of_an_application_share_stands_once_also_after_a_batch_that_broke_off()
    {
        AcceptedRecord Mail(string to, string project) => _story.Mail(At(0), to) is var mail
            ? mail with { Header = mail.Header with { App = new AppFacts("jira") { Project = project, Item = to } } }
            : mail;
        _story.Write(Mail("a@x", "A"));
        _story.Write(Mail("b@x", "B"));
        Assert.Throws<IOException>(() => _story.Ledger.Apply(_story.Journal, (_, _, _) => null!)); // a row is refused
        _story.Tell(Mail("c@x", "A"), Mail("d@x", "B"));
        _story.Reopen();
        _story.Tell(Mail("e@x", "A"));
        using var database = Database.OpenToRead(_story.File);
        Assert.Equal(2, database.Number("SELECT count(*) FROM application"));
        Assert.Equal(["e@x", "c@x", "a@x"], _story.Find("project:A").Select(row => row.To));
        Assert.Equal(new AppFacts("jira") { Project = "B", Item = "d@x" },
            _story.Show(_story.Find("project:B")[0].Mail).Header.App);
    }

    [Fact]
    public void Without_the_service_it_can_be_read_and_without_a_file_that_is_told()
    {
        var mail = _story.Mail(At(0), "a@x");
        _story.Tell(mail);
        _story.Ledger.Dispose();
        using (var reader = MailLedger.OpenReadOnly(_story.File))
            Assert.Equal(mail.Id, reader.Show(mail.Id)!.Id);
        Assert.Throws<FileNotFoundException>(() => MailLedger.OpenReadOnly(_story.File + ".none"));
    }

    [Fact]
    public void Many_threads_read_while_one_writes()
    {
        using var reader = _story.Ledger.OpenReader(TimeProvider.System);
        var cancel = TestContext.Current.CancellationToken;
        var writing = Task.Run(() =>
        {
            for (var n = 0; n < 200; n++)
                _story.Tell(_story.Mail(At(n), "a@x"), _story.Mail(At(n), "b@x"));
        }, cancel);
        Parallel.For(0, 8, _ =>
        {
            do
                Assert.True(reader.Count(Filter.All).Total % 2 == 0, "half a batch was seen");
            while (!writing.IsCompleted);
        });
        Assert.True(writing.IsCompletedSuccessfully);
        Assert.Equal(400, reader.Count(Filter.All).ByState[State.Waiting]);
    }
}
