using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SocketWasLeftBehind
{
    [Fact]
    public async Task A_UNIX_socket_serves_before_and_after_a_kill()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        var socket = Path.Combine(relay.Folder, "submission.sock");
        var listener = $"[[listener]]\naddress = \"unix:{socket}\"\nsocket_mode = \"0600\"";
        await relay.StartAsync(relay.Live(sink.Port, listener: listener));
        await relay.WaitForAsync("started");
        await SendAsync(socket, "PROJ-1");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        await relay.KillAsync();
        Assert.True(File.Exists(socket));
        await relay.StartAsync();
        await relay.WaitForAsync("started", times: 2);
        await SendAsync(socket, "PROJ-2");
        await sink.WaitAsync(all => all.Any(a => Mails.IsAbout("PROJ-2", a.Bytes)), "PROJ-2", relay);
    }

    private static async Task SendAsync(string socket, string key)
    {
        await using var client = await SmtpClient.ConnectAsync(socket);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification(key)), StringComparison.Ordinal);
    }
}
