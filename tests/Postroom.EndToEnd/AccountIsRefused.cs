using System.Globalization;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>An account that the other side refuses, with a full house behind it: it stops, knocks seldom, bounces
/// nothing, and goes on by itself once it is cured.</summary>
public sealed class AccountIsRefused
{
    [Fact]
    public Task A_wrong_password_is_tried_once_an_interval_over_a_restart_too_and_all_goes_when_it_is_set() =>
        WrongPasswordAsync(1_000);

    [Fact]
    public Task A_refused_consent_is_asked_for_once_an_interval_and_all_goes_after_a_new_one() =>
        RefusedConsentAsync(1_000);

    [Fact]
    public Task An_expired_client_secret_is_shown_once_an_interval_and_all_goes_with_a_new_one() =>
        ExpiredSecretAsync(1_000);

    [Fact]
    [Trait("Long", "yes")]
    public async Task The_same_with_ten_thousand_waiting()
    {
        const int waiting = 10_000;
        var (logins, consents, secrets) = (await WrongPasswordAsync(waiting), await RefusedConsentAsync(waiting),
            await ExpiredSecretAsync(waiting));
        Figures.Note("an account refused with 10,000 waiting", string.Create(CultureInfo.InvariantCulture,
            $"wrong password: {logins} logins, one an interval (1 s doubling), over a restart; refused consent: "
            + $"{consents} requests and no login; expired client secret: {secrets} and none; after the cure all "
            + $"delivered without a restart, 0 bounces, no attempt burnt"));
    }

    private static async Task<int> WrongPasswordAsync(int waiting)
    {
        await using var hop = new OAuthHop();
        (hop.Sink.Token, hop.Sink.Password) = (null, "right");
        File.WriteAllText(hop.Relay.ConfigurationFile, hop.Relay.Live(hop.Sink.Port,
            route: "user = \"jira\"\npassword = \"secret:upstream\"",
            rest: $"[vault]\nkey_file = '{hop.KeyFile}'\n[queue]\nprobe_account = \"1s\""));
        await hop.SetAsync("upstream", "wrong");
        await hop.Relay.StartAsync();
        await hop.SendAsync(waiting);
        await OAuthHop.UntilAsync(() => hop.Sink.Logins.Count, 3);

        Assert.Equal(0, await hop.Relay.StopAsync());
        var before = hop.Sink.Logins.Count;
        await hop.Relay.StartAsync();
        await hop.Relay.WaitForAsync("was refused before the start and is not tried before");
        await OAuthHop.UntilAsync(() => hop.Sink.Logins.Count, before + 1);
        NoOftenerThanTheIntervals(hop.Sink.Logins);
        await NothingIsLostAsync(hop, waiting);

        var tried = hop.Sink.Logins.Count;
        await hop.SetAsync("upstream", "right");
        await AllGoAsync(hop, waiting);
        return tried;
    }

    private static async Task<int> RefusedConsentAsync(int waiting)
    {
        await using var hop = new OAuthHop();
        hop.Write();
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        await hop.SetAsync("oauth.hop", hop.Idp.Consent());
        hop.Idp.Revoke();
        var asked = await RefusedAsync(hop, waiting);
        await hop.SetAsync("oauth.hop", hop.Idp.Consent());
        await AllGoAsync(hop, waiting);
        return asked;
    }

    private static async Task<int> ExpiredSecretAsync(int waiting)
    {
        await using var hop = new OAuthHop();
        hop.Write("flow = \"app\"");
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        hop.Idp.ClientSecret = "canary-new-secret";
        var asked = await RefusedAsync(hop, waiting);
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        await AllGoAsync(hop, waiting);
        return asked;
    }

