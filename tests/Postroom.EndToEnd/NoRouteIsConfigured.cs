using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class NoRouteIsConfigured
{
    [Fact]
    public async Task Mail_is_captured_and_can_be_looked_at()
    {
        await using var relay = new RealRelay();
        await relay.StartAsync($"[[listener]]\naddress = \"127.0.0.1:{relay.Port}\"\n");
        await relay.WaitForAsync("Capture");
        var mail = Mails.Notification("PROJ-1");
        await HarnessItself.SendAsync(relay, "curl", mail);

        var found = Assert.Single(await relay.FindAsync("state:captured to:alice", 1));
        var id = found.GetProperty("id").GetString()!;
        var shown = await relay.AskAsync("queue", "show", id);
        Assert.Contains("PROJ-1", shown.GetProperty("subject").GetString(), StringComparison.Ordinal);
        Assert.Equal(["accepted", "captured"], shown.Kinds().Where(kind => kind != "trying"));
        Mails.ArrivedUnchanged(mail, (await relay.DoAsync("queue", "show", id, "--raw")).Output);
    }
}
