using System.Text;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class DiskIsFull
{
    private const string Floor = "[spool]\nfree_space_floor = \"8MB\"\nsegment_size = \"2MB\"";
    private static readonly byte[] Much =
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("and so on, and so on\r\n", 8_000)));
    private const int DiskFailed = 74; // docs/reference/exit-codes.md

    [Fact]
    public async Task Below_its_floor_nothing_is_taken_and_what_was_taken_does_not_suffer()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var mail = Mails.Notification("PROJ-1");
        await HarnessItself.SendAsync(relay, "ours", mail);
        await relay.StopAsync();

        await relay.StartAsync(relay.Live(sink.Port, rest: "[spool]\nfree_space_floor = \"900000GB\""));
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("452 4.3.1", await client.SendAsync(Mails.Notification("PROJ-2")), StringComparison.Ordinal);
        sink.Up();
        Mails.ArrivedUnchanged(mail, Assert.Single(await sink.WaitAsync(1, relay)).Bytes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Filled_and_freed_under_load_it_takes_mail_again_by_itself(bool isNames) =>
        await FillAndFreeAsync(2, isNames);

    [Fact]
    [Trait("Long", "yes")]
    public async Task Filled_and_freed_a_hundred_times()
    {
        var load = await FillAndFreeAsync(100, isNames: false);
        var names = await FillAndFreeAsync(20, isNames: true);
        Figures.Note("disk full and freed 100 times under load",
            $"{load.Sent} mails sent by 4 clients, {load.Accepted.Count} acknowledged, {load.Count("452")} told 452: "
            + "0 lost, 0 torn, delivery ran on while it was full, intake resumed 100 times unaided; with the names of "
            + $"the disk taken 20 times: {names.Accepted.Count} acknowledged, {names.Count("452")} told 452, 0 lost");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task To_the_last_octet_or_name_nothing_acknowledged_is_lost(bool isNames)
    {
        await using var disk = await SmallDisk.MountAsync("size=48m,nr_inodes=500");
        await using var sink = Sink.Start();
        await using var relay = new RealRelay { Data = Path.Combine(disk.Folder, "data") };
        await relay.StartAsync(relay.Live(sink.Port, rest: Floor));
        var load = new Load(relay, Large);
        for (var round = 1; round <= 2; round++)
        {
            var refused = load.Count("452") + load.Count("451") + load.Count("cut");
            if (isNames)
                disk.TakeNames(but: 0);
            else
                disk.Fill(but: 0);
            await load.RunAsync(2, () => load.Count("452") + load.Count("451") + load.Count("cut") > refused + 20);
            disk.Clear();
            if (relay.Process.HasExited)
            {
                // Faster than it looks: what could not be written ends it in the documented way.
                Assert.Equal(DiskFailed, await relay.ExitAsync());
                await relay.StartAsync();
            }

            var before = load.Accepted.Count;
            await load.RunAsync(2, () => load.Accepted.Count > before + 5);
        }

        await load.AllArrivesAsync(sink);
        Assert.Equal(0, await relay.StopAsync());
    }

    private static async Task<Load> FillAndFreeAsync(int rounds, bool isNames)
    {
        // What is kept of delivered mail grows with the rounds: it must not be what fills the disk.
        await using var disk = await SmallDisk.MountAsync($"size={64 + (8 * rounds)}m,nr_inodes=500");
        await using var sink = Sink.Start();
        await using var relay = new RealRelay { Data = Path.Combine(disk.Folder, "data") };
        await relay.StartAsync(relay.Live(sink.Port, rest: Floor));
        var load = new Load(relay);
        var isOver = false;
        var sending = load.RunAsync(4, () => isOver);
        for (var round = 1; round <= rounds; round++)
        {
            await UntilAsync(relay, load, "250");
            if (isNames)
                disk.TakeNames(but: 32);
            else
                disk.Fill(but: 4 << 20);
            await UntilAsync(relay, load, "452");
            await load.AllArrivesAsync(sink); // delivery runs on
            disk.Clear();
        }

        await UntilAsync(relay, load, "250");
        isOver = true;
        await sending;
        await load.AllArrivesAsync(sink);
        Assert.DoesNotContain("cut", load.Answers.Keys);
        Assert.All(load.Answers.Keys, code => Assert.Contains(code, (string[])["250", "452"]));
        Assert.Equal(0, await relay.StopAsync());
        return load;
    }

    // From now on some more of these answers come.
    private static async Task UntilAsync(RealRelay relay, Load load, string answer)
    {
        var enough = load.Count(answer) + 8;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (load.Count(answer) < enough)
        {
            Assert.False(relay.Process.HasExited, relay.Printed);
            await Task.Delay(10, limit.Token);
        }
    }

    // A few fill a segment: it needs the next one.
    private static byte[] Large(string key) =>
        [.. Mails.Notification(key), .. Much];
}
