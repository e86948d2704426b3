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
        string[] keys = ["PROJ-1", "PROJ-2", "PROJ-3", "PROJ-4", "PROJ-5"];
        foreach (var key in keys)
            await HarnessItself.SendAsync(relay, "ours", Mails.Notification(key));
        var arrived = await sink.WaitAsync(keys.Length, relay);
        foreach (var key in keys)
            Mails.ArrivedUnchanged(Mails.Notification(key), arrived.Single(a => Mails.IsAbout(key, a.Bytes)).Bytes);
    }
}
