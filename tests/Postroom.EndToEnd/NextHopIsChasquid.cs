using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class NextHopIsChasquid
{
    [Fact]
    public async Task It_takes_the_mail_over_TLS_and_refuses_who_is_unknown()
    {
        await using var chasquid = await OtherHop.ChasquidAsync();
        await using var relay = new RealRelay();
        await relay.StartAsync(chasquid.Secured(relay));
        var mail = Mails.Notification("PROJ-1");
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
        {
            Assert.StartsWith("250", await client.SendAsync(mail), StringComparison.Ordinal);
            await relay.FindAsync("to:alice@example.com state:delivered", 1);
            Assert.StartsWith("250", await client.SendAsync(mail, from: "", to: "bob@example.com"),
                StringComparison.Ordinal);
        }

        await relay.FindAsync("to:bob@example.com state:failed", 1);
        // It hands a mail to its agent with the line ends of this system.
        var got = await GotAsync(chasquid);
        Assert.EndsWith(Encoding.UTF8.GetString(mail).ReplaceLineEndings("\n"), got.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
    }

    /// <summary>It offers PIPELINING, but what came behind a final dot it has thrown away.</summary>
    [Fact, Trait("Long", "yes")]
    public async Task What_it_forgets_behind_a_final_dot_comes_on_another_connection()
    {
        await using var chasquid = await OtherHop.ChasquidAsync();
        await using var relay = new RealRelay();
        await relay.StartAsync(chasquid.Secured(relay, "connections = 1"));
        await using (var client = await SmtpClient.ConnectAsync(relay.Port))
            foreach (var key in (string[])["PROJ-1", "PROJ-2"])
                Assert.StartsWith("250", await client.SendAsync(Mails.Notification(key)), StringComparison.Ordinal);
        await relay.FindAsync("state:delivered", 2);
        Assert.Equal(2, Directory.EnumerateFiles(Path.Combine(chasquid.Folder, "got")).Count());
    }

    private static async Task<string> GotAsync(OtherHop chasquid)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        while (true)
        {
            if (Directory.EnumerateFiles(Path.Combine(chasquid.Folder, "got")).FirstOrDefault() is { } file)
                return Encoding.UTF8.GetString((await Shell.RunAsRootAsync("cat", file)).Output);
            await Task.Delay(20, limit.Token);
        }
    }
}
