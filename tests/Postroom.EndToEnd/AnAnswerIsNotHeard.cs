using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>An application does not wait for the answer, and sends the same mail again.</summary>
public sealed class AnAnswerIsNotHeard
{
    private const string Suppressing = """
        [duplicates]
        suppress = ["jira"]
        """;

    // As an application sends it the second time: another Message-ID, another Date.
    private static byte[] Again(string key) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Mails.Notification(key))
        .Replace($"<JIRA.{key}@", $"<JIRA.{key}.again@", StringComparison.Ordinal)
        .Replace("09:14:02", "09:14:13", StringComparison.Ordinal));

    // Gives up as soon as all is written.
    private static async Task GiveUpAsync(RealRelay relay, byte[] mail)
    {
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        foreach (var command in (string[])["MAIL FROM:<jira@example.com>", "RCPT TO:<alice@example.com>", "DATA"])
            await client.SayAsync(command);
        await client.WriteAsync(Mails.Stuffed(mail));
    }

    private static async Task SendAsync(RealRelay relay, byte[] mail)
    {
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("250", await client.SendAsync(mail), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_second_is_marked_and_sent_where_nothing_says_otherwise()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await GiveUpAsync(relay, Mails.Notification("PROJ-1"));
        var first = (await relay.FindAsync("state:delivered", 1))[0].GetProperty("id").GetString()!;
        await SendAsync(relay, Again("PROJ-1"));
        await SendAsync(relay, Mails.Notification("PROJ-2"));
        var second = (await relay.FindAsync("is:duplicate state:delivered", 1))[0].GetProperty("id").GetString()!;
        Assert.Equal(3, (await sink.WaitAsync(3, relay)).Count);

        var shown = await relay.AskAsync("queue", "show", second);
        Assert.Equal(first, shown.GetProperty("duplicateOf").GetProperty("id").GetString());
        Assert.Contains(first, (await relay.DoAsync("queue", "show", second)).Text, StringComparison.Ordinal);
        Assert.Contains("the same mail had been handed over", (await relay.DoAsync("why", $"id:{second}")).Text,
            StringComparison.Ordinal);
        await Scrape.UntilAsync(relay, now => now.Sum("postroom_duplicates_total") == 1, "one was found");
        await relay.FindAsync("-is:duplicate", 2);
    }

    [Fact]
    public async Task The_second_is_not_sent_where_that_is_switched_on_and_nobody_gets_a_report()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port, rest: Suppressing);
        await GiveUpAsync(relay, Mails.Notification("PROJ-1"));
        var first = (await relay.FindAsync("state:delivered", 1))[0].GetProperty("id").GetString()!;
        await SendAsync(relay, Again("PROJ-1"));
        var second = (await relay.FindAsync("is:duplicate state:suppressed", 1))[0];
        Assert.Contains($"the same mail as {first}", second.GetProperty("last").GetString(), StringComparison.Ordinal);
        await SendAsync(relay, Mails.Notification("PROJ-2"));
        await relay.FindAsync("state:delivered", 2);
        Assert.Equal(["PROJ-1", "PROJ-2"], (await sink.WaitAsync(2, relay)).Select(one => Mails.KeyOf(one.Bytes)));

        Assert.Equal(0, (await relay.DoAsync("queue", "release", "is:duplicate", "state:suppressed")).ExitCode);
        Assert.Equal(3, (await sink.WaitAsync(3, relay)).Count);
        await relay.FindAsync("is:duplicate state:delivered", 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // SIGKILL
    public async Task What_was_sent_before_the_end_is_known_after_the_next_start(bool isAsked)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port, rest: Suppressing);
        await GiveUpAsync(relay, Mails.Notification("PROJ-1"));
        await relay.FindAsync("state:delivered", 1);
        if (isAsked)
            await relay.StopAsync();
        else
            await relay.KillAsync();
        await relay.StartAsync();
        await SendAsync(relay, Again("PROJ-1"));
        await relay.FindAsync("is:duplicate state:suppressed", 1);
        Assert.Single(sink.Arrivals);
    }
}
