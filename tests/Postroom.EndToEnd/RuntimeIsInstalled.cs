using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>The program as <c>dotnet run</c> starts it, from the sources on an installed runtime.</summary>
public sealed class RuntimeIsInstalled
{
    [Fact]
    public async Task It_serves_as_well_and_has_started_itself_with_the_settings_it_needs()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay { IsOnRuntime = true };
        await relay.StartAsync(relay.Live(sink.Port));
        await HarnessItself.SendAsync(relay, "python", Mails.Notification("PROJ-1"));
        Assert.True(Mails.IsAbout("PROJ-1", Assert.Single(await sink.WaitAsync(1, relay)).Bytes));
        await relay.FindAsync("state:delivered", 1);
        Assert.Contains("DOTNET_GCgen0size=", File.ReadAllText($"/proc/{relay.Process.Id}/environ"),
            StringComparison.Ordinal);
    }
}
