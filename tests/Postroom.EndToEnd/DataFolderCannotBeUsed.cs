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
