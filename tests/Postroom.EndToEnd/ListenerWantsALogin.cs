using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class ListenerWantsALogin
{
    [Fact]
    public async Task Only_a_user_with_the_right_password_gets_in()
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        File.WriteAllText(relay.ConfigurationFile, relay.Live(sink.Port, listener: "require_auth = true"));
        var set = await relay.DoWithInputAsync(
            "correct horse\n", "listener", "user", "set", "jira", "--config", relay.ConfigurationFile);
        Assert.True(set.ExitCode == 0, $"{set}");
        await relay.StartAsync();

        await using var stranger = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("530", await stranger.SendAsync(Mails.Notification("PROJ-1")), StringComparison.Ordinal);

        var mail = Mails.Notification("PROJ-2");
        await HarnessItself.SendAsync(relay, "python with AUTH", mail);
        Mails.ArrivedUnchanged(mail, (await sink.WaitAsync(1, relay))[0].Bytes);
        Assert.DoesNotContain("correct horse", relay.Printed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_typed_with_an_accent_of_its_own_is_the_same_user()
    {
        await using var relay = new RealRelay();
        foreach (var typed in (string[])["Zoe\u0308", "Zo\u00EB"])
        {
            var set = await relay.DoWithInputAsync("correct horse\n", "listener", "user", "set", typed);
            Assert.True(set.ExitCode == 0, $"{set}");
        }

        Assert.Equal("Zo\u00EB\n", (await relay.DoAsync("listener", "user", "list")).Text);
    }
}
