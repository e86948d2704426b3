using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class PasswordIsWrong
{
    [Fact]
    public async Task The_route_waits_nobody_gets_a_bounce_and_a_corrected_password_heals_it()
    {
        await using var sink = Sink.Start();
        sink.Password = "right";
        await using var relay = new RealRelay();
        var password = Path.Combine(relay.Folder, "password");
        File.WriteAllText(password, "wrong\n");
        await relay.StartAsync(relay.Live(sink.Port, route: $"user = \"jira\"\npassword_file = \"{password}\"",
            rest: "[queue]\nprobe_account = \"1s\""));
        var mail = Mails.Notification("PROJ-1");
        await HarnessItself.SendAsync(relay, "ours", mail);
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-2"));
        Assert.All(await relay.FindAsync("state:waiting", 2), r =>
            Assert.Equal(0, r.GetProperty("failedTries").GetInt32()));

        File.WriteAllText(password, "right\n");
        var arrived = await sink.WaitAsync(2, relay);
        Assert.All(arrived, a => Assert.StartsWith("MAIL FROM:<jira@", a.From, StringComparison.Ordinal));
        await relay.FindAsync("state:delivered", 2);
        Assert.DoesNotContain("wrong\n", relay.Printed, StringComparison.Ordinal);
    }
}
