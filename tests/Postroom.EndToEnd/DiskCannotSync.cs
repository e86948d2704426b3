using System.Diagnostics;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class DiskCannotSync
{
    [Fact]
    public async Task Nothing_is_acknowledged_any_more_and_the_next_start_delivers_what_was()
    {
        await using var sink = Sink.Away();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));

        using var strace = Process.Start(Shell.Command("strace",
            ["-f", "-p", $"{relay.Process.Id}", "-e", "inject=fdatasync,fsync:error=EIO"]))!;
        var attached = "";
        while (!attached.Contains(" attached", StringComparison.Ordinal))
        {
            if (await strace.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is not { } line)
                Assert.Skip($"strace may not trace here: {attached}");
            else
                attached += line;
        }
        var rest = strace.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            Assert.False(await IsAcceptedAsync(client, "PROJ-2"), "a 250 although the disk said EIO");
        Assert.Equal(74, await relay.ExitAsync());
        await strace.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("EIO", await rest, StringComparison.Ordinal);

        sink.Up();
        await relay.StartAsync();
        var arrived = await sink.WaitAsync(1, relay);
        Assert.Contains(arrived, a => Mails.IsAbout("PROJ-1", a.Bytes));
    }

    // Refused, or cut off without an answer: either tells the client to send again.
    private static async Task<bool> IsAcceptedAsync(SmtpClient client, string key)
    {
        try
        {
            return (await client.SendAsync(Mails.Notification(key))).StartsWith("250", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
