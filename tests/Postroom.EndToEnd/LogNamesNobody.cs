using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>The log goes to people who need not know whose mail it is.</summary>
public sealed class LogNamesNobody
{
    private const string Canary = "Peculiar.Canary+4711";

    [Theory]
    [InlineData("masked", "P***@example.com")]
    [InlineData("hashed", null)]
    public async Task Mail_fails_and_waits_and_the_log_says_so_and_not_whose_it_is(string form, string? word)
    {
        await using var sink = Sink.Start();
        var isSure = true;
        sink.Reply = command => !command.StartsWith("RCPT", StringComparison.Ordinal) ? null
            : isSure ? $"550 5.1.1 {command[8..]}: nobody of the name '{Canary}@example.com' is here"
            : $"421 4.7.0 too much for {command[8..]}";
        await using var relay = new RealRelay();
        await relay.StartAsync(relay.Live(sink.Port, rest: $"""
            [log]
            addresses = "{form}"
            [vault]
            key_file = '{relay.Folder}/vault.key'
            [suppression]
            after = 1
            over = "0s"
            """));
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-1"), to: Canary + "@example.com"),
            StringComparison.Ordinal);
        await relay.FindAsync("state:failed to:Canary", 1);
        word ??= (await relay.DoAsync("log", "word", Canary + "@example.com")).Text.Trim();
        await relay.WaitForAsync($"no mail is sent to {word} until ");
        isSure = false;
        await client.SendAsync(Mails.Notification("PROJ-2"), to: "other." + Canary + "@example.com");
        await relay.WaitForAsync("is paused");

        await relay.StopAsync();
        Assert.DoesNotContain("canary", relay.Printed, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("peculiar", relay.Printed, StringComparison.OrdinalIgnoreCase);
        var why = await relay.DoAsync("search", "PROJ-1"); // the record of the mail itself says it
        Assert.Contains(Canary, why.Text, StringComparison.Ordinal);
        if (form == "hashed") // and by the vault alone it is the same word
            Assert.Equal(word, (await relay.DoAsync("log", "word", Canary + "@example.com", "--config",
                relay.ConfigurationFile)).Text.Trim());
    }
}
