using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Dovecot's submission service: nearest to what large providers offer.</summary>
public sealed class NextHopIsDovecot
{
    [Fact, Trait("Long", "yes")]
    public async Task Mail_goes_through_it_unchanged_over_TLS_with_a_login()
    {
        await using var sink = Sink.Start();
        await using var dovecot = await OtherHop.DovecotAsync(sink.Port);
        await using var relay = new RealRelay();
        await relay.StartAsync(dovecot.Secured(relay, dovecot.Login()));
        await HarnessItself.FiveGoThroughAsync(relay, sink);
        await relay.FindAsync("state:delivered", HarnessItself.Five.Count);
        Assert.Contains(", TLS,", dovecot.Log, StringComparison.Ordinal);
    }

    [Fact, Trait("Long", "yes")]
    public async Task A_password_that_it_does_not_take_pauses_the_account_and_costs_no_try()
    {
        await using var sink = Sink.Start();
        await using var dovecot = await OtherHop.DovecotAsync(sink.Port);
        await using var relay = new RealRelay();
        var login = dovecot.Login();
        File.WriteAllText(Path.Combine(dovecot.Folder, "password"), "wrong\n");
        await relay.StartAsync(dovecot.Secured(relay, login) + "\n[queue]\nprobe_account = \"1s\"");
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PROJ-1"));
        await relay.WaitForAsync("Lane 'upstream' is paused");
        Assert.All(await relay.FindAsync("state:waiting", 1), r =>
            Assert.Equal(0, r.GetProperty("failedTries").GetInt32()));

        File.WriteAllText(Path.Combine(dovecot.Folder, "password"), "right\n");
        Mails.ArrivedUnchanged(Mails.Notification("PROJ-1"), (await sink.WaitAsync(1, relay))[0].Bytes);
    }
}
