using System.Net;
using Postroom.Fuzz.Targets;
using Postroom.Relay.Submission;
using Postroom.Shared;
using Xunit;

namespace Postroom.Tests.Relay.Submission;

/// <summary>Sessions that break every rule, with the real listener and its real sockets.</summary>
/// <remarks>
/// After each the listener is as it was: it answered one reply a command and none more, ended by itself, kept no body
/// and no memory, and takes an honest mail.
/// </remarks>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public class SessionFuzzTests
{
    private const int Round = 500;
    private const long MostGrown = 64_000_000;

    private static readonly ListenerSettings[] Listeners =
    [
        House.Plain,
        House.Plain with { Name = "lenient", Strictness = Strictness.Lenient },
        House.Plain with { Name = "login", RequireAuth = true },
    ];

    [Fact]
    public Task No_session_does_harm() => HoldAsync(2_000, seed: 1);

    [Fact]
    [Trait("Long", "yes")]
    public async Task A_hundred_thousand_sessions_do_no_harm()
    {
        var seed = Random.Shared.Next() & 0xfffffff;
        var figures = await HoldAsync(100_000, seed);
        Figures.Note("hostile sessions", $"100,000 sessions from seed {seed}: 0 crashes, 0 hangs, 0 replies of no form "
            + $"or out of step, an honest mail taken after each; {figures}");
    }

    private static async Task<string> HoldAsync(int count, int seed)
    {
        await using var house = await House.OpenAsync(new HurriedClock(20), Listeners);
        Users.Set(house.Settings.UsersFile, "jira", "secret", new byte[16]);
        var (taken, base0) = (0, 0L);
        for (var first = 0; first < count; first += Round)
        {
            var all = Enumerable.Range(seed + first, Math.Min(Round, count - first));
            await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = 6 },
                async (one, _) => await PlayAsync(house, one));
            taken += Look(house);
            var memory = GC.GetTotalMemory(forceFullCollection: true);
            base0 = first == 0 ? memory : base0;
            Must.Hold(memory - base0 < MostGrown, $"memory grew from {base0} to {memory}");
        }

        return $"{taken:N0} mails taken in them, memory flat";
    }

    private static Task PlayAsync(House house, int seed) => HostileClient.PlayAsync(
        seed, (IPEndPoint)house.Server.Bound[Listeners[seed % Listeners.Length].Name],
        (IPEndPoint)house.Server.Bound["plain"]);

    private static int Look(House house)
    {
        var (hostile, honest) = (0, 0);
        while (house.Spool.Mails.TryDequeue(out var mail))
        {
            Must.BeClean(Wire.Octets(mail.Body), "no bare CR, bare LF or NUL is stored");
            Must.Hold(mail.Draft.Origin is not { Listener: "login", User: null }, "no mail without a login");
            var isHonest = mail.Draft.Envelope.Recipients[0].Path.Address == "honest@example.com";
            _ = isHonest ? honest++ : hostile++;
        }

        while (house.Spool.Bodies.TryDequeue(out var body))
            Must.Hold(body.IsDisposed, "no body is kept when its session is over");
        Must.Hold(honest > 0, "honest mails were taken");
        return hostile;
    }
}
