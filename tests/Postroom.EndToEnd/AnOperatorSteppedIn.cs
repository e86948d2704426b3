using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class AnOperatorSteppedIn
{
    [Fact]
    public async Task Hold_release_and_cancel_do_what_they_say()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        foreach (var key in (string[])["KEEP-1", "KEEP-2", "DROP-1", "FLOW-1"])
            await HarnessItself.SendAsync(relay, "ours", Mails.Notification(key));
        await relay.FindAsync("state:waiting", 4);

        Assert.Equal(2, (await relay.AskAsync("queue", "hold", "subject:KEEP")).GetProperty("changed").GetInt32());
        Assert.Equal(1, (await relay.AskAsync("queue", "cancel", "subject:DROP")).GetProperty("changed").GetInt32());
        await relay.FindAsync("state:held", 2);
        sink.Up();
        Assert.True(Mails.IsAbout("FLOW-1", Assert.Single(await sink.WaitAsync(1, relay)).Bytes));

        Assert.Equal(2, (await relay.AskAsync("queue", "release", "subject:KEEP")).GetProperty("changed").GetInt32());
        await sink.WaitAsync(3, relay);
        await relay.FindAsync("state:delivered", 3);
        var cancelled = (await relay.FindAsync("state:cancelled", 1))[0];
        var shown = await relay.AskAsync("queue", "show", cancelled.GetProperty("id").GetString()!);
        var step = shown.GetProperty("trail").EnumerateArray().Last();
        Assert.False(string.IsNullOrEmpty(step.GetProperty("who").GetString()), "who cancelled it is on the record");
    }

    [Fact]
    public async Task The_id_of_the_250_finds_the_mail_everywhere()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        var id = (await client.SendAsync(Mails.Notification("PROJ-1"))).Split(' ')[^1];
        await relay.FindAsync($"id:{id} state:delivered", 1);
        Assert.Equal(id, (await relay.AskAsync("queue", "show", id)).GetProperty("id").GetString());
        Assert.Contains(id, (await relay.DoAsync("search", "PROJ-1")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_service_reading_works_and_writing_says_why_not()
    {
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await relay.FindAsync("state:waiting", 1);
        await relay.StopAsync();
        var listed = await relay.DoAsync("queue", "list");
        Assert.True(listed.ExitCode == 0, $"{listed}");
        Assert.Contains("alice@example.com", listed.Text, StringComparison.Ordinal);
        Assert.Equal(69, (await relay.DoAsync("queue", "retry", "--all")).ExitCode);
    }
}
