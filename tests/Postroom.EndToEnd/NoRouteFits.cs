using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class NoRouteFits
{
    private const string OnlyInside = "recipients = [\"inside.example\"]";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mail_is_held_until_a_route_fits_and_then_goes_by_itself(bool byReload)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port, route: OnlyInside);
        foreach (var key in (string[])["PROJ-1", "PROJ-2"])
            await HarnessItself.SendAsync(relay, "ours", Mails.Notification(key));
        var held = await relay.FindAsync("state:held", 2);
        Assert.Contains("no route matches", held[0].GetProperty("last").GetString(), StringComparison.Ordinal);
        var released = await relay.AskAsync("queue", "release", "subject:PROJ-2");
        Assert.Equal(1, released.GetProperty("changed").GetInt32());
        await relay.FindAsync("state:held", 2); // still none fits

        if (byReload)
        {
            File.WriteAllText(relay.ConfigurationFile, relay.Live(sink.Port));
            Assert.Equal(0, (await relay.DoAsync("reload")).ExitCode);
        }
        else
        {
            await relay.StopAsync();
            await relay.StartAsync(relay.Live(sink.Port));
        }

        await sink.WaitAsync(2, relay);
        var delivered = await relay.FindAsync("state:delivered", 2);
        var shown = await relay.AskAsync("queue", "show", delivered[0].GetProperty("id").GetString()!);
        Assert.Contains("a route fits now", shown.GetProperty("trail").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_person_holds_stays_held_when_routes_change()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("KEEP-1"));
        await relay.FindAsync("state:waiting", 1);
        await relay.AskAsync("queue", "hold", "subject:KEEP");
        sink.Up();
        File.WriteAllText(relay.ConfigurationFile, relay.Live(sink.Port, "in_flight = 2"));
        Assert.Equal(0, (await relay.DoAsync("reload")).ExitCode);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("FLOW-1"));
        Assert.True(Mails.IsAbout("FLOW-1", Assert.Single(await sink.WaitAsync(1, relay)).Bytes));
        await relay.FindAsync("state:held", 1);
    }
}
