using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>What people and settlements may ask of every spool.</summary>
public abstract class SpoolDirectiveCompliance
{
    protected abstract SpoolWorld NewWorld();

    [Fact]
    public async Task What_is_held_waits_for_its_release_and_nobody_leases_it()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var id = (await spool.HandOverAsync("bob@a.test")).Receipt!.Id;
        Assert.Equal(1, await DirectAsync(spool, Happening.Held, id));
        await spool.AssertNothingDueAsync("a");
        world.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, await DirectAsync(spool, Happening.Released, id));
        var lease = await spool.LeaseOneAsync("a");
        Assert.Equal(id, lease.Id);
        Assert.InRange(lease.Age, TimeSpan.Zero, TimeSpan.FromMinutes(1)); // held time does not count (promise 4)
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        var held = Assert.Single(spool.Index.Show(id)!.Trail, e => e.Kind == EventKind.Held);
        Assert.Equal(("alice", "why not"), (held.Who, held.Text));
    }

    [Fact]
    public async Task What_is_cancelled_is_never_sent_and_says_who_did_it()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var id = (await spool.HandOverAsync("bob@a.test")).Receipt!.Id;
        Assert.Equal(1, await DirectAsync(spool, Happening.Cancelled, id));
        await spool.AssertNothingDueAsync("a");
        Assert.Equal(State.Cancelled, Assert.Single(await spool.RowsAsync()).State);
        Assert.Equal(0, await DirectAsync(spool, Happening.Released, id));
    }

    [Fact]
    public async Task What_is_being_tried_is_left_alone()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var id = (await spool.HandOverAsync("bob@a.test")).Receipt!.Id;
        _ = await spool.LeaseOneAsync("a");
        Assert.Equal(0, await DirectAsync(spool, Happening.Cancelled, id));
    }

    [Fact]
    public async Task Who_is_hurried_is_due_at_once()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var id = (await spool.HandOverAsync("bob@a.test")).Receipt!.Id;
        await spool.SettleAsync(new Settlement(await spool.LeaseOneAsync("a"), [new Verdict(0, Happening.Deferred)
        {
            Failure = new Failure(Fault.Recipient, new EnhancedStatus(4, 2, 2), "452 4.2.2 full", null),
            NextDue = world.Time.GetUtcNow().AddHours(1),
        }], null, []));
        Assert.Equal(1, await DirectAsync(spool, Happening.Hurried, id));
        Assert.Equal(id, (await spool.LeaseOneAsync("a")).Id);
    }

    [Fact]
    public async Task A_report_is_accepted_in_the_commit_that_settles()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        var lease = await spool.LeaseOneAsync("a");
        using var body = spool.OpenBody();
        "Subject: report\r\n\r\n"u8.CopyTo(body.GetSpan(64));
        body.Advance(19);
        var report = Mails.Draft(body, "jira@b.test", from: "");
        await spool.SettleAsync(new Settlement(lease, [new Verdict(0, Happening.Refused)
        {
            Failure = new Failure(Fault.Recipient, new EnhancedStatus(5, 1, 1), "550 5.1.1 no such user", "mx.test"),
        }], null, [report]));
        var sent = await spool.LeaseOneAsync("b");
        Assert.True(sent.Envelope.From.IsNull);
        Assert.EndsWith("Subject: report\r\n\r\n", await sent.Content.TextAsync());
        Assert.Equal([State.Trying, State.Failed], (await spool.RowsAsync()).Select(r => r.State));
    }

    [Fact]
    public async Task New_routes_sort_waiting_mail_anew()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        await spool.HandOverAsync("bob@a.test");
        await spool.RouteByAsync((_, _, _) => "elsewhere", TestContext.Current.CancellationToken);
        await spool.AssertNothingDueAsync("a");
        Assert.Equal("bob@a.test", (await spool.LeaseOneAsync("elsewhere")).Recipients[0].Recipient.Path.Address);
    }

    [Fact]
    public async Task A_mail_for_five_hundred_is_settled_as_one()
    {
        await using var world = NewWorld();
        var spool = await world.OpenAsync();
        var to = string.Join(' ', Enumerable.Range(0, 500).Select(i => $"u{i}@a.test"));
        var id = (await spool.HandOverAsync(to)).Receipt!.Id;
        var lease = await spool.LeaseOneAsync("a");
        await spool.SettleAsync(new Settlement(
            lease, [.. lease.Recipients.Select(r => new Verdict(r.Index, Happening.Accepted) { Reply = "250 ok" })],
                null, []));
        await spool.Index.CaughtUpAsync(TestContext.Current.CancellationToken);
        Assert.All(spool.Index.Show(id)!.Recipients, r => Assert.Equal(State.Delivered, r.State));
    }

    private static async Task<int> DirectAsync(ISpool spool, Happening what, MailId id) =>
        await spool.DirectAsync(
            new Directive(what, [new Target(id, 0)], "alice", "why not"), TestContext.Current.CancellationToken);
}
