using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>An address keeps failing, and nothing is sent there until somebody lets it.</summary>
public sealed class AddressIsDead
{
    [Fact]
    public async Task It_is_given_up_told_to_the_sender_shown_and_taken_up_again()
    {
        await using var sink = Sink.Start();
        var isGone = true;
        sink.Reply = command => isGone && command.StartsWith("RCPT TO:<gone@", StringComparison.Ordinal)
            ? "550 5.1.1 There is no gone here" : null;
        await using var relay = await RealRelay.LiveAsync(sink.Port, rest: """
            [suppression]
            after = 2
            over = "0s"
            """);
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        for (var i = 1; i <= 2; i++)
        {
            Assert.StartsWith("250", await client.SendAsync(Mails.Notification($"PROJ-{i}"), to: "gone@example.com"),
                StringComparison.Ordinal);
            await relay.FindAsync("state:failed to:gone", i);
        }

        await relay.WaitForAsync("no mail is sent to gone@example.com until ");
        await sink.WaitAsync(2, relay); // two reports
        var before = Asked(sink);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-3"), to: "Gone@example.com"),
            StringComparison.Ordinal);
        var row = (await relay.FindAsync("state:suppressed", 1))[0];
        Assert.Equal(before, Asked(sink)); // nothing went there
        var report = (await sink.WaitAsync(3, relay))[2];
        Assert.Contains("2 mails in a row failed, the last with 550 5.1.1 There is no gone here", Unfolded(report.Text),
            StringComparison.Ordinal);
        Assert.Contains("\r\nAction: failed\r\nStatus: 5.1.0\r\n", report.Text, StringComparison.Ordinal);
        var why = await relay.DoAsync("why", "to:gone", "PROJ-3");
        Assert.Contains("suppressed", why.Text, StringComparison.Ordinal);
        var listed = (await relay.AskAsync("suppression", "list", "--json")).GetProperty("suppressions")[0];
        Assert.Equal(("gone@example.com", 2, "jira", "PROJ-2"), (listed.GetProperty("address").GetString(),
            listed.GetProperty("failures").GetInt32(), listed.GetProperty("app").GetString(),
            listed.GetProperty("item").GetString()));
        Assert.Contains("gone@example.com", (await relay.DoAsync("suppression", "export")).Text,
            StringComparison.Ordinal);

        await relay.StopAsync();
        Assert.Contains("550 5.1.1", (await relay.DoAsync("suppression", "list")).Text, StringComparison.Ordinal);
        await relay.StartAsync();
        isGone = false;
        Assert.Equal(0, (await relay.DoAsync("suppression", "remove", "gone@example.com")).ExitCode);
        Assert.Equal(1, (await relay.DoAsync("suppression", "list")).ExitCode);
        Assert.Equal(0, (await relay.DoAsync("queue", "release", "state:suppressed")).ExitCode);
        await relay.FindAsync($"id:{row.GetProperty("id").GetString()} state:delivered", 1);
    }

    [Fact]
    public async Task A_list_from_elsewhere_is_taken_in_whole_and_mistakes_are_told()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var file = Path.Combine(relay.Folder, "dead.csv");
        await File.WriteAllTextAsync(file, "address,since\na@example.com,2026-01-01\n\"b@example.com\",x\n",
            TestContext.Current.CancellationToken);
        var said = await relay.DoAsync("suppression", "import", file, "--reason", "left the company");
        Assert.Equal((0, "2 addresses are suppressed.\n"), (said.ExitCode, said.Text));
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        await client.SendAsync(Mails.Notification("PROJ-1"), to: "b@example.com");
        var row = (await relay.FindAsync("state:suppressed", 1))[0];
        var shown = await relay.DoAsync("queue", "show", row.GetProperty("id").GetString()!);
        Assert.Contains("left the company", shown.Text, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "c@example.com\nnobody at all\n", TestContext.Current.CancellationToken);
        said = await relay.DoAsync("suppression", "import", file);
        Assert.NotEqual(0, said.ExitCode);
        Assert.Contains("nobody at all is no mail address", said.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await relay.AskAsync("suppression", "list", "--json")).GetProperty("suppressions")
            .GetArrayLength());
        Assert.NotEqual(0, (await relay.DoAsync("suppression", "remove", "c@example.com")).ExitCode);
    }

    private static int Asked(Sink sink) =>
        sink.Commands.Count(command => command.StartsWith("RCPT TO:<gone@", StringComparison.OrdinalIgnoreCase));

    private static string Unfolded(string text) => text.Replace("\r\n ", " ", StringComparison.Ordinal);
}
