using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A staging copy sends: only those get mail who are to.</summary>
public sealed class StagingMailsNobody
{
    [Fact]
    public async Task Only_the_allow_list_gets_mail_and_the_list_is_read_again_with_a_reload()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        var allowed = Path.Combine(relay.Folder, "allowed");
        File.WriteAllText(allowed, "# who tests\n@qa.example.com\n");
        await relay.StartAsync(Staging(relay, sink.Port, $"""
            [[sandbox]]
            name = "testers"
            to = ["carol@example.com", "file:{allowed}"]
            mode = "live"
            """));
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        foreach (var to in (string[])["alice@example.com", "dan@qa.example.com", "carol@example.com",
            "bob@notqa.example.com"])
            await client.SendAsync(Mails.Notification("PROJ-1"), to: to);
        await sink.WaitAsync(2, relay);
        var captured = await relay.FindAsync("state:captured", 2);
        Assert.Equal(["carol@example.com", "dan@qa.example.com"], To(sink));
        Assert.All(captured, row => Assert.Equal("mode = capture", row.GetProperty("last").GetString()));
        var delivered = await relay.FindAsync("state:delivered to:dan", 1);
        var shown = await relay.DoAsync("queue", "show", delivered[0].GetProperty("id").GetString()!);
        Assert.Contains("sandbox rule \"testers\": live", shown.Text, StringComparison.Ordinal);

        File.AppendAllText(allowed, "alice@example.com\n");
        Assert.Equal(0, (await relay.DoAsync("reload")).ExitCode);
        await client.SendAsync(Mails.Notification("PROJ-2"), to: "alice@example.com");
        await sink.WaitAsync(3, relay);
        await relay.FindAsync("state:captured", 2); // what was captured stays so
        File.WriteAllText(allowed, "not an address\n");
        Assert.NotEqual(0, (await relay.DoAsync("reload")).ExitCode); // and what ran before still runs
        await client.SendAsync(Mails.Notification("PROJ-3"), to: "alice@example.com");
        await sink.WaitAsync(4, relay);
    }

    [Fact]
    public async Task Redirected_mail_arrives_octet_for_octet_behind_whom_it_was_for()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        await relay.StartAsync("redirect_to = \"box@qa.example.com\"\nredirect_tag = \"[staging]\"\n"
            + Staging(relay, sink.Port).Replace("\"capture\"", "\"redirect\"", StringComparison.Ordinal));
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        foreach (var command in (string[])["MAIL FROM:<jira@example.com>", "RCPT TO:<alice@example.com>",
            "RCPT TO:<bob@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.com"])
            Assert.StartsWith("250", await client.SayAsync(command), StringComparison.Ordinal);
        var sent = Mails.Notification("PROJ-1");
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        await client.WriteAsync(Mails.Stuffed(sent));
        Assert.StartsWith("250", await client.ReplyAsync(), StringComparison.Ordinal);
        var arrived = Assert.Single(await sink.WaitAsync(1, relay));
        Assert.Equal(["box@qa.example.com"], To(sink));
        Assert.StartsWith("X-Original-To: alice@example.com\r\nX-Original-To: bob@example.com\r\nReceived: ",
            arrived.Text, StringComparison.Ordinal);
        var tagged = Encoding.Latin1.GetString(sent)
            .Replace("Subject: ", "Subject: [staging] ", StringComparison.Ordinal);
        Assert.EndsWith("\r\n" + tagged, arrived.Text, StringComparison.Ordinal);
        await relay.FindAsync("state:delivered", 2);
        Assert.DoesNotContain(sink.Commands, said => said.Contains("jira@", StringComparison.Ordinal)
            || said.Contains("alice@", StringComparison.Ordinal) || said.Contains("bob@", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mode_that_a_person_sets_holds_for_mail_that_waits_and_through_a_kill()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            await client.SendAsync(Mails.Notification("PROJ-1"));
        await relay.FindAsync("state:waiting", 1);
        Assert.Equal(0, (await relay.DoAsync("mode", "set", "capture", "--reason", "restored from production",
            "--until", "2h")).ExitCode);
        await relay.FindAsync("state:captured", 1);
        foreach (var command in (string[][])[["status"], ["queue", "list", "--all"]])
            Assert.Contains("MODE SET: capture for all mail until ", (await relay.DoAsync(command)).Text,
                StringComparison.Ordinal);

        await relay.KillAsync();
        sink.Up();
        await relay.StartAsync();
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            await client.SendAsync(Mails.Notification("PROJ-2"));
        var captured = await relay.FindAsync("state:captured", 2);
        Assert.All(captured, row => Assert.Contains("restored from production", row.GetProperty("last").GetString(),
            StringComparison.Ordinal));
        Assert.Equal(0, (await relay.DoAsync("mode", "clear")).ExitCode);
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            await client.SendAsync(Mails.Notification("PROJ-3"));
        Assert.True(Mails.IsAbout("PROJ-3", Assert.Single(await sink.WaitAsync(1, relay)).Bytes));
        await relay.FindAsync("state:captured", 2); // only a person releases them
        Assert.Equal(0, (await relay.DoAsync("queue", "release", "state:captured")).ExitCode);
        await sink.WaitAsync(3, relay);
    }

    [Fact]
    public async Task Held_mail_waits_for_a_person_and_of_discarded_mail_only_the_record_is_kept()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port, rest: """
            [[sandbox]]
            name = "later"
            to = ["later@*"]
            mode = "hold"
            [[sandbox]]
            name = "noise"
            to = ["noise@*"]
            mode = "discard"
            """);
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        foreach (var to in (string[])["later@example.com", "noise@example.com", "alice@example.com"])
            await client.SendAsync(Mails.Notification("PROJ-1"), to: to);
        await relay.FindAsync("state:held to:later", 1);
        var gone = (await relay.FindAsync("state:cancelled to:noise", 1))[0];
        Assert.Equal("sandbox rule \"noise\": discard", gone.GetProperty("last").GetString());
        Assert.Contains("cancelled for noise@example.com", (await relay.DoAsync("why", "to:noise")).Text,
            StringComparison.Ordinal);
        Assert.NotEqual(0, (await relay.DoAsync("queue", "release", "state:cancelled")).ExitCode);
        await relay.FindAsync("state:delivered to:alice", 1);
        Assert.Single(await sink.WaitAsync(1, relay));
    }

    [Fact]
    public async Task A_mode_ends_by_itself_and_says_so()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        Assert.Equal(0, (await relay.DoAsync("mode", "set", "hold", "--reason", "a moment", "--until", "5s")).ExitCode);
        await relay.WaitForAsync("hold for all mail is over");
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        await client.SendAsync(Mails.Notification("PROJ-2"));
        Assert.Single(await sink.WaitAsync(1, relay));
    }

    private static IEnumerable<string> To(Sink sink) =>
        sink.Arrivals.Select(one => Assert.Single(one.To).Split('<', '>')[1]).Order(StringComparer.Ordinal);

    private static string Staging(RealRelay relay, int hop, string rules = "") =>
        relay.Live(hop, rest: rules).Replace("mode = \"live\"\nhostname", "mode = \"capture\"\nhostname",
            StringComparison.Ordinal);
}
