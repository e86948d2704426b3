using System.Text;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Mail does not flow, and the people in charge are told by another way.</summary>
public sealed class MailDoesNotFlow
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90); // two looks, and a slow machine

    [Fact]
    public async Task The_only_route_is_down_and_a_webhook_is_told_and_a_mailbox_by_another_route()
    {
        await using var sink = Sink.Away();
        await using var backup = Sink.Start();
        await using var hook = new LoopbackHook(Ports.Free());
        await using var relay = new RealRelay();
        await relay.StartAsync(relay.Live(sink.Port, rest: $"""
            [[route]]
            name = "backup"
            host = "127.0.0.1"
            port = {backup.Port}
            tls = "none"
            recipients = ["*@nobody.example"]
            {Receivers(hook.Port)}
            [[receiver]]
            name = "on-call"
            kind = "mail"
            route = "backup"
            from = "relay@example.com"
            to = ["on-call@example.com"]
            """));
        Assert.Equal(0, (await relay.DoWithInputAsync("a-key-of-ours\n", "secret", "set", "hook-key")).ExitCode);
        var tested = await relay.DoAsync("alarm", "test", "ops");
        Assert.Equal((0, "ops took it: 200 ok\n"), (tested.ExitCode, tested.Text));
        Assert.Equal(1, (await relay.DoAsync("alarm", "list")).ExitCode); // nothing is found

        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        var raised = (await hook.WaitAsync(2, Patience))[1];
        Assert.Equal(("alarm.raised", "route-stopped", "upstream"),
            (raised.Text("type"), raised.Text("data", "alarm"), raised.Text("data", "subject")));
        Assert.Contains("refused", raised.Text("data", "text"), StringComparison.OrdinalIgnoreCase);
        Assert.True(raised.IsSignedWith(Encoding.UTF8.GetBytes("a-key-of-ours")));
        var mail = (await backup.WaitAsync(1, relay))[0];
        Assert.Contains("<relay@example.com>", mail.From, StringComparison.Ordinal);
        Assert.Equal("RCPT TO:<on-call@example.com>", Assert.Single(mail.To));
        Assert.Contains("\r\nSubject: [relay.example.test] CRITICAL: ", mail.Text, StringComparison.Ordinal);
        Assert.Contains("\r\nAuto-Submitted: auto-generated\r\n", mail.Text, StringComparison.Ordinal);
        var status = await relay.DoAsync("status");
        Assert.Contains("route-stopped for ", status.Text, StringComparison.Ordinal);
        var scrape = await Scrape.OfAsync(relay);
        Assert.Equal(1, scrape.Sum("postroom_alarms_raised", "route-stopped", "critical"));
        Assert.Equal(1, scrape.Sum("postroom_notices_total", "\"ops\"", "told"));
        var listed = await relay.AskAsync("alarm", "list", "--json");
        Assert.Equal("route-stopped", listed.GetProperty("raised")[0].GetProperty("alarm").GetString());

        await relay.KillAsync();
        await relay.StartAsync();
        sink.Up();
        await sink.WaitAsync(1, relay);
        var over = (await hook.WaitAsync(3, Patience))[2]; // told after the kill: and nothing again
        Assert.Equal(("alarm.resolved", "route-stopped"), (over.Text("type"), over.Text("data", "alarm")));
        await backup.WaitAsync(2, relay);
        var notices = (await relay.AskAsync("alarm", "notices", "--json")).GetProperty("notices");
        Assert.Equal(4, notices.GetArrayLength());
        Assert.All(notices.EnumerateArray(), notice => Assert.Equal("told", notice.GetProperty("state").GetString()));
        Assert.Contains("told", (await relay.DoAsync("alarm", "notices")).Text, StringComparison.Ordinal);
        Assert.Equal((3, 2), (hook.Posted.Count, backup.Arrivals.Count));
    }

    [Fact]
    public async Task A_receiver_that_is_away_is_told_once_when_it_is_back_though_the_relay_was_killed()
    {
        await using var sink = Sink.Away();
        var port = Ports.Free();
        await using var relay = new RealRelay();
        await relay.StartAsync(relay.Live(sink.Port, rest: Receivers(port)));
        Assert.Equal(0, (await relay.DoWithInputAsync("a-key-of-ours\n", "secret", "set", "hook-key")).ExitCode);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await relay.WaitForAsync("ops could not be told of alarm route-stopped");
        await relay.KillAsync();
        await using var hook = new LoopbackHook(port);
        await relay.StartAsync();
        var told = await hook.WaitAsync(1, Patience);
        Assert.Equal("alarm.raised", told[0].Text("type"));
        await relay.WaitForAsync("Lane 'upstream' is paused", times: 2); // not waited for by what is told
        await relay.StopAsync();
        await relay.StartAsync();
        await relay.WaitForAsync("Lane 'upstream' is paused", times: 3); // in each of its lives
        await relay.AskAsync("alarm", "list", "--json");
        Assert.Single(hook.Posted);
    }

    [Fact]
    public async Task A_canary_goes_the_whole_way_and_one_that_is_lost_is_missed()
    {
        await using var sink = Sink.Start();
        await using var imap = await OtherHop.ImapAsync();
        var mailbox = Path.Combine(imap.Folder, "home", "new");
        var spam = Path.Combine(imap.Folder, "home", ".Junk", "new");
        var count = 0;
        sink.Keeps = mail =>
        {
            foreach (var (name, folder) in new[] { ("own", mailbox), ("spam", spam) })
                if (Encoding.Latin1.GetString(mail).Contains($"Subject: Postroom canary {name} ",
                    StringComparison.Ordinal))
                    File.WriteAllBytes(Path.Combine(folder, $"{Interlocked.Increment(ref count)}.sink"), mail);
            return mail;
        };
        await using var relay = new RealRelay();
        await relay.StartAsync(relay.Live(sink.Port, rest: $"""
            {Canary("own", imap)}
            {Canary("lost", imap)}
            {Canary("spam", imap)}
            [[canary]]
            name = "taken"
            to = "canary@example.com"
            [[alarm]]
            name = "canary-lost"
            above = "1s"
            """));
        await relay.WaitForAsync("there is no secret imap");
        Assert.Equal(0, (await relay.DoWithInputAsync("right\n", "secret", "set", "imap")).ExitCode);
        await relay.WaitForAsync("canary own arrived after");
        await relay.WaitForAsync("canary taken arrived after");
        await relay.WaitForAsync("and it is not in the mailbox");
        await relay.WaitForAsync("lies in the spam folder");
        Assert.Equal(1, (await Scrape.OfAsync(relay)).Sum("postroom_canary_trip_seconds_count", "canary=\"own\""));
        Assert.True((await Scrape.OfAsync(relay)).Sum("postroom_canary_missing_age_seconds", "canary=\"lost\"") > 1);
        Assert.Empty(Directory.EnumerateFiles(mailbox));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(imap.Folder, "home", "cur"))); // it was taken away
        await relay.FindAsync("canary state:delivered", 4);
    }

    private static string Receivers(int hook) => $"""
        [[receiver]]
        name = "ops"
        url = "http://127.0.0.1:{hook}/alarms"
        key = "secret:hook-key"
        [[alarm]]
        name = "route-stopped"
        for = "0s"
        calm = "0s"
        [queue]
        probe = "1s"
        """;

    private static string Canary(string name, OtherHop imap) => $"""
        [[canary]]
        name = "{name}"
        to = "canary@example.com"
        imap = "127.0.0.1:{imap.Port}"
        imap_tls = "required"
        user = "jira"
        password = "secret:imap"
        trust = '{imap.Folder}/ca.pem'
        """;
}
