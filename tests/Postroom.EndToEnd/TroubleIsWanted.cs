using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A tester asks for trouble, and gets it; mail that goes out gets none.</summary>
public sealed class TroubleIsWanted
{
    [Fact]
    public async Task Where_nothing_leaves_an_address_or_a_rule_makes_it_and_the_trail_says_so()
    {
        await using var relay = new RealRelay();
        await relay.StartAsync($"""
            [[listener]]
            address = "127.0.0.1:{relay.Port}"
            [[trouble]]
            name = "full"
            stage = "delivery"
            status = "4.2.2"
            to = ["full-*@example.com"]
            """);
        Assert.StartsWith("451 4.0.0 Trouble made on purpose (made by the address bob+451@",
            await SendAsync(relay, "bob+451@example.com"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await SendAsync(relay, "full-1@example.com"), StringComparison.Ordinal);
        var tried = await relay.FindAsync("state:waiting to:full-1@example.com reply:4.2.2", 1);
        var id = tried[0].GetProperty("id").GetString()!;
        var shown = (await relay.DoAsync("queue", "show", id)).Text;
        Assert.Contains("452 4.2.2 Trouble made on purpose, made by trouble rule \"full\"", shown,
            StringComparison.Ordinal);

        await relay.AskAsync("trouble", "set", "greylisting", "--stage", "data", "--code", "451", "--text", "Later");
        Assert.Equal("451 4.0.0 Later (made by trouble rule \"greylisting\")",
            await SendAsync(relay, "alice@example.com"));
        await relay.AskAsync("trouble", "clear");
        Assert.StartsWith("250 ", await SendAsync(relay, "alice@example.com"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_that_goes_out_meets_none()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await relay.AskAsync("trouble", "set", "all", "--stage", "rcpt", "--code", "550");
        await relay.AskAsync("trouble", "set", "later", "--stage", "delivery", "--code", "451");
        Assert.StartsWith("250 ", await SendAsync(relay, "bob+bounce@example.com"), StringComparison.Ordinal);
        Assert.StartsWith("250 ", await SendAsync(relay, "bob+451@example.com"), StringComparison.Ordinal);
        await sink.WaitAsync(2, relay);
        Assert.All((await relay.AskAsync("trouble")).GetProperty("rules").EnumerateArray(),
            rule => Assert.Equal(0, rule.GetProperty("made").GetInt32()));
    }

    private static async Task<string> SendAsync(RealRelay relay, string to)
    {
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        return await client.SendAsync(Mails.Notification("TROUBLE-1"), to: to);
    }
}
