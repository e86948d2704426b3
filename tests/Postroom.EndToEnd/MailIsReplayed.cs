using System.Globalization;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A provider took an afternoon of mail and lost it: it is sent once more, and SIGKILL comes in the
/// middle.</summary>
public sealed class MailIsReplayed
{
    private const int Connections = 10;

    [Fact]
    public async Task Two_thousand_go_by_another_route_once_through_kills_and_repetitions()
    {
        const int count = 2_000;
        await using var office = Sink.Start();
        await using var backup = Sink.Away();
        await using var relay = new RealRelay();
        await relay.StartAsync(WithBackup(relay, office, backup));
        await SendAsync(relay, count);
        await office.WaitAsync(count, relay);
        string[] order = ["replay", "route:upstream", "state:delivered", "--by", "backup", "--why", "lost"];
        await CountedAsync(relay, "state:delivered", count);
        Assert.Contains($"To be replayed: {count} mails to {count} recipients",
            (await relay.DoAsync([.. order, "--dry-run"])).Text, StringComparison.Ordinal);
        order = [.. order, "--count", count.ToString(CultureInfo.InvariantCulture)];
        foreach (var part in (int[])[100, 700, 1_300])
        {
            var asked = relay.DoAsync(order);
            while (await CountAsync(relay, "is:replay") < part)
                Assert.False(asked.IsCompleted, $"of {part}: {(asked.IsCompleted ? await asked : null)}");
            await relay.KillAsync();
            Assert.NotEqual(0, (await asked).ExitCode);
            await relay.StartAsync();
        }

        var before = await CountAsync(relay, "is:replay");
        Assert.InRange(before, 1_300, count - 1); // the kills fell into the middle
        Assert.Equal(0, (await relay.DoAsync(order)).ExitCode);
        Assert.Equal(count, await CountAsync(relay, "is:replay route:backup"));
        var last = await relay.DoAsync(order);
        Assert.Equal(0, last.ExitCode);
        Assert.Contains($"Left out, replayed already: {count} recipients", last.Text, StringComparison.Ordinal);
        backup.Up();
        var arrived = await backup.WaitAsync(count, relay);
        await CountedAsync(relay, "is:replay state:delivered", count);
        Assert.Equal(count, backup.Arrivals.Count); // none twice
        Assert.Equal(count, arrived.Select(static one => one.To[0]).Distinct().Count()); // and none missed
        Assert.Equal(count, office.Arrivals.Count);
        Assert.All(arrived, static one => Assert.StartsWith("MAIL FROM:<jira@", one.From, StringComparison.Ordinal));
        Assert.Equal(office.Arrivals.Select(static one => one.To[0]).Order(), arrived.Select(static one => one.To[0])
            .Order());
    }

    [Fact]
    public async Task A_route_that_is_taken_away_keeps_what_is_to_go_by_it_and_lets_it_go_when_it_is_back()
    {
        await using var office = Sink.Start();
        await using var backup = Sink.Away();
        await using var relay = new RealRelay();
        var both = WithBackup(relay, office, backup);
        await relay.StartAsync(both);
        await SendAsync(relay, 1);
        var original = (await relay.FindAsync("state:delivered", 1))[0].GetProperty("id").GetString()!;
        Assert.Equal(0, (await relay.DoAsync("replay", original, "--by", "backup")).ExitCode);
        await relay.StopAsync();
        await relay.StartAsync(relay.Live(office.Port));
        var held = (await relay.FindAsync("state:held", 1))[0];
        Assert.Contains("it is to go by backup", held.GetProperty("last").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await relay.AskAsync("queue", "release", held.GetProperty("id").GetString()!))
            .GetProperty("changed").GetInt32());
        await relay.FindAsync("state:held", 1); // still none
        await relay.KillAsync();
        await relay.StartAsync();
        await relay.FindAsync("state:held", 1);
        File.WriteAllText(relay.ConfigurationFile, both);
        Assert.Equal(0, (await relay.DoAsync("reload")).ExitCode);
        await relay.FindAsync("is:replay route:backup state:waiting,trying", 1);
        await relay.KillAsync();
        await relay.StartAsync();
        backup.Up();
        await backup.WaitAsync(1, relay);
        await relay.FindAsync("is:replay state:delivered", 1);
        Assert.Single(office.Arrivals);
        var shown = (await relay.DoAsync("queue", "show", original)).Text;
        Assert.Contains("Replayed as", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_route_leads_around_the_sandbox()
    {
        await using var office = Sink.Start();
        await using var backup = Sink.Away();
        await using var relay = new RealRelay();
        await relay.StartAsync(WithBackup(relay, office, backup));
        await SendAsync(relay, 2);
        var mails = await relay.FindAsync("state:delivered", 2);
        var (first, second) = (mails[0].GetProperty("id").GetString()!, mails[1].GetProperty("id").GetString()!);
        Assert.Equal(0, (await relay.DoAsync("replay", first, "--by", "backup")).ExitCode);
        Assert.Equal(0, (await relay.DoAsync("mode", "set", "capture", "--reason", "no more")).ExitCode);
        backup.Up();
        var refused = await relay.DoAsync("replay", second, "--by", "backup");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Left out, kept here by the rules: 1 recipient", refused.Text, StringComparison.Ordinal);
        await relay.FindAsync("is:replay state:captured", 1); // at its turn, by what holds then
        await relay.FindAsync("is:replay", 1);
        Assert.Empty(backup.Arrivals);
    }

    private static string WithBackup(RealRelay relay, Sink office, Sink backup) => relay.Live(office.Port, rest: $"""
        [[route]]
        name = "backup"
        host = "127.0.0.1"
        port = {backup.Port}
        tls  = "none"
        recipients = ["nobody.example"]
        [[retention]]
        bodies = "7d"
        """);

    private static Task SendAsync(RealRelay relay, int count) =>
        Task.WhenAll(Enumerable.Range(0, Connections).Select(async n =>
        {
            await using var client = await SmtpClient.ConnectAsync(relay.Port);
            for (var i = n; i < count; i += Connections)
                Assert.StartsWith("250", await client.SendAsync(Mails.Notification($"PROJ-{i}"),
                    to: $"user{i}@example.com"), StringComparison.Ordinal);
        }));

    private static async Task<int> CountAsync(RealRelay relay, string filter) => int.Parse(
        (await relay.DoAsync(["queue", "count", "--all", .. filter.Split(' ')])).Output, CultureInfo.InvariantCulture);

    private static async Task CountedAsync(RealRelay relay, string filter, int count)
    {
        while (await CountAsync(relay, filter) < count)
            await Task.Yield();
    }
}
