using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class NextHopIsPostfix
{
    [Fact]
    public async Task Mail_goes_through_it_unchanged()
    {
        await using var sink = Sink.Start();
        await using var postfix = await PostfixHop.StartAsync(sink.Port);
        await using var relay = await RealRelay.LiveAsync(postfix.Port);
        await HarnessItself.FiveGoThroughAsync(relay, sink);
    }
}