    [Fact]
    public async Task A_token_taken_back_before_its_end_is_renewed_once_and_nobody_notices()
    {
        await using var hop = new OAuthHop();
        hop.Write();
        await hop.SetAsync("client", hop.Idp.ClientSecret!);
        await hop.SetAsync("oauth.hop", hop.Idp.Consent());
        var tokens = new List<string>();
        hop.Sink.Token = token =>
        {
            tokens.Add(token);
            return hop.Idp.Use(token);
        };
        await hop.Relay.StartAsync();
        await hop.SendAsync(200, connections: 1);
        await hop.Sink.WaitAsync(200, hop.Relay);
        // XOAUTH2 costs no round trip a mail: 200 mails, one after the other, and the connections that were opened.
        Assert.Equal(hop.Sink.Commands.Count(c => c.StartsWith("EHLO", StringComparison.Ordinal)),
            hop.Sink.Commands.Count(c => c.StartsWith("AUTH", StringComparison.Ordinal)));
        Assert.InRange(hop.Sink.Logins.Count, 1, 16);

        var logins = hop.Sink.Logins.Count;
        hop.Idp.Expire(tokens[^1]);
        hop.Sink.Down();
        hop.Sink.Up();
        await hop.SendAsync(5, connections: 1);
        await hop.Sink.WaitAsync(205, hop.Relay);
        Assert.Equal(2, tokens.Distinct().Count());
        Assert.True(hop.Sink.Logins.Count >= logins + 2, "it was not refused once");
        await OAuthHop.UntilAsync(() => Count(hop, "delivered"), 205);
        await NothingIsLostAsync(hop, waiting: 0);
    }

    // The account is refused from the start, with a full house.
    private static async Task<int> RefusedAsync(OAuthHop hop, int waiting)
    {
        List<TimeSpan> asked = [];
        hop.Idp.BeforeAnswer = () =>
        {
            lock (asked)
                asked.Add(System.Diagnostics.Stopwatch.GetElapsedTime(0));
        };
        await hop.Relay.StartAsync();
        await hop.SendAsync(waiting);
        await OAuthHop.UntilAsync(() => asked.Count, 2);
        Assert.Empty(hop.Sink.Logins);
        Assert.DoesNotContain(hop.Sink.Commands, c => c.StartsWith("EHLO", StringComparison.Ordinal));
        NoOftenerThanTheIntervals(asked);
        await NothingIsLostAsync(hop, waiting);
        hop.Idp.BeforeAnswer = () => { };
        return asked.Count;
    }

    // 1 s, 2 s, 4 s…; a machine that is busy only makes them longer.
    private static void NoOftenerThanTheIntervals(List<TimeSpan> times)
    {
        for (var i = 1; i < times.Count; i++)
        {
            var wait = TimeSpan.FromSeconds(Math.Pow(2, i - 1)) - TimeSpan.FromMilliseconds(20);
            Assert.True(times[i] - times[i - 1] >= wait, string.Join(", ", times));
        }
    }

    private static async Task NothingIsLostAsync(OAuthHop hop, int waiting)
    {
        // What the index counts comes a moment behind what was acknowledged.
        await OAuthHop.UntilAsync(() => Count(hop, "waiting") + Count(hop, "trying"), waiting);
        Assert.Equal(waiting, Count(hop, "waiting") + Count(hop, "trying"));
        Assert.Equal(0, Count(hop, "failed") + Count(hop, "expired"));
    }

    private static async Task AllGoAsync(OAuthHop hop, int waiting)
    {
        var arrived = await hop.Sink.WaitAsync(waiting, hop.Relay);
        Assert.Equal(waiting, arrived.Select(a => Mails.KeyOf(a.Bytes)).Distinct().Count());
        Assert.DoesNotContain(arrived, a => a.From.Contains("<>", StringComparison.Ordinal));
        await OAuthHop.UntilAsync(() => Count(hop, "delivered"), waiting);
        var counts = (await hop.Relay.AskAsync("status")).GetProperty("counts");
        Assert.Equal(waiting, counts.EnumerateObject().Sum(state => state.Value.GetInt64()));
        foreach (var recipient in await hop.Relay.SearchAsync("state:delivered subject:PROJ-77"))
            Assert.Equal(0, recipient.GetProperty("failedTries").GetInt32());
    }

    private static int Count(OAuthHop hop, string state) => hop.Relay.AskAsync("status").GetAwaiter().GetResult()
        .GetProperty("counts").GetProperty(state).GetInt32();
}
