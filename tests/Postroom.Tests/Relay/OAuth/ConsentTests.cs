using System.Net;
using System.Web;
using Postroom.Relay.OAuth;
using Xunit;

namespace Postroom.Tests.Relay.OAuth;

public class ConsentTests
{
    private static readonly Uri Back = new("http://localhost:4711/");

    [Fact] // RFC 6749 §4.1, RFC 7636
    public async Task A_consent_in_a_browser_comes_back_with_a_code_that_only_we_can_redeem()
    {
        using var house = new TokenHouse();
        var asked = BrowserConsent.Ask(house.Account, Back);
        var query = HttpUtility.ParseQueryString(asked.Address.Query);
        Assert.Equal(("the-client", "mail offline_access", "S256", "app@example.org", "consent"),
            (query["client_id"], query["scope"], query["code_challenge_method"], query["login_hint"],
                query["prompt"]));

        var code = asked.CodeIn(await VisitAsync(asked.Address));
        var stranger = BrowserConsent.Ask(house.Account, Back);
        await Assert.ThrowsAsync<TokenException>(() =>
            house.Book.Client.RedeemAsync(house.Account, stranger, code, CancellationToken.None));

        code = asked.CodeIn(await VisitAsync(asked.Address));
        var grant = await house.Book.Client.RedeemAsync(house.Account, asked, code, CancellationToken.None);
        ConsentBook.Keep(house.Vault.Vault, house.Account,
            ConsentBook.Of(house.Account, grant, house.Vault.Time.GetUtcNow()));
        Assert.True(house.Idp.Use(await house.TokenAsync()));
        Assert.Equal(new DateOnly(2027, 2, 23), house.Vault.Vault.Find("oauth.hop")!.Expires);
    }

    [Fact]
    public async Task The_answer_to_another_question_is_not_taken()
    {
        using var house = new TokenHouse();
        var asked = BrowserConsent.Ask(house.Account, Back);
        var other = await VisitAsync(BrowserConsent.Ask(house.Account, Back).Address);
        Assert.Contains("another question", Assert.Throws<TokenException>(() => asked.CodeIn(other)).Message,
            StringComparison.Ordinal);
        Assert.Throws<TokenException>(() => asked.CodeIn(new Uri(Back, "/?code=x")));
    }

    [Fact]
    public async Task A_no_is_told_in_the_providers_words()
    {
        using var house = new TokenHouse();
        house.Idp.ConsentError = "access_denied";
        var asked = BrowserConsent.Ask(house.Account, Back);
        var back = await VisitAsync(asked.Address);
        Assert.Equal("access_denied: The person said no",
            Assert.Throws<TokenException>(() => asked.CodeIn(back)).Message);
    }

    [Fact] // without both parameters Google gives no refresh token
    public void At_Google_a_consent_is_asked_for_that_lasts()
    {
        using var house = new TokenHouse(account => account with { Provider = OAuthProvider.Google });
        var query = HttpUtility.ParseQueryString(BrowserConsent.Ask(house.Account, Back).Address.Query);
        Assert.Equal(("offline", "consent"), (query["access_type"], query["prompt"]));
    }

    [Fact] // RFC 8628
    public async Task A_consent_on_another_device_is_waited_for_at_the_pace_the_server_asks()
    {
        using var house = new TokenHouse();
        house.Idp.PendingPolls = 3;
        var asked = await house.Book.Client.BeginDeviceAsync(house.Account, CancellationToken.None);
        Assert.Equal(("WDJB-MJHT", house.Idp.Address + "/enter", TimeSpan.FromSeconds(1)),
            (asked.UserCode, asked.VerificationUri, asked.PollEvery));
        Assert.DoesNotContain("canary", asked.ToString(), StringComparison.Ordinal);

        var waiting = house.Book.Client.AwaitDeviceAsync(house.Account, asked, CancellationToken.None);
        Assert.Equal(0, house.Idp.Asked); // not before the first interval
        await PassAsync(house, waiting, TimeSpan.FromSeconds(1));
        Assert.NotNull((await waiting).RefreshToken);
        Assert.Equal(4, house.Idp.Asked);
    }

    [Fact]
    public async Task Who_does_not_agree_in_time_begins_again()
    {
        using var house = new TokenHouse();
        house.Idp.PendingPolls = int.MaxValue;
        var asked = await house.Book.Client.BeginDeviceAsync(house.Account, CancellationToken.None);
        var waiting = house.Book.Client.AwaitDeviceAsync(house.Account, asked, CancellationToken.None);
        await PassAsync(house, waiting, TimeSpan.FromMinutes(1));
        Assert.StartsWith("expired_token", (await Assert.ThrowsAsync<TokenException>(() => waiting)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_consent_without_a_refresh_token_would_last_an_hour_and_is_not_kept()
    {
        using var house = new TokenHouse();
        var grant = new Grant(new AccessToken(new("t"), default), null, null, null);
        Assert.Contains("offline access", Assert.Throws<TokenException>(() =>
            ConsentBook.Of(house.Account, grant, default)).Message, StringComparison.Ordinal);
    }

    [Fact] // Google says when a consent ends whose screen is still in testing
    public async Task A_consent_that_ends_soon_is_kept_with_that_day()
    {
        using var house = new TokenHouse();
        house.Idp.RefreshLife = TimeSpan.FromDays(7);
        house.Consent();
        await house.TokenAsync();
        Assert.Equal(new DateOnly(2026, 12, 2), house.Vault.Vault.Find("oauth.hop")!.Expires);
    }

    [Fact] // brought along from another program: the token itself, without our note around it
    public void A_bare_refresh_token_is_a_consent() =>
        Assert.Equal("1//abc", Consent.Of(new("1//abc\n"), default).RefreshToken);

    [Fact]
    public void Neither_a_consent_nor_a_token_is_printed_by_mistake()
    {
        Assert.DoesNotContain("canary", new Consent("canary", default, default).ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", new AccessToken(new("canary"), default).ToString(), StringComparison.Ordinal);
    }

    // Time passes only when nobody is busy any more, as far as one can see from here.
    private static async Task PassAsync(TokenHouse house, Task waiting, TimeSpan step)
    {
        while (!waiting.IsCompleted)
        {
            var asked = house.Idp.Asked;
            house.Vault.Time.Advance(step);
            for (var i = 0; i < 20_000 && house.Idp.Asked == asked && !waiting.IsCompleted; i++)
                await Task.Yield();
        }
    }

    private static async Task<Uri> VisitAsync(Uri page)
    {
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var answer = await browser.GetAsync(page, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return answer.Headers.Location!;
    }
}
