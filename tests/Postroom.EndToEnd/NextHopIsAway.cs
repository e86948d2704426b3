using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class NextHopIsAway
{
    [Fact]
    public async Task What_waited_goes_out_by_itself_when_it_is_back()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        foreach (var key in (string[])["PROJ-1", "PROJ-2", "PROJ-3"])
            await HarnessItself.SendAsync(relay, "ours", Mails.Notification(key));
        Assert.All(await relay.FindAsync("state:waiting", 3), r =>
            Assert.Equal(0, r.GetProperty("failedTries").GetInt32()));
        sink.Up();
        await sink.WaitAsync(3, relay);
        await relay.FindAsync("state:delivered", 3);
    }

    [Fact]
    public async Task It_may_go_and_come_while_mail_flows()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await sink.WaitAsync(1, relay);
        sink.Down();
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-2"));
        sink.Up();
        var arrived = await sink.WaitAsync(2, relay);
        Mails.ArrivedUnchanged(Mails.Notification("PROJ-2"), arrived[1].Bytes);
    }

    [Fact]
    public async Task A_drop_at_the_last_moment_is_in_doubt_and_sent_again()
    {
        await using var sink = Sink.Start();
        var drops = 0;
        sink.Reply = command => command == "END" && Interlocked.Increment(ref drops) == 1 ? "DROP" : null;
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var mail = Mails.Notification("PROJ-1");
        await HarnessItself.SendAsync(relay, "ours", mail);
        Mails.ArrivedUnchanged(mail, Assert.Single(await sink.WaitAsync(1, relay)).Bytes);
        var id = (await relay.FindAsync("state:delivered", 1))[0].GetProperty("id").GetString()!;
        Assert.Contains("indoubt", (await relay.AskAsync("queue", "show", id)).Kinds());
    }
}
