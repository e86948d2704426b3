using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class NextHopIsExim
{
    [Fact]
    public async Task Mail_goes_through_it_unchanged_in_chunks_over_TLS_with_a_login()
    {
        await using var sink = Sink.Start();
        await using var exim = await OtherHop.EximAsync(sink.Port);
        await using var relay = new RealRelay();
        await relay.StartAsync(exim.Secured(relay, exim.Login()));
        await HarnessItself.FiveGoThroughAsync(relay, sink);

        // What Exim says about it: P protocol, X cipher, A who logged in, L pipelining, K chunking.
        var taken = exim.Log.Split('\n').Where(line => line.Contains(" <= ", StringComparison.Ordinal)).ToList();
        Assert.Equal(HarnessItself.Five.Count, taken.Count);
        Assert.All(taken, line => Assert.Matches(" P=esmtpsa L[.*]? X=TLS1[.]3.* A=plain:jira.* K ", line));
    }

    [Fact]
    public async Task Of_three_recipients_one_is_refused_and_one_greylisted()
    {
        await using var sink = Sink.Start();
        await using var exim = await OtherHop.EximAsync(sink.Port);
        await using var relay = new RealRelay();
        await relay.StartAsync(exim.Secured(relay) + "\n[queue]\nretry_first = \"1s\"\nretry_longest = \"1s\"");
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
        {
            await client.SayAsync("MAIL FROM:<jira@example.com>");
            await client.SayAsync("RCPT TO:<nobody@example.com>");
            await client.SayAsync("RCPT TO:<grey@example.com>");
            Assert.StartsWith("250", await client.SayAsync("RCPT TO:<alice@example.com>"), StringComparison.Ordinal);
            Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
            Assert.StartsWith("250", await client.SayAsync("Subject: three\r\n\r\nhello\r\n."), StringComparison.Ordinal);
        }

        await relay.FindAsync("to:alice@example.com state:delivered", 1);
        await relay.FindAsync("to:nobody@example.com state:failed", 1);
        await relay.FindAsync("to:grey@example.com state:waiting", 1);
        File.WriteAllText(Path.Combine(exim.Folder, "known"), "");
        await relay.FindAsync("to:grey@example.com state:delivered", 1);
        // The report about nobody goes the same way, to who sent the mail.
        var arrived = await sink.WaitAsync(3, relay);
        Assert.Single(arrived, a => a.To.Any(to => to.StartsWith("RCPT TO:<alice@", StringComparison.Ordinal)));
        Assert.Single(arrived, a => a.To.Any(to => to.StartsWith("RCPT TO:<grey@", StringComparison.Ordinal)));
        var report = Assert.Single(arrived, a => a.From.StartsWith("MAIL FROM:<>", StringComparison.Ordinal));
        Assert.Contains("550 5.1.1 No such person here", report.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_in_UTF_8_and_a_wish_for_a_report_reach_it()
    {
        await using var sink = Sink.Start();
        await using var exim = await OtherHop.EximAsync(sink.Port);
        await using var relay = new RealRelay();
        await relay.StartAsync(exim.Secured(relay));
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
        {
            await client.SayAsync("MAIL FROM:<jira@example.com> SMTPUTF8 RET=HDRS ENVID=PROJ-1");
            Assert.StartsWith("250", await client.SayAsync("RCPT TO:<grüße@example.com> NOTIFY=SUCCESS"),
                StringComparison.Ordinal);
            await client.SayAsync("DATA");
            Assert.StartsWith("250", await client.SayAsync("Subject: Grüße\r\n\r\nhello\r\n."), StringComparison.Ordinal);
        }

        // The sink takes no such wish: so Exim reports by itself, what it would not do had ours not passed it on.
        var arrived = await sink.WaitAsync(2, relay);
        Assert.Single(arrived, a => a.To.Any(to => to.StartsWith("RCPT TO:<grüße@", StringComparison.Ordinal)));
        var report = Assert.Single(arrived, a => a.From.StartsWith("MAIL FROM:<>", StringComparison.Ordinal));
        Assert.Contains("Original-Envelope-Id: PROJ-1", report.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Reporting-MTA: dns; exim.example.test", report.Text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Nothing_is_sent_to_it_when_its_authority_is_not_trusted()
    {
        await using var sink = Sink.Start();
        await using var exim = await OtherHop.EximAsync(sink.Port);
        await using var relay = new RealRelay();
        await relay.StartAsync(relay.Live(exim.Port).Replace("\"none\"", "\"required\"", StringComparison.Ordinal));
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await relay.WaitForAsync("Lane 'upstream' is paused");
        await relay.FindAsync("state:waiting", 1);
        Assert.Empty(sink.Arrivals);
        Assert.DoesNotContain(" <= ", exim.Log, StringComparison.Ordinal);
    }
}
