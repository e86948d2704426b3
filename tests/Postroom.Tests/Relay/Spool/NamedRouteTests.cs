using System.Text;
using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;
using Postroom.Relay.Spool.Embedded;
using Xunit;

namespace Postroom.Tests.Relay.Spool;

/// <summary>Mail whose route a person named waits for that route and for no other, whatever happens to it.</summary>
public sealed class NamedRouteTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_holds_when_it_is_fresh_deferred_released_killed_and_sorted_anew(bool isPowerCut)
    {
        await using var world = new SimulatedWorld(seed: 4) { LaneOf = Routed };
        var spool = await world.OpenAsync();
        await HandOverAsync(spool);
        var lease = await spool.LeaseOneAsync("backup"); // fresh
        await spool.SettleAsync(Mails.Deferred(lease, world.Time.GetUtcNow()));
        lease = await spool.LeaseOneAsync("backup"); // still open
        await spool.SettleAsync(new Settlement(lease, [new Verdict(0, Happening.Held)], null, []));
        await spool.DirectAsync(new Directive(Happening.Released, [new Target(lease.Id, 0)], "ann", null), Cancel);
        Assert.Equal(lease.Id, (await spool.LeaseOneAsync("backup")).Id);
        if (isPowerCut)
            Assert.True(world.PowerCut());
        else
            world.Kill();

        spool = await world.OpenAsync();
        lease = await spool.LeaseOneAsync("backup"); // from the journal
        Assert.Equal("backup", lease.Origin.Replay?.Route);
        await spool.SettleAsync(Mails.Deferred(lease, world.Time.GetUtcNow()));
        await spool.RouteByAsync(static (_, _, named) => named is null ? "table" : "", Cancel); // the route is gone
        await spool.RouteByAsync(Routed, Cancel);
        Assert.Equal(lease.Id, (await spool.LeaseOneAsync("backup")).Id);
        await spool.AssertNothingDueAsync("table");
    }

    private static string Routed(ReversePath from, ForwardPath to, string? named) => named ?? "table";

    private static async Task HandOverAsync(EmbeddedSpool spool)
    {
        using var body = spool.OpenBody();
        var octets = Encoding.Latin1.GetBytes("Subject: x\r\n\r\nhello\r\n");
        octets.CopyTo(body.GetSpan(octets.Length));
        body.Advance(octets.Length);
        var draft = Mails.Draft(body, "x@a.example");
        await spool.AcceptAsync(draft with
        {
            Origin = draft.Origin with { Replay = new Replay(new MailId(1), "backup", null) },
        }, Cancel);
    }
}
