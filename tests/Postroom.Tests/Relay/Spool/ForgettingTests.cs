using System.Text.Json;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Embedded;
using Postroom.Relay.Spool.Embedded.Retention;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Forget;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>What is forgotten is nowhere any more, the rest is as it was, and the chain is whole.</summary>
public sealed class ForgettingTests : IAsyncDisposable
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly RealWorld _world = new();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Nothing_that_is_kept_names_a_person_who_was_erased()
    {
        var spool = await _world.OpenAsync();
        var other = await DeliverAsync(spool, "bob@a.test");
        var hers = await DeliverAsync(spool, "Mallory.Unusual@a.test");
        await spool.NoteAsync(new TrailEvent(_world.Time.GetUtcNow(), EventKind.SuppressionChanged, null, null)
        {
            Text = "added mallory.unusual@a.test: 5 failures in a row",
        });
        Assert.NotEmpty(_world.FilesWith("mallory.unusual"));
        var erasure = await EraseAsync(spool, "mallory.unusual@a.test");
        Assert.True(erasure is { IsDone: true, IsComplete: true, Mails: 1, Places: 0, Events: 1 }, erasure.ToString());
        Assert.Null(spool.Index.Show(hers));
        Assert.Empty(spool.Index.Find(Parsed("to:mallory.unusual@a.test"), null, 10).Rows);
        Assert.NotNull(spool.Index.Show(other));
        await _world.StopAsync(spool);
        Assert.Empty(_world.FilesWith("mallory.unusual"));
        var report = _world.Verify();
        Assert.Empty(report.Breaks);
        Assert.True(report.Forgotten > 0);
    }

    [Fact]
    public async Task Of_several_recipients_one_is_erased_and_what_became_of_the_others_stays()
    {
        var spool = await _world.OpenAsync();
        var id = await DeliverAsync(spool, "bob@a.test mallory.unusual@a.test");
        var erasure = await EraseAsync(spool, "mallory.unusual@a.test");
        Assert.True(erasure is { Mails: 0, Places: 1, IsComplete: true }, erasure.ToString());
        var mail = spool.Index.Show(id)!;
        Assert.Equal(["bob@a.test", "erased@erased.invalid"], mail.Recipients.Select(r => r.To));
        Assert.Equal(["250 2.0.0 Ok", null], mail.Recipients.Select(r => r.Last));
        Assert.All(mail.Recipients, r => Assert.Equal(State.Delivered, r.State));
        Assert.Single(spool.Index.Find(Parsed("to:bob@a.test"), null, 10).Rows);
        await _world.StopAsync(spool);
        Assert.Empty(_world.FilesWith("mallory.unusual"));
        Assert.Empty(_world.Verify().Breaks);
    }

    [Fact]
    public async Task Mail_from_her_and_reports_about_it_go_too_and_mail_that_only_looks_like_hers_stays()
    {
        var spool = await _world.OpenAsync();
        using var body = spool.OpenBody();
        var sent = (await spool.AcceptAsync(Mails.Draft(body, "bob@a.test", from: "mallory@a.test"), Cancel)).Receipt!;
        var lease = await spool.LeaseOneAsync("a");
        using var report = spool.OpenBody();
        await spool.SettleAsync(new Settlement(lease,
            [new Verdict(0, Happening.Refused) { Failure = Mails.Greylisted }], null,
            [Mails.Draft(report, "mallory@a.test", from: "")]));
        await SettleAsync(spool);
        var like = await DeliverAsync(spool, "not.mallory@a.test");
        var erasure = await EraseAsync(spool, "mallory@a.test");
        Assert.True(erasure is { Mails: 2, IsComplete: true }, erasure.ToString());
        Assert.Null(spool.Index.Show(sent.Id));
        Assert.Equal([like], (await spool.RowsAsync()).Select(row => row.Mail));
    }

    [Fact]
    public async Task While_mail_of_hers_is_open_nothing_is_erased()
    {
        var spool = await _world.OpenAsync();
        await DeliverAsync(spool, "mallory@a.test");
        var open = (await spool.HandOverAsync("mallory@b.test mallory@a.test")).Receipt!.Id;
        var erasure = await EraseAsync(spool, "mallory@a.test");
        Assert.Equal([open], erasure.Open);
        Assert.False(erasure.IsDone);
        Assert.Equal(3, (await spool.RowsAsync()).Count);
    }

    [Fact]
    public async Task A_look_changes_nothing_and_who_is_not_known_leaves_no_trace()
    {
        var spool = await _world.OpenAsync();
        await DeliverAsync(spool, "mallory@a.test");
        Assert.Equal(1, (await spool.Forgetter.EraseAsync("mallory@a.test", false, Proof, Cancel)).Mails);
        Assert.True((await EraseAsync(spool, "nobody@a.test")).IsNothing);
        Assert.Single(await spool.RowsAsync());
        Assert.DoesNotContain(spool.Index.RelayEvents(100), e => e.Kind == EventKind.Erased);
    }

    [Fact]
    public async Task An_index_built_anew_from_what_is_left_gives_the_same_answers()
    {
        var spool = await _world.OpenAsync();
        for (var i = 0; i < 5; i++)
        {
            await DeliverAsync(spool, "bob@a.test");
            await DeliverAsync(spool, "bob@a.test mallory@a.test");
            await DeliverAsync(spool, "mallory@a.test");
        }

        await EraseAsync(spool, "mallory@a.test");
        await DeliverAsync(spool, "mallory@a.test"); // a person may be written to again
        var before = await AnswersAsync(spool);
        await _world.StopAsync(spool);
        _world.LoseIndex();
        spool = await _world.OpenAsync();
        Assert.Equal(before, (await AnswersAsync(spool)).Take(before.Count));
    }

    [Fact]
    public async Task What_a_rule_keeps_for_a_month_is_gone_from_index_and_journal_after_it_and_other_mail_is_not()
    {
        _world.Retention =
        [
            new RetentionRule(Parsed("source:198.51.100.1")) { Metadata = TimeSpan.FromDays(30) },
            new RetentionRule(Filter.All) { Events = TimeSpan.FromDays(30) },
        ];
        var spool = await _world.OpenAsync();
        var gone = await DeliverAsync(spool, "short.lived@a.test", "198.51.100.1");
        var kept = await DeliverAsync(spool, "mallory.unusual@a.test", "198.51.100.2");
        _world.Time.Advance(TimeSpan.FromDays(2));
        await spool.Forgetter.PassAsync(Cancel);
        Assert.NotNull(spool.Index.Show(gone));
        _world.Time.Advance(TimeSpan.FromDays(30));
        var late = await DeliverAsync(spool, "late@a.test", "198.51.100.1");
        await spool.Forgetter.PassAsync(Cancel);
        Assert.Null(spool.Index.Show(gone));
        Assert.NotNull(spool.Index.Show(late));
        var mail = spool.Index.Show(kept)!;
        Assert.Equal([EventKind.Accepted, EventKind.Trying, EventKind.Deferred, EventKind.Trying, EventKind.Delivered],
            mail.Trail.Select(e => e.Kind));
        Assert.All(mail.Trail, e => Assert.Null(e.Attempt));
        Assert.Equal("250 2.0.0 Ok", mail.Trail[^1].Reply);
        var before = await AnswersAsync(spool);
        await _world.StopAsync(spool);
        Assert.Empty(_world.FilesWith("short.lived"));
        Assert.DoesNotContain(_world.FilesWith("192.0.2.1:25"),
            file => file.Contains("00001.", StringComparison.Ordinal));
        Assert.NotEmpty(_world.FilesWith("mallory.unusual"));
        Assert.Empty(_world.Verify().Breaks);
        _world.LoseIndex();
        Assert.Equal(before, (await AnswersAsync(await _world.OpenAsync())).Take(before.Count));
    }

    [Fact]
    public async Task Mail_that_waits_is_never_forgotten_and_is_when_it_has_ended()
    {
        _world.Retention = [new RetentionRule(Filter.All) { Metadata = TimeSpan.FromDays(30) }];
        var spool = await _world.OpenAsync();
        var waits = (await spool.HandOverAsync("bob@a.test")).Receipt!.Id;
        _world.Time.Advance(TimeSpan.FromDays(40));
        await DeliverAsync(spool, "carol@b.test", lane: "b");
        _world.Time.Advance(TimeSpan.FromDays(40));
        await spool.Forgetter.PassAsync(Cancel);
        Assert.Equal(waits, Assert.Single(await spool.RowsAsync()).Mail);
        await SettleAsync(spool);
        await spool.Index.CaughtUpAsync(Cancel);
        await spool.Forgetter.PassAsync(Cancel);
        Assert.Empty(await spool.RowsAsync());
    }

    [Fact]
    public async Task What_happens_to_a_mail_after_its_events_were_forgotten_is_kept()
    {
        _world.Retention = [new RetentionRule(Filter.All) { Events = TimeSpan.FromDays(30) }];
        var spool = await _world.OpenAsync();
        var id = (await spool.HandOverAsync("bob@a.test")).Receipt!.Id;
        await spool.SettleAsync(new Settlement(await spool.LeaseOneAsync("a"),
            [new Verdict(0, Happening.Captured) { Text = "mode = capture" }], null, []));
        _world.Time.Advance(TimeSpan.FromDays(31));
        await spool.Forgetter.PassAsync(Cancel);
        Assert.Null(spool.Index.Show(id)!.Trail[^1].Text);
        await spool.DirectAsync(new Directive(Happening.Released, [new Target(id, 0)], "anna", "wanted"), Cancel);
        await spool.SettleAsync(new Settlement(await spool.LeaseOneAsync("a"),
            [new Verdict(0, Happening.Accepted) { Reply = "250 2.0.0 Ok" }], AttemptAt("bob@a.test"), []));
        await DeliverAsync(spool, "mallory@a.test");
        await EraseAsync(spool, "mallory@a.test"); // which goes through all of the journal
        var trail = spool.Index.Show(id)!.Trail;
        Assert.Equal("anna", Assert.Single(trail, e => e.Kind == EventKind.Released).Who);
        Assert.NotNull(trail[^1].Attempt);
        var before = await AnswersAsync(spool);
        await _world.StopAsync(spool);
        _world.LoseIndex();
        Assert.Equal(before, (await AnswersAsync(await _world.OpenAsync())).Take(before.Count));
    }

    [Fact]
    public async Task Segments_of_which_all_is_forgotten_go_and_only_the_chain_may_say_so()
    {
        _world.Retention = [new RetentionRule(Filter.All) { Metadata = TimeSpan.FromDays(30) }];
        var spool = await _world.OpenAsync();
        for (var day = 0; day < 50; day++)
        {
            await DeliverAsync(spool, "bob@a.test");
            _world.Time.Advance(TimeSpan.FromDays(1));
            await spool.CompactAsync();
            await spool.Forgetter.PassAsync(Cancel);
        }

        var kept = (await spool.RowsAsync()).Count;
        Assert.InRange(kept, 29, 31);
        await _world.StopAsync(spool);
        var records = Directory.GetFiles(_world.PathOf("records"), "*.rec").Order(StringComparer.Ordinal).ToList();
        Assert.InRange(records.Count, 25, 36);
        var report = _world.Verify();
        Assert.Empty(report.Breaks);
        Assert.True(report.FirstSegment > 10);
        File.Delete(records[0]);
        Assert.Contains("nothing in the chain says that it was to go", Assert.Single(_world.Verify().Breaks).What,
            StringComparison.Ordinal);
        _world.LoseIndex();
        spool = await _world.OpenAsync();
        Assert.InRange((await spool.RowsAsync()).Count, kept - 2, kept);
    }

    [Fact]
    public async Task Bodies_are_kept_as_long_as_the_first_rule_says_that_has_the_mail()
    {
        _world.Retention =
        [
            new RetentionRule(Parsed("source:198.51.100.1")) { Bodies = TimeSpan.FromDays(7) },
            new RetentionRule(Parsed("source:198.51.100.2")) { Bodies = TimeSpan.Zero },
        ];
        var spool = await _world.OpenAsync();
        var kept = await DeliverAsync(spool, "bob@a.test", "198.51.100.1");
        var captured = (await spool.HandOverAsync("bob@a.test", Body, "198.51.100.2")).Receipt!.Id;
        await spool.SettleAsync(new Settlement(await spool.LeaseOneAsync("a"),
            [new Verdict(0, Happening.Captured)], null, []));
        await DeliverAsync(spool, "bob@a.test");
        for (var day = 0; day < 4; day++)
        {
            _world.Time.Advance(TimeSpan.FromDays(1));
            await spool.Forgetter.PassAsync(Cancel);
        }

        Assert.Contains("octets that can be found", await spool.Index.Content(kept)!.TextAsync(),
            StringComparison.Ordinal);
        var content = spool.Index.Content(captured);
        if (content is not null)
            await Assert.ThrowsAsync<DamagedBodyException>(content.TextAsync);
        for (var day = 0; day < 6; day++)
        {
            _world.Time.Advance(TimeSpan.FromDays(1));
            await spool.Forgetter.PassAsync(Cancel);
        }

        await _world.StopAsync(spool);
        Assert.Empty(_world.FilesWith("octets that can be found"));
        Assert.Empty(_world.Verify().Breaks);
    }

    [Fact]
    public async Task No_id_is_used_twice_although_the_newest_mail_was_erased_and_the_clock_set_back()
    {
        var spool = await _world.OpenAsync();
        var first = await DeliverAsync(spool, "mallory@a.test");
        await EraseAsync(spool, "mallory@a.test");
        await _world.StopAsync(spool);
        _world.Time.JumpWallClock(TimeSpan.FromDays(-1));
        spool = await _world.OpenAsync();
        Assert.True((await spool.HandOverAsync("bob@a.test")).Receipt!.Id > first);
    }

    [Fact]
    public async Task Who_takes_a_record_out_by_himself_is_found()
    {
        var spool = await _world.OpenAsync();
        await DeliverAsync(spool, "mallory@a.test");
        var last = await DeliverAsync(spool, "bob@a.test");
        await spool.Index.CaughtUpAsync(Cancel);
        await EraseAsync(spool, "mallory@a.test");
        await _world.StopAsync(spool);
        Assert.Empty(_world.Verify().Breaks);
        var disk = new RealDisk(_world.PathOf("."));
        Assert.NotNull(SegmentReduction.Draft(disk, 1, new ForgottenMails(
            new Dictionary<MailId, Forgotten> { [last] = new(Forgetting.Mail, []) }, new HashSet<EventName>())));
        SegmentReduction.Commit(disk, 1);
        Assert.Contains("nothing in the chain says that they were to go",
            Assert.Single(_world.Verify().Breaks).What, StringComparison.Ordinal);
    }

    private const string Body = "Subject: x\r\n\r\noctets that can be found\r\n";

    private static (string, string?, string) Proof => ("anna", "DSR-7", "1 mail of h:1234");

    private static Task<Erasure> EraseAsync(EmbeddedSpool spool, string address) =>
        spool.Forgetter.EraseAsync(address, really: true, Proof, Cancel);

    private static Filter Parsed(string text)
    {
        Assert.True(FilterParser.TryParse(text, DateTimeOffset.UtcNow, out var filter, out var error), error);
        return filter;
    }

    // Deferred once, with a transcript, then delivered.
    private static async Task<MailId> DeliverAsync(
        EmbeddedSpool spool, string to, string source = "127.0.0.1", string lane = "a")
    {
        var id = (await spool.HandOverAsync(to, Body, source)).Receipt!.Id;
        var lease = await spool.LeaseOneAsync(lane);
        await spool.SettleAsync(new Settlement(lease, [.. lease.Recipients.Select(r =>
            new Verdict(r.Index, Happening.Deferred) { Failure = Mails.Greylisted })], AttemptAt(to), [])
        {
            Events = [new TrailEvent(lease.AcceptedAt, EventKind.ReportKept, id, null) { Text = "no way back" }],
        });
        await SettleAsync(spool, lane);
        return id;
    }

    private static AttemptFacts AttemptAt(string to) => new("192.0.2.1:25", "mx.test", "TLS 1.3", false,
        [new Step("connect", 3)], $"> RCPT TO:<{to}>\n< 450 4.2.1 later");

    private static async Task SettleAsync(EmbeddedSpool spool, string lane = "a")
    {
        var lease = await spool.LeaseOneAsync(lane);
        await spool.SettleAsync(new Settlement(lease, [.. lease.Recipients.Select(r =>
            new Verdict(r.Index, Happening.Accepted) { Reply = "250 2.0.0 Ok" })], null, []));
    }

    private static async Task<List<string>> AnswersAsync(EmbeddedSpool spool)
    {
        await spool.Index.CaughtUpAsync(Cancel);
        List<string> answers =
        [
            .. spool.Index.FindAll(Filter.All, 1_000).SelectMany(page => page)
                .Select(row => JsonSerializer.Serialize(spool.Index.Show(row.Mail))),
            .. spool.Gauges.Counts().Order().Select(count => count.ToString()),
            .. spool.Index.RelayEvents(1_000).Select(e => JsonSerializer.Serialize(e)),
        ];
        return answers;
    }
}
