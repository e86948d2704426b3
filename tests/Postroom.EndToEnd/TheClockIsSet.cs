using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>An administrator, or a broken time server, sets the wall clock while mail waits.</summary>
public sealed class TheClockIsSet
{
    private const string Queue = "[queue]\nretry_first = \"2s\"\nretry_longest = \"2s\"\nprobe = \"1s\"";

    public static TheoryData<int, bool> Jumps => new()
    {
        { -2, false }, { 2, false }, { 3650, false }, { -2, true }, { 2, true }, { 3650, true },
    };

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task What_waits_neither_freezes_nor_expires(int days, bool isKilled)
    {
        using var shim = await Misfortune.MakeAsync();
        await using var sink = Sink.Start();
        await using var relay = new RealRelay { By = shim.By };
        await relay.StartAsync(relay.Live(sink.Port, rest: Queue));

        // One was tried, and waits for its time; then the next hop goes away, and one waits for that.
        sink.Reply = command => command.StartsWith("RCPT", StringComparison.Ordinal) ? "451 4.7.1 greylisted" : null;
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("DEFERRED"));
        await relay.FindAsync("state:waiting reply:greylisted", 1);
        sink.Down();
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("PAUSED"));

        shim.ClockIsOffBy = TimeSpan.FromDays(days);
        if (isKilled)
        {
            await relay.KillAsync();
            await relay.StartAsync();
        }

        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("FRESH"));
        sink.Reply = _ => null;
        sink.Up();
        await ArrivesAsync(sink, relay, "DEFERRED", "PAUSED", "FRESH");

        // Set right again, in the same life or the next: nothing waits for the years to come.
        sink.Reply = command => command.StartsWith("RCPT", StringComparison.Ordinal) ? "451 4.7.1 greylisted" : null;
        await HarnessItself.SendAsync(relay, "ours", Mails.Notification("LATER"));
        await relay.FindAsync("subject:LATER reply:greylisted", 1);
        shim.ClockIsOffBy = TimeSpan.Zero;
        if (isKilled)
        {
            await relay.KillAsync();
            await relay.StartAsync();
        }

        sink.Reply = _ => null;
        await ArrivesAsync(sink, relay, "DEFERRED", "PAUSED", "FRESH", "LATER");
        Assert.Equal(4, (await relay.FindAsync("state:delivered", 4)).Count);
        Assert.Empty(await relay.SearchAsync("from:mailer-daemon"));
        Assert.Equal(0, await relay.StopAsync());
    }

    // These, and nothing else: no report that one has expired or is delayed.
    private static async Task ArrivesAsync(Sink sink, RealRelay relay, params string[] keys)
    {
        var arrived = await sink.WaitAsync(
            all => keys.ToHashSet().IsSubsetOf(all.Select(a => Mails.KeyOf(a.Bytes))), string.Join(", ", keys), relay);
        Assert.All(arrived, a => Assert.Contains(Mails.KeyOf(a.Bytes), keys));
    }
}
