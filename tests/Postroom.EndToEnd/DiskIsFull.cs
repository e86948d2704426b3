using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class DiskIsFull
{
    [Fact]
    public async Task Below_its_floor_nothing_is_taken_and_what_was_taken_does_not_suffer()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var mail = Mails.Notification("PROJ-1");
        await HarnessItself.SendAsync(relay, "ours", mail);
        await relay.StopAsync();

        await relay.StartAsync(relay.Live(sink.Port, rest: "[spool]\nfree_space_floor = \"900000GB\""));
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("452 4.3.1", await client.SendAsync(Mails.Notification("PROJ-2")), StringComparison.Ordinal);
        sink.Up();
        Mails.ArrivedUnchanged(mail, Assert.Single(await sink.WaitAsync(1, relay)).Bytes);
    }
}
