using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>What every spool must do. Each heir brings its own disk; a store that fails here is not a spool.</summary>
public abstract class SpoolCompliance
{
    protected abstract SpoolWorld NewWorld();

    [Fact]
    public async Task What_was_accepted_is_leased_with_the_same_envelope_and_the_same_bytes()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var accepted = await spool.HandOverAsync("bob@a.test", "Subject: x\r\n\r\n\x1.\xff\r\n");
        var lease = await spool.LeaseOneAsync("a");
        Assert.Equal(accepted.Receipt!.Id, lease.Id);
        Assert.Equal("bob@a.test", Assert.Single(lease.Recipients).Recipient.Path.Address);
        Assert.Equal($"Received: by test id {lease.Id}\r\nSubject: x\r\n\r\n\x1.\xff\r\n",
            await lease.Content.TextAsync());
    }

    [Fact]
    public async Task A_body_of_any_size_comes_back_as_it_came_even_to_the_next_life()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var bodies = new[] { 0, 1, 65_535, 65_536, 65_537, 200_000, 400_001 }
            .Select(size => string.Create(size, size, static (text, n) =>
            {
                for (var i = 0; i < text.Length; i++)
                    text[i] = (char)((i * 31 + n) % 251);
            })).ToList();
        foreach (var body in bodies)
            await spool.HandOverAsync("bob@a.test", body);
        world.Kill();
        spool = await world.OpenAsync();
        foreach (var body in bodies)
        {
            var lease = await spool.LeaseOneAsync("a");
            Assert.EndsWith("\r\n" + body, "\r\n"
                + (await lease.Content.TextAsync())[$"Received: by test id {lease.Id}\r\n".Length..]);
        }
    }

    [Fact]
    public async Task Mail_that_comes_while_somebody_waits_goes_straight_to_him()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var waiting = spool.LeaseOneAsync("a");
        var accepted = await spool.HandOverAsync("bob@a.test");
        Assert.Equal(accepted.Receipt!.Id, (await waiting).Id);
    }

    [Fact]
    public async Task What_was_delivered_never_comes_back()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        await spool.SettleAsync(
            Settled(await spool.LeaseOneAsync("a"), new Verdict(0, Happening.Accepted) { Reply = "250 ok" }));
        await spool.AssertNothingDueAsync("a");
        world.Kill();
        spool = await world.OpenAsync();
        await spool.AssertNothingDueAsync("a");
        var row = Assert.Single(await spool.RowsAsync());
        Assert.Equal((State.Delivered, "250 ok"), (row.State, row.Last));
    }

    [Fact]
    public async Task A_deferred_recipient_waits_for_its_time_and_counts_the_try()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        var due = world.Time.GetUtcNow().AddMinutes(1);
        await spool.SettleAsync(Settled(
            await spool.LeaseOneAsync("a"),
                new Verdict(0, Happening.Deferred) { Failure = Mails.Greylisted, NextDue = due }));
        await spool.AssertNothingDueAsync("a");
        world.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(1, Assert.Single((await spool.LeaseOneAsync("a")).Recipients).FailedTries);
    }

    [Fact]
    public async Task A_deferral_outlives_the_process_with_its_time_and_its_count()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        var due = world.Time.GetUtcNow().AddMinutes(1);
        await spool.SettleAsync(Settled(
            await spool.LeaseOneAsync("a"),
                new Verdict(0, Happening.Deferred) { Failure = Mails.Greylisted, NextDue = due }));
        world.Kill();
        spool = await world.OpenAsync();
        await spool.AssertNothingDueAsync("a");
        world.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(1, Assert.Single((await spool.LeaseOneAsync("a")).Recipients).FailedTries);
    }

    [Fact]
    public async Task A_returned_lease_burns_no_try()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        await spool.SettleAsync(Settled(await spool.LeaseOneAsync("a")));
        Assert.Equal(0, Assert.Single((await spool.LeaseOneAsync("a")).Recipients).FailedTries);
    }

    [Theory]
    [InlineData(true, EventKind.InDoubt)]
    [InlineData(false, EventKind.Returned)]
    public async Task After_a_kill_only_what_was_marked_is_in_doubt(bool marked, EventKind expected)
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        var lease = await spool.LeaseOneAsync("a");
        if (marked)
            lease.MarkAtWire();
        world.Kill();
        spool = await world.OpenAsync();
        Assert.Equal(lease.Id, (await spool.LeaseOneAsync("a")).Id);
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        var kinds = spool.Index.Show(lease.Id)!.Trail.Select(e => e.Kind).ToList();
        Assert.Contains(expected, kinds);
        Assert.Equal(marked, kinds.Contains(EventKind.InDoubt));
    }

    [Fact]
    public async Task After_a_power_cut_all_that_has_a_receipt_is_there_and_every_open_lease_is_in_doubt()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var ids = new List<MailId>();
        for (var i = 0; i < 20; i++)
            ids.Add((await spool.HandOverAsync("bob@a.test", $"Subject: {i}\r\n\r\n")).Receipt!.Id);
        var lease = await spool.LeaseOneAsync("a");
        Assert.SkipUnless(world.PowerCut(), "this disk cannot lose what was not synced");
        spool = await world.OpenAsync();
        var back = new List<MailId>();
        while (back.Count < ids.Count)
            back.AddRange((await spool.LeaseAsync("a", 50, TestContext.Current.CancellationToken)).Select(l => l.Id));
        Assert.Equal(ids, back.Order());
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        Assert.Contains(EventKind.InDoubt, spool.Index.Show(lease.Id)!.Trail.Select(e => e.Kind));
    }

    [Fact]
    public async Task Each_lane_gets_its_own_recipients()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("x@a.test y@b.test z@a.test");
        Assert.Equal([0, 2], (await spool.LeaseOneAsync("a")).Recipients.Select(r => r.Index));
        Assert.Equal([1], (await spool.LeaseOneAsync("b")).Recipients.Select(r => r.Index));
    }

    [Fact]
    public async Task Recipients_deferred_to_different_times_come_back_at_their_own()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("x@a.test y@a.test z@a.test");
        var now = world.Time.GetUtcNow();
        await spool.SettleAsync(Settled(
            await spool.LeaseOneAsync("a"),
            new Verdict(0, Happening.Deferred) { Failure = Mails.Greylisted, NextDue = now.AddMinutes(1) },
            new Verdict(1, Happening.Accepted) { Reply = "250 ok" },
            new Verdict(2, Happening.Deferred) { Failure = Mails.Greylisted, NextDue = now.AddMinutes(10) }));
        world.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal([0], (await spool.LeaseOneAsync("a")).Recipients.Select(r => r.Index));
        world.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal([2], (await spool.LeaseOneAsync("a")).Recipients.Select(r => r.Index));
    }

    [Fact]
    public async Task More_waits_than_memory_holds_and_each_comes_once_and_in_order()
    {
        await using var world = NewWorld();
        world.Settings = world.Settings with { Window = 8 };
        var spool = await world.OpenAsync();
        var ids = new List<MailId>();
        await spool.PauseAsync("a", Mails.Greylisted);
        for (var i = 0; i < 100; i++)
            ids.Add((await spool.HandOverAsync("bob@a.test")).Receipt!.Id);
        await spool.ResumeAsync("a");
        var back = new List<MailId>();
        while (back.Count < ids.Count)
            foreach (var lease in await spool.LeaseAsync("a", 3, TestContext.Current.CancellationToken))
            {
                back.Add(lease.Id);
                await spool.SettleAsync(Settled(lease, new Verdict(0, Happening.Accepted) { Reply = "250 ok" }));
            }

        Assert.Equal(ids, back.Order());
        // In order, but for what was under way at the same time.
        Assert.All(back.Index(), b => Assert.InRange(Math.Abs(ids.IndexOf(b.Item) - b.Index), 0, 6));
        await spool.AssertNothingDueAsync("a");
    }

    [Fact]
    public async Task Sources_take_turns_however_much_one_of_them_hands_over()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        for (var i = 0; i < 20; i++)
            await spool.HandOverAsync("bob@a.test", source: "loud");
        await spool.HandOverAsync("bob@a.test", source: "quiet");
        var first = new List<string>();
        for (var i = 0; i < 2; i++)
            first.Add((await spool.LeaseOneAsync("a")).Origin.Source);
        Assert.Contains("quiet", first);
    }

    [Fact]
    public async Task Fresh_mail_overtakes_a_backlog_and_the_backlog_still_moves()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.PauseAsync("a", Mails.Greylisted);
        for (var i = 0; i < 50; i++)
            await spool.HandOverAsync("bob@a.test", source: "old");
        await spool.ResumeAsync("a");
        for (var i = 0; i < 20; i++)
            await spool.HandOverAsync("bob@a.test", source: "new");
        var order = new List<string>();
        for (var i = 0; i < 16; i++)
            order.Add((await spool.LeaseOneAsync("a")).Origin.Source);
        Assert.Equal("new", order[0]);
        Assert.Equal(2, order.Count(s => s == "old"));
    }

    [Fact]
    public async Task A_closed_lane_keeps_its_mail_and_its_mail_does_not_age()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        await spool.PauseAsync("a", Mails.Greylisted);
        await spool.AssertNothingDueAsync("a");
        world.Time.Advance(TimeSpan.FromDays(3));
        await spool.ResumeAsync("a");
        world.Time.Advance(TimeSpan.FromHours(1));
        var age = (await spool.LeaseOneAsync("a")).Age;
        Assert.InRange(age, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
    }

    [Fact]
    public async Task A_lane_that_closes_takes_back_what_was_leased_and_not_yet_fetched()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var waiting = spool.LeaseAsync("a", 3, TestContext.Current.CancellationToken);
        await spool.HandOverAsync("fetched@a.test");
        Assert.Single(await waiting);
        await spool.HandOverAsync("ready@a.test"); // leased with its acceptance: there was room for three
        await spool.PauseAsync("a", Mails.Greylisted);
        await spool.AssertNothingDueAsync("a");
        await spool.ResumeAsync("a");
        Assert.Equal("ready@a.test", (await spool.LeaseOneAsync("a")).Recipients[0].Recipient.Path.Address);
    }

    [Fact]
    public async Task Time_in_which_the_relay_did_not_run_does_not_count_as_age()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        world.Kill();
        world.Time.Advance(TimeSpan.FromDays(3));
        spool = await world.OpenAsync();
        Assert.InRange((await spool.LeaseOneAsync("a")).Age, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    private static Settlement Settled(Lease lease, params Verdict[] verdicts) => new(lease, verdicts, null, []);
}
