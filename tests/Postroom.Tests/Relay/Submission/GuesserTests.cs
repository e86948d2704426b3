using System.Net;
using Postroom.Relay.Submission;
using Xunit;

namespace Postroom.Tests.Relay.Submission;

/// <summary>Who guesses passwords gets a few tries a minute, and shuts out nobody but his own address.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class GuesserTests
{
    private const string Wrong = "AUTH PLAIN AGppcmEAd3Jvbmc=\r\n";
    private const string Right = "AUTH PLAIN AGppcmEAc2VjcmV0\r\n";
    private const string Later = "454 4.7.0 Too many failed logins from your address, try later";

    private static readonly ListenerSettings Login = House.Plain with { Name = "login", RequireAuth = true };

    private static async Task<House> OpenAsync(TimeProvider clock)
    {
        var house = await House.OpenAsync(clock, Login);
        Users.Set(house.Settings.UsersFile, "jira", "secret", new byte[16]);
        return house;
    }

    // A minute of this clock is a twentieth of a second: a thousand tries take an hour of it.
    [Fact]
    public async Task Of_a_thousand_tries_one_a_minute_gets_through()
    {
        var clock = new HurriedClock(1_200);
        await using var house = await OpenAsync(clock);
        var begin = clock.GetTimestamp();
        var answers = new Dictionary<string, int> { ["535"] = 0, ["454"] = 0 };
        for (var tries = 0; tries < 1_000;)
        {
            using var client = await Client.HelloAsync(house.Address);
            for (var i = 0; i < 3 && tries < 1_000; i++, tries++)
                answers[(await client.AskAsync(Wrong))[..3]]++;
        }

        var minutes = (int)Math.Ceiling(clock.GetElapsedTime(begin).TotalMinutes);
        Assert.Equal(1_000, answers.Values.Sum());
        Assert.InRange(answers["535"], 10, 10 + minutes);

        // The owner: at another address at once, at the guesser's own once a try has come back.
        using var elsewhere = await Client.HelloAsync(house.Address, IPAddress.Parse("127.0.0.2"));
        Assert.StartsWith("235", await elsewhere.AskAsync(Right), StringComparison.Ordinal);
        using var owner = await Client.HelloAsync(house.Address);
        var answer = await owner.AskAsync(Right);
        while (answer == Later)
            answer = await owner.AskAsync(Right);
        Assert.StartsWith("235", answer, StringComparison.Ordinal);
    }

    // Who has begun a hundred exchanges before the first was refused must not finish a hundred.
    [Fact]
    public async Task Exchanges_begun_at_once_count_like_those_one_by_one()
    {
        var clock = new HurriedClock(20);
        await using var house = await OpenAsync(clock);
        var begin = clock.GetTimestamp();
        var clients = new List<Client>();
        try
        {
            for (var i = 0; i < 60; i++)
            {
                clients.Add(await Client.HelloAsync(house.Address));
                Assert.StartsWith("334", await clients[^1].AskAsync("AUTH LOGIN amlyYQ==\r\n"), StringComparison.Ordinal);
            }

            var answers = new List<string>();
            foreach (var client in clients)
                answers.Add(await client.AskAsync("d3Jvbmc=\r\n"));
            var minutes = (int)Math.Ceiling(clock.GetElapsedTime(begin).TotalMinutes);
            Assert.InRange(answers.Count(one => one.StartsWith("535", StringComparison.Ordinal)), 10, 10 + minutes);
            Assert.Contains(Later, answers);

            // Nobody who was turned away is out of step, or has used up a try.
            foreach (var client in clients)
                Assert.StartsWith("250", await client.AskAsync("NOOP\r\n"), StringComparison.Ordinal);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }
}
