using System.Globalization;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>What was captured is let go after all, and SIGKILL comes in the middle.</summary>
public sealed class CapturedMailIsReleased
{
    private const int Connections = 10;

    [Fact]
    public Task Each_of_five_hundred_arrives_through_a_kill() => ReleasedAsync(500);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Each_of_ten_thousand_arrives_through_a_kill() =>
        Figures.Note("release of captured mail", await ReleasedAsync(10_000));

    [Fact]
    public async Task A_copy_to_others_is_sent_once_however_often_it_is_asked_for_under_its_key()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        await relay.StartAsync(Captures(relay, sink.Port, """
            [[sandbox]]
            name = "testers"
            to = ["qa@example.com"]
            mode = "live"
            """));
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            await client.SendAsync(Mails.Notification("PROJ-1"));
        var id = (await relay.FindAsync("state:captured", 1))[0].GetProperty("id").GetString()!;
        for (var i = 0; i < 4; i++)
        {
            var asked = relay.DoAsync("inbox", "release", id, "--to", "qa@example.com", "--key", "once");
            await Task.Delay(i * 30, TestContext.Current.CancellationToken); // the kill falls anywhere
            await relay.KillAsync();
            await asked;
            await relay.StartAsync();
        }

        var last = await relay.DoAsync("inbox", "release", id, "--to", "qa@example.com", "--key", "once");
        var copy = (await relay.FindAsync("to:qa state:delivered", 1))[0].GetProperty("id").GetString()!;
        Assert.Contains($"{id} → {copy}", last.Text, StringComparison.Ordinal);
        var shown = await relay.DoAsync("queue", "show", copy);
        Assert.Contains($"of {id}", shown.Text, StringComparison.Ordinal);
        Assert.All(sink.Arrivals, one => Assert.StartsWith("MAIL FROM:<>", one.From, StringComparison.Ordinal));
        Assert.True(Mails.IsAbout("PROJ-1", sink.Arrivals[^1].Bytes));
    }

    [Fact]
    public async Task Asked_for_twice_under_a_key_and_at_once_it_arrives_once_and_without_a_key_twice()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        await relay.StartAsync(Captures(relay, sink.Port, """
            [[sandbox]]
            name = "testers"
            to = ["qa@example.com"]
            mode = "live"
            """));
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            await client.SendAsync(Mails.Notification("PROJ-1"));
        var id = (await relay.FindAsync("state:captured", 1))[0].GetProperty("id").GetString()!;
        string[] order = ["inbox", "release", id, "--to", "qa@example.com"];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => relay.DoAsync([.. order, "--key", "once"])));
        var again = await relay.DoAsync([.. order, "--key", "once"]);
        Assert.Contains("as before", again.Text, StringComparison.Ordinal);
        await relay.FindAsync("to:qa state:delivered", 1);
        Assert.Single(sink.Arrivals);
        Assert.Equal(0, (await relay.DoAsync(order)).ExitCode);
        await relay.FindAsync("to:qa state:delivered", 2);
        Assert.Equal(2, sink.Arrivals.Count);
    }

    private static async Task<string> ReleasedAsync(int count)
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        await relay.StartAsync(Captures(relay, sink.Port));
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async n =>
        {
            await using var client = await SmtpClient.ConnectAsync(relay.Port);
            for (var i = n; i < count; i += Connections)
                Assert.StartsWith("250", await client.SendAsync(Mails.Notification($"PROJ-{i}"),
                    to: $"user{i}+run@example.com"), StringComparison.Ordinal);
        }));
        var box = $"\"name\":\"run\",\"total\":{count.ToString(CultureInfo.InvariantCulture)}";
        while (!(await relay.DoAsync("inbox", "--json")).Text.Contains(box, StringComparison.Ordinal))
            await Task.Yield();

        Assert.Equal(0, (await relay.DoAsync("mode", "set", "live", "--reason", "release")).ExitCode);
        var released = await relay.DoAsync("inbox", "release", "box:run");
        Assert.Contains($"release: {count} of {count}", released.Text, StringComparison.Ordinal);
        await sink.WaitAsync(count / 5, relay);
        await relay.KillAsync();
        await relay.StartAsync();
        var arrived = await sink.WaitAsync(all => all.DistinctBy(Key).Count() == count, $"{count} mails", relay);
        await relay.FindAsync("state:waiting,trying,captured", 0);
        arrived = sink.Arrivals;
        Assert.Equal(count, arrived.DistinctBy(Key).Count());
        using var questions = new Questions(relay);
        var doubled = await questions.DoubledAsync(arrived);
        Assert.Equal(arrived.Count - count, doubled);
        Assert.InRange(doubled, 0, 100); // no more than can be in flight: 4 on each connection
        return string.Create(CultureInfo.InvariantCulture,
            $"{count:N0} released, killed after {count / 5:N0}: 0 lost, {doubled} doubled, each with its doubt told");
    }

    private static string Key(Arrival one) => one.To[0].Split('<', '>')[1];

    private static string Captures(RealRelay relay, int hop, string rules = "") =>
        relay.Live(hop, rest: rules).Replace("mode = \"live\"\nhostname", "mode = \"capture\"\nhostname",
            StringComparison.Ordinal);
}
