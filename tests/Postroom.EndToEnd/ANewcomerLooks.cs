using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class ANewcomerLooks
{
    [Fact]
    public async Task The_demo_ends_well_without_a_terminal()
    {
        var said = await RealRelay.PlainAsync("demo");
        Assert.True(said.ExitCode == 0, $"{said}");
        Assert.Contains("delivered", said.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_version_and_the_completion_are_there()
    {
        Assert.Equal(0, (await RealRelay.PlainAsync("--version")).ExitCode);
        Assert.Contains("postroom", (await RealRelay.PlainAsync("completion", "bash")).Text, StringComparison.Ordinal);
    }
}
