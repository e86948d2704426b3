using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A person wants to be forgotten: nothing that is kept names her any more, and that this was done can be
/// proved.</summary>
public sealed class APersonIsErased
{
    private const string Her = "mallory.unusual@example.com";

    [Fact]
    public async Task From_everything_that_is_kept_while_the_record_stays_whole()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-1"), to: Her),
            StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-2"), to: "bob@example.com"),
            StringComparison.Ordinal);
        var id = (await relay.FindAsync($"state:delivered to:{Her}", 1))[0].GetProperty("id").GetString()!;
        await relay.FindAsync("state:delivered to:bob", 1);

        var looked = await relay.DoAsync("erase", Her, "--dry-run");
        Assert.Equal(0, looked.ExitCode);
        Assert.StartsWith($"There are: 1 mail of {Her} alone, 0 places", looked.Text, StringComparison.Ordinal);
        var erased = await relay.DoAsync("erase", Her, "--reason", "DSR-7");
        Assert.True(erased.ExitCode == 0, erased.ToString());
        Assert.Contains("All files were gone through.", erased.Text, StringComparison.Ordinal);
        var proof = erased.Text.Split('\n').Single(line => line.StartsWith("postroom-checkpoint ",
            StringComparison.Ordinal));
        Assert.Empty(Naming(relay.Data, "mallory.unusual"));
        var shown = await relay.DoAsync("queue", "show", id);
        Assert.Equal(1, shown.ExitCode);
        Assert.Contains("was erased on", shown.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, (await relay.DoAsync("search", $"to:{Her}")).ExitCode);
        Assert.Equal(1, (await relay.DoAsync("erase", Her)).ExitCode); // nothing is known of her
        Assert.Contains($"All that was known of {Her} was erased", (await relay.DoAsync("why", $"to:{Her}")).Text,
            StringComparison.Ordinal);

        await relay.StopAsync();
        Assert.Empty(Naming(relay.Data, "mallory.unusual"));
        await File.WriteAllTextAsync(Path.Combine(relay.Folder, "proof"), proof, TestContext.Current.CancellationToken);
        var verified = await relay.DoAsync("audit", "verify", "--checkpoints", Path.Combine(relay.Folder, "proof"));
        Assert.True(verified.ExitCode == 0, verified.ToString());
        Assert.Contains("something is forgotten, and the chain says that it was to go", verified.Text,
            StringComparison.Ordinal);
        Assert.Contains("Checkpoints kept elsewhere: 1 right, 0 wrong", verified.Text, StringComparison.Ordinal);

        Assert.Equal(0, (await relay.DoAsync("spool", "rebuild")).ExitCode);
        await relay.StartAsync();
        await relay.FindAsync("to:bob PROJ-2", 1);
        Assert.Contains("was erased on", (await relay.DoAsync("queue", "show", id)).ToString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Not_while_her_mail_is_open_and_after_it_was_cancelled()
    {
        await using var sink = Sink.Start();
        sink.Reply = command => command.StartsWith("RCPT", StringComparison.Ordinal) ? "450 4.2.1 later" : null;
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification("PROJ-1"), to: Her),
            StringComparison.Ordinal);
        await relay.FindAsync($"state:waiting to:{Her} fault:recipient", 1);
        var refused = await relay.DoAsync("erase", Her);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Nothing was erased: 1 mail of this address has not ended.", refused.Text,
            StringComparison.Ordinal);
        Assert.Equal(0, (await relay.DoAsync("queue", "cancel", $"to:{Her}")).ExitCode);
        var erased = await relay.DoAsync("erase", Her);
        Assert.True(erased.ExitCode == 0, erased.ToString());
        await relay.StopAsync();
        Assert.Empty(Naming(relay.Data, "mallory.unusual"));
    }

    [Fact]
    public async Task Without_a_service_that_is_told()
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await relay.StopAsync();
        var said = await relay.DoAsync("erase", Her);
        Assert.Equal(69, said.ExitCode);
        Assert.Contains("it does the erasing: start it", said.ToString(), StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Naming(string folder, string text) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file =>
            Path.GetFileName(file) != "lock" && Path.GetExtension(file) != ".sock"
            && Encoding.Latin1.GetString(Read(file)).Contains(text, StringComparison.OrdinalIgnoreCase))];

    // The relay may have it open.
    private static byte[] Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var octets = new MemoryStream();
        stream.CopyTo(octets);
        return octets.ToArray();
    }
}
