using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class NextHopRefusesTheRecipient
{
    [Fact]
    public async Task The_sender_gets_a_report_in_the_next_hops_own_words()
    {
        await using var sink = Sink.Start();
        sink.Reply = command => command.StartsWith("RCPT TO:<nobody@", StringComparison.OrdinalIgnoreCase)
            ? "550 5.1.1 There is no nobody here" : null;
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        var reply = await client.SendAsync(Mails.Notification("PROJ-1"), to: "nobody@example.com");
        Assert.StartsWith("250", reply, StringComparison.Ordinal);

        var report = (await sink.WaitAsync(1, relay))[0];
        Assert.StartsWith("MAIL FROM:<>", report.From, StringComparison.Ordinal);
        Assert.StartsWith("RCPT TO:<jira@example.com>", Assert.Single(report.To), StringComparison.Ordinal);
        Assert.Contains("multipart/report", report.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("There is no nobody here", report.Text, StringComparison.Ordinal);
        Assert.Matches("(?mi)^Action: failed\r$", report.Text);
        Assert.Matches("(?mi)^Status: 5\\.1\\.1", report.Text);
        await relay.FindAsync("state:failed to:nobody", 1);
    }

    [Fact]
    public async Task A_later_is_tried_again_when_a_person_asks()
    {
        await using var sink = Sink.Start();
        sink.Reply = command => command.StartsWith("RCPT", StringComparison.Ordinal) ? "450 4.2.1 Greylisted" : null;
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        var waiting = (await relay.FindAsync("state:waiting reply:Greylisted", 1))[0];
        Assert.Equal(1, waiting.GetProperty("failedTries").GetInt32());
        sink.Reply = _ => null;
        await relay.AskAsync("queue", "retry", waiting.GetProperty("id").GetString()!);
        await sink.WaitAsync(1, relay);
    }
}
