using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class StoredMailIsDamaged
{
    private const string Here = "one octet of this line will rot";

    [Theory]
    [InlineData("DATA", 10)]
    [InlineData("BDAT", 10)]
    [InlineData("DATA", 250_000)]
    [InlineData("BDAT", 250_000)]
    public async Task It_is_held_and_told_and_no_octet_of_it_counts_as_a_mail(string way, int size)
    {
        await using var sink = Sink.Away(offersChunking: way == "BDAT", offersPipelining: true, certificate: null);
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var filler = string.Concat(Enumerable.Repeat("just another line\r\n", size / 19));
        var rotten = Encoding.ASCII.GetBytes($"Subject: rots\r\n\r\n{filler}{Here}\r\n");
        await HarnessItself.SendAsync(relay, "ours", rotten);
        var sound = Mails.Notification("PROJ-1");
        await HarnessItself.SendAsync(relay, "ours", sound);
        await relay.StopAsync();
        Assert.Equal(1, Rot(relay.Data));

        await relay.StartAsync();
        sink.Up();

        var held = Assert.Single(await relay.FindAsync("state:held", 1));
        Mails.ArrivedUnchanged(sound, Assert.Single(await sink.WaitAsync(1, relay)).Bytes);
        await relay.FindAsync("state:delivered", 1);
        Assert.Single(sink.Arrivals);
        var id = held.GetProperty("id").GetString()!;
        Assert.Contains("damaged", (await relay.AskAsync("queue", "show", id)).Kinds());
        Assert.Contains($"Mail {id} cannot be read back", relay.Printed, StringComparison.Ordinal);
    }

    // One bit, as disks lose them.
    private static int Rot(string data)
    {
        var hit = 0;
        foreach (var file in Directory.EnumerateFiles(data, "*", SearchOption.AllDirectories))
        {
            if (file.EndsWith(".sock", StringComparison.Ordinal))
                continue;
            var octets = File.ReadAllBytes(file);
            var at = octets.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Here));
            if (at < 0)
                continue;
            octets[at + 4] ^= 1;
            File.WriteAllBytes(file, octets);
            hit++;
        }

        return hit;
    }
}
