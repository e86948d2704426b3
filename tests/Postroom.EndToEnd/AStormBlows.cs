using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Somebody edits two thousand issues at once, and everybody else works on.</summary>
public sealed partial class AStormBlows
{
    private const int Mails = 8_000;
    private const int Ordinary = 200;
    private const int AtOnce = 8;

    [Fact]
    public async Task At_most_a_hundred_of_it_leave_all_other_mail_does_and_it_is_released_slowly_through_a_kill()
    {
        await using var sink = Sink.Start();
        await using var hook = new LoopbackHook(Ports.Free());
        await using var relay = await RealRelay.LiveAsync(sink.Port, rest: $"""
            [storm]
            learn = "0s"
            [[receiver]]
            name = "ops"
            url = "http://127.0.0.1:{hook.Port}/alarms"
            """);
        var work = new ConcurrentQueue<(string Actor, int Number)>(Enumerable.Range(0, Mails + Ordinary)
            .Select(i => i % 41 == 40 ? ($"Person {i % 17}", i) : ("Ann Lee", i)));
        var other = work.Count(one => one.Actor != "Ann Lee");
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => SendAsync(relay, work)));

        await relay.FindAsync("state:waiting,trying", 0);
        var arrived = Arrived(sink);
        Assert.Equal(other, arrived.Count(one => !one.StartsWith("Ann Lee ", StringComparison.Ordinal)));
        var early = arrived.Count(one => one.StartsWith("Ann Lee ", StringComparison.Ordinal));
        Assert.InRange(early, 1, 100);
        var held = Mails + Ordinary - other - early;
        var storm = Assert.Single((await relay.AskAsync("storm")).GetProperty("storms").EnumerateArray());
        Assert.Equal(held, storm.GetProperty("held").GetInt32());
        Assert.Contains("Ann Lee", storm.GetProperty("what")[0].GetString(), StringComparison.Ordinal);

        var raised = (await hook.WaitAsync(1, TimeSpan.FromSeconds(90)))[0];
        Assert.Equal(("alarm.raised", "storm"), (raised.Text("type"), raised.Text("data", "alarm")));
        Assert.Contains("Ann Lee", raised.Text("data", "text"), StringComparison.Ordinal);
        Assert.Contains("postroom storm show 1", raised.Text("data", "cure"), StringComparison.Ordinal);

        // One alarm: what a storm holds is not told a second time as held mail. The other one shows that it was looked.
        await relay.StopAsync();
        await relay.StartAsync(File.ReadAllText(relay.ConfigurationFile) + """

            [[alarm]]
            name = "mail-held"
            for = "0s"
            [[alarm]]
            name = "anything-held"
            filter = "state:held"
            above = 0
            for = "0s"
            """);
        var all = (await hook.WaitAsync(2, TimeSpan.FromSeconds(90))).Select(static one => one.Text("data", "alarm"));
        Assert.Equal(["storm", "anything-held"], all);

        // A hundred a second, and killed in the middle; the rest at once after that.
        Assert.Equal(0, (await relay.DoAsync("storm", "release", "1", "--slowly", "6000")).ExitCode);
        await sink.WaitAsync(arrived.Count + 300, relay);
        await relay.KillAsync();
        await relay.StartAsync();
        await sink.WaitAsync(Arrived(sink).Count + 300, relay); // it goes on by itself
        Assert.Equal(0, (await relay.DoAsync("storm", "release", "1")).ExitCode);
        await relay.FindAsync("state:waiting,trying,held", 0);
        arrived = Arrived(sink);
        Assert.Equal(Mails + Ordinary, arrived.Distinct().Count());
        using var questions = new Questions(relay);
        Assert.Equal(arrived.Count - (Mails + Ordinary), await questions.DoubledAsync(sink.Arrivals));
        Assert.Single(hook.Posted, static one => (one.Text("type"), one.Text("data", "alarm"))
            == ("alarm.raised", "storm"));
    }

    private static List<string> Arrived(Sink sink) =>
        [.. sink.Arrivals.Select(one => Mark().Match(one.Text).Groups[1].Value)];

    private static async Task SendAsync(RealRelay relay, ConcurrentQueue<(string Actor, int Number)> work)
    {
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        while (work.TryDequeue(out var one))
            Assert.StartsWith("250", await client.SendAsync(Encoding.ASCII.GetBytes(string.Join("\r\n",
                $"From: \"{one.Actor} (Jira)\" <jira@example.com>",
                $"Message-ID: <JIRA.{one.Number}.1460652284000.2.1460652300154@Atlassian.JIRA>",
                $"Subject: [JIRA] (PROJ-{one.Number / 4}) What it is about",
                "X-JIRA-FingerPrint: 52b0fe4d0a7b7c41f65ea09fe94f9a26",
                $"X-Mark: {one.Actor} {one.Number};",
                "", $"{one.Actor} updated PROJ-{one.Number / 4}", "")), to: $"p{one.Number % 150}@example.com"),
                StringComparison.Ordinal);
    }

    [GeneratedRegex("X-Mark: ([^;]+);")]
    private static partial Regex Mark();
}
