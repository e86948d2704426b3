using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class ConfigurationIsWrong
{
    [Fact]
    public async Task All_mistakes_are_told_at_once_with_their_places()
    {
        await using var relay = new RealRelay();
        File.WriteAllText(relay.ConfigurationFile, """
            mode = "liv"
            [[listener]]
            adress = "127.0.0.1:2525"
            [[route]]
            name = "upstream"
            host = "127.0.0.1"
            port = 99999
            """);
        var said = await RealRelay.PlainAsync("config", "check", "--config", relay.ConfigurationFile);
        Assert.Equal(65, said.ExitCode);
        var told = said.Text + said.Error;
        foreach (var mistake in (string[])["postroom.toml:1:", "live", "postroom.toml:3:", "address",
            "postroom.toml:7:"])
            Assert.Contains(mistake, told, StringComparison.Ordinal);

        relay.Launch();
        Assert.Equal(65, await relay.ExitAsync());
    }

    [Fact]
    public async Task A_wrong_change_is_refused_whole_and_a_right_one_holds_at_once()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        File.WriteAllText(relay.ConfigurationFile, relay.Live(sink.Port) + "\nnonsense = 1\n");
        Assert.Equal(65, (await relay.DoAsync("reload")).ExitCode);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await relay.FindAsync("state:waiting", 1);

        File.WriteAllText(relay.ConfigurationFile, relay.Live(sink.Port));
        var reloaded = await relay.DoAsync("reload");
        Assert.True(reloaded.ExitCode == 0, $"{reloaded}");
        await sink.WaitAsync(1, relay);
    }

    [Fact]
    public async Task SIGHUP_reloads_too()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        File.WriteAllText(relay.ConfigurationFile, relay.Live(sink.Port));
        await Shell.SignalAsync(relay.Process, "HUP");
        await sink.WaitAsync(1, relay);
    }
}
