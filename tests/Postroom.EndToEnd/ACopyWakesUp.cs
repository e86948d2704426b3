using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A copy of a live relay, or of an application in front of it, mails nobody until a person says so.</summary>
public sealed class ACopyWakesUp
{
    private const int Waiting = 20;
    private const int Flood = 300;

    // Another machine: its id, its name, its network, where connections that are begun are counted.
    private const string Elsewhere = "ip link set lo up && hostname stage && mount --bind \"$1\" /etc/machine-id "
        + "&& shift && exec \"$@\"";

    [Fact]
    public async Task The_whole_installation_on_another_machine_opens_no_connection_until_it_is_confirmed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root" && File.Exists("/etc/machine-id"),
            "another machine needs root: namespaces of mounts, names and the network");
        await using var sink = Sink.Start();
        await using var original = await RealRelay.LiveAsync(sink.Port);
        await LoadAsync(original, sink);

        await using var copy = new RealRelay();
        var socket = Path.Combine(copy.Folder, "in.sock");
        var id = Path.Combine(copy.Folder, "machine-id");
        File.WriteAllText(id, "0123456789abcdef0123456789abcdef\n");
        copy.By = ["unshare", "--mount", "--uts", "--net", "--propagation", "private", "bash", "-c", Elsewhere,
            "elsewhere", id];
        await CopyAsync(original, copy);
        copy.Launch(copy.Live(sink.Port).Replace($"127.0.0.1:{copy.Port}", $"unix:{socket}", StringComparison.Ordinal));
        await CountsAsync(copy, "held", Waiting);
        await FloodAsync(await SmtpClient.ConnectAsync(socket), Flood);
        await CountsAsync(copy, "captured", Flood);
        await CountsAsync(copy, "held", Waiting);
        Assert.Equal(0, Begun(copy));

        Assert.Contains("NOTHING IS SENT", copy.Printed, StringComparison.Ordinal);
        Assert.Contains("the machine id is another", (await copy.DoAsync("status")).Text, StringComparison.Ordinal);
        Assert.Contains("\"foreign\":true", (await copy.DoAsync("live", "--json")).Text, StringComparison.Ordinal);
        await copy.WaitForAsync("relay-is-a-copy");

        await copy.KillAsync(); // it knows what it is in its next life too
        copy.Launch();
        await CountsAsync(copy, "held", Waiting);
        Assert.Equal(0, Begun(copy));

        var said = await copy.DoAsync("live", "confirm", "--reason", "moved house");
        Assert.True(said.ExitCode == 0, $"{said}");
        Assert.Contains("the host name is stage", said.Text, StringComparison.Ordinal);
        await CountsAsync(copy, "held", Waiting); // still: a person releases it
        Assert.Equal(0, Begun(copy));
        await copy.AskAsync("queue", "release", "subject:WAIT-7");
        while (Begun(copy) == 0) // there is nobody at its next hop, and it knocks: so the count was worth something
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_copied_folder_on_the_same_machine_is_seen_and_its_mail_goes_once_a_person_says_so()
    {
        await using var sink = Sink.Start();
        await using var original = await RealRelay.LiveAsync(sink.Port);
        await LoadAsync(original, sink);
        sink.Up();
        var (accepted, arrived) = (sink.Accepted, sink.Arrivals.Count);

        await using var copy = new RealRelay();
        await CopyAsync(original, copy);
        await copy.StartAsync(copy.Live(sink.Port));
        await FloodAsync(await SmtpClient.ConnectAsync(copy.Port), Flood);
        await CountsAsync(copy, "captured", Flood);
        await CountsAsync(copy, "held", Waiting);
        Assert.Equal((accepted, arrived), (sink.Accepted, sink.Arrivals.Count));

        Assert.Equal(0, (await copy.DoAsync("live", "confirm", "--reason", "restored")).ExitCode);
        await HarnessItself.SendAsync(copy, "ours", Mails.Notification("NEW-1"));
        Assert.True(Mails.IsAbout("NEW-1", (await sink.WaitAsync(arrived + 1, copy))[^1].Bytes));
        await copy.AskAsync("queue", "release", "state:held");
        await sink.WaitAsync(arrived + 1 + Waiting, copy);
        await CountsAsync(copy, "captured", Flood); // what came into a copy is nobody's

        await copy.StopAsync();
        File.WriteAllText(Path.Combine(copy.Data, "live-on.json"), "{ \"machi"); // no write of ours, but who knows
        await copy.StartAsync();
        Assert.Contains("an unknown machine", (await copy.DoAsync("status")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_a_kill_and_a_renamed_folder_are_no_copy_and_a_foreign_configuration_is()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var bound = Regex.Match(relay.Printed, "live_on = \\\\?\"([^\"\\\\]+)").Groups[1].Value;
        await relay.KillAsync();
        await relay.StartAsync();
        await relay.StopAsync();
        Directory.Move(relay.Data, relay.Data + "-moved");
        await using var moved = new RealRelay { Data = relay.Data + "-moved" };
        await moved.StartAsync($"live_on = \"{bound}\"\n" + moved.Live(sink.Port));
        await HarnessItself.SendAsync(moved, "ours", Mails.Notification("MOVED-1"));
        await sink.WaitAsync(1, moved);
        await moved.StopAsync();
        Directory.Move(moved.Data, relay.Data);
        await relay.StartAsync($"live_on = \"{bound}\"\n" + relay.Live(sink.Port));
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("HOME-1"));
        await sink.WaitAsync(2, relay);

        File.WriteAllText(relay.ConfigurationFile, "live_on = \"production/0123456789ab\"\n" + relay.Live(sink.Port));
        Assert.Equal(0, (await relay.DoAsync("reload")).ExitCode);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("COPY-1"));
        await relay.FindAsync("state:captured subject:COPY-1", 1);
        Assert.Equal(2, sink.Arrivals.Count);
    }

    [Fact]
    public async Task The_staging_copy_that_points_at_this_relay_is_captured_and_its_original_goes_on()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await FloodAsync(await SmtpClient.ConnectAsync(relay.Port), 1, OfJira);
        await sink.WaitAsync(1, relay);
        await relay.StopAsync();
        var memory = Path.Combine(relay.Data, "sources.json"); // as after a month
        File.WriteAllText(memory, Regex.Replace(File.ReadAllText(memory), "(?<=\"since\":\")[^\"]+",
            DateTimeOffset.UtcNow.AddDays(-30).ToString("O", CultureInfo.InvariantCulture)));
        await relay.StartAsync();
        await FloodAsync(await SmtpClient.ConnectAsync(relay.Port), 1, OfJira);
        await sink.WaitAsync(2, relay);

        var elsewhere = IPAddress.Parse("127.0.0.2");
        await FloodAsync(await SmtpClient.ConnectAsync(relay.Port, elsewhere, "stage.example.test"), Flood, OfJira);
        await CountsAsync(relay, "captured", Flood);
        Assert.Equal(2, sink.Arrivals.Count);
        await FloodAsync(await SmtpClient.ConnectAsync(relay.Port), 1, OfJira);
        await sink.WaitAsync(3, relay);
        Assert.Contains("jira 3b0c44", (await relay.DoAsync("live")).Text, StringComparison.Ordinal);

        var said = await relay.DoAsync("live", "confirm", "--source", "3b0c44", "--reason", "it moved");
        Assert.True(said.ExitCode == 0, $"{said}");
        await FloodAsync(await SmtpClient.ConnectAsync(relay.Port, elsewhere, "stage.example.test"), 1, OfJira);
        await sink.WaitAsync(4, relay);
    }

    private static byte[] OfJira(int n) => Encoding.ASCII.GetBytes("X-JIRA-FingerPrint: 3b0c44\r\n"
        + $"Subject: [JIRA] (PROJ-{n}) Broken\r\nFrom: \"Ann (Jira)\" <jira@example.com>\r\n\r\n"
        + $"https://jira.example.com/browse/PROJ-{n}\r\n");

    // One has gone out, and more wait for a next hop that is away.
    private static async Task LoadAsync(RealRelay relay, Sink sink)
    {
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("GONE-1"));
        await sink.WaitAsync(1, relay);
        sink.Down();
        await FloodAsync(await SmtpClient.ConnectAsync(relay.Port), Waiting, n => Mails.Notification($"WAIT-{n}"));
        await CountsAsync(relay, "waiting", Waiting);
    }

    private static Task FloodAsync(SmtpClient client, int count) =>
        FloodAsync(client, count, n => Mails.Notification($"FLOOD-{n}"));

    private static async Task FloodAsync(SmtpClient client, int count, Func<int, byte[]> mail)
    {
        await using (client)
            for (var i = 1; i <= count; i++)
                Assert.StartsWith("250", await client.SendAsync(mail(i)), StringComparison.Ordinal);
    }

    private static async Task CopyAsync(RealRelay original, RealRelay copy)
    {
        await original.KillAsync();
        var said = await Shell.RunAsync("cp", ["-a", original.Data, copy.Data]);
        Assert.True(said.ExitCode == 0, $"{said}");
    }

    // As a person would: by asking again.
    private static async Task CountsAsync(RealRelay relay, string state, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (true)
        {
            Assert.False(relay.Process.HasExited, relay.Printed);
            var said = await relay.DoAsync("status", "--json");
            if (said.ExitCode == 0 && JsonDocument.Parse(said.Output).RootElement.GetProperty("counts")
                .TryGetProperty(state, out var found) && found.GetInt32() == count)
                return;
            Assert.False(limit.IsCancellationRequested, $"never {count} {state}: {said}\n{relay.Printed}");
        }
    }

    // Tcp: ActiveOpens, RFC 4022: every connection that was begun in the relay's own network.
    private static int Begun(RealRelay relay)
    {
        var rows = File.ReadAllLines($"/proc/{relay.Process.Id}/net/snmp")
            .Where(line => line.StartsWith("Tcp:", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToList();
        return int.Parse(rows[1][Array.IndexOf(rows[0], "ActiveOpens")], CultureInfo.InvariantCulture);
    }
}
