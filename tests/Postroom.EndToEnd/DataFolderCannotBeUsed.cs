using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class DataFolderCannotBeUsed
{
    [Fact]
    public async Task A_second_process_is_refused_and_the_first_goes_on()
    {
        await using var sink = Sink.Start();
        await using var first = await RealRelay.LiveAsync(sink.Port);
        await using var second = new RealRelay { Data = first.Data };
        second.Launch(second.Live(sink.Port));
        Assert.Equal(75, await second.ExitAsync());
        await HarnessItself.SendAsync(first, "ours", Mails.Notification("PROJ-1"));
        await sink.WaitAsync(1, first);
    }

    [Fact]
    public async Task What_works_on_the_store_itself_waits_for_the_service_to_end()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await relay.FindAsync("state:delivered", 1); // recorded, and so not in doubt after the kill
        string[] commands = ["rebuild", "compact"];
        foreach (var command in commands)
        {
            var refused = await relay.DoAsync("spool", command);
            Assert.Equal(75, refused.ExitCode);
            Assert.Contains($"in use by process {relay.Process.Id}", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal(0, (await relay.DoAsync("spool", "verify")).ExitCode); // who only reads need not wait
        relay.Process.Kill(); // its socket stays behind, and is in nobody's way
        await relay.ExitAsync();
        foreach (var command in commands.Prepend("verify"))
        {
            var done = await relay.DoAsync("spool", command);
            Assert.True(done.ExitCode == 0, $"{command}: {done}");
        }

        Assert.Single(await relay.SearchAsync("state:delivered"));
    }

    [Fact]
    public async Task A_newer_format_is_refused_with_advice_and_left_alone()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await relay.StopAsync();
        var format = Path.Combine(relay.Data, "format");
        var known = File.ReadAllText(format);
        File.WriteAllText(format, "999\n");
        relay.Launch();
        Assert.Equal(78, await relay.ExitAsync());
        Assert.Contains("newer", relay.Printed, StringComparison.OrdinalIgnoreCase);

        File.WriteAllText(format, known);
        await relay.StartAsync();
        sink.Up();
        await sink.WaitAsync(1, relay);
    }
}
