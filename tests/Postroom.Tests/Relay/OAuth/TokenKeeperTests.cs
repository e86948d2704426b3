using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Postroom.Mail;
using Postroom.Relay.OAuth;
using Xunit;

namespace Postroom.Tests.Relay.OAuth;

public class TokenKeeperTests
{
    [Fact]
    public async Task A_consent_brings_a_token_and_many_who_ask_at_once_cost_one_request()
    {
        using var house = new TokenHouse();
        house.Consent();
        var tokens = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => house.TokenAsync()));
        Assert.Single(tokens.Distinct());
        Assert.Equal(tokens[0], await house.TokenAsync());
        Assert.Equal(1, house.Idp.Asked);
        Assert.True(house.Idp.Use(tokens[0]));
        Assert.Equal("mail offline_access", house.Idp.Requests[0]["scope"]);
    }

    [Fact]
    public async Task The_application_logs_in_for_itself_with_a_secret()
    {
        using var house = new TokenHouse(account => account with { Flow = OAuthFlow.App });
        Assert.True(house.Idp.Use(await house.TokenAsync()));
        Assert.Equal(("client_credentials", house.Idp.ClientSecret),
            (house.Idp.Requests[0]["grant_type"], house.Idp.Requests[0]["client_secret"]));
    }

    [Fact] // RFC 7523 §2.2
    public async Task Or_with_a_certificate_whose_key_is_in_the_vault()
    {
        using var key = RSA.Create(2048);
        var folder = Directory.CreateTempSubdirectory("postroom-cert-");
        try
        {
            var file = Path.Combine(folder.FullName, "client.pem");
            using var certificate = new CertificateRequest("CN=postroom", key, HashAlgorithmName.SHA256,
                RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(90));
            await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(),
                TestContext.Current.CancellationToken);
            using var house = new TokenHouse(account => account with
            {
                Flow = OAuthFlow.App, ClientSecret = null, CertificateFile = file, Key = "cert-key",
            });
            house.Idp.Key = key;
            house.Vault.Vault.Put("cert-key", new Secret(key.ExportPkcs8PrivateKeyPem()));

            Assert.True(house.Idp.Use(await house.TokenAsync()));
            Assert.Null(house.Idp.Requests[0]["client_secret"]);

            house.Vault.Vault.Put("cert-key", new Secret("no key"));
            house.Book.SecretChanged("cert-key");
            var refused = await house.RefusedAsync();
            Assert.True(refused.IsAccount);
            Assert.Contains("cannot be used with the key secret:cert-key", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact] // RFC 7523 §2.1
    public async Task A_service_account_speaks_for_a_mailbox()
    {
        using var key = RSA.Create(2048);
        using var house = new TokenHouse(account => account with
        {
            Flow = OAuthFlow.ServiceAccount, ClientId = "", ClientSecret = null, Key = "service",
        });
        house.Idp.Key = key;
        house.Vault.Vault.Put("service", new Secret(new JsonObject
        {
            ["client_email"] = "postroom@project.example", ["private_key_id"] = "k1",
            ["private_key"] = key.ExportPkcs8PrivateKeyPem(),
        }.ToJsonString()));

        Assert.True(house.Idp.Use(await house.TokenAsync()));
        var claims = new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(house.Idp.Requests[0]["assertion"]);
        Assert.Equal(("postroom@project.example", "app@example.org", "k1"),
            (claims.Issuer, claims.Subject, claims.Kid));
        Assert.Equal("mail offline_access", claims.GetClaim("scope").Value);

        house.Vault.Vault.Put("service", new Secret("canary {"));
        house.Book.SecretChanged("service");
        var refused = await house.RefusedAsync();
        Assert.Contains("secret:service is no key of a service account", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_renewed_at_three_quarters_of_its_life_beside_the_one_that_is_good()
    {
        using var house = new TokenHouse();
        house.Consent();
        var first = await house.TokenAsync();
        house.Vault.Time.Advance(TimeSpan.FromMinutes(41)); // of 60: 69 %
        Assert.Equal(first, await house.TokenAsync());
        Assert.Equal(1, house.Idp.Asked);

        house.Vault.Time.Advance(TimeSpan.FromMinutes(8)); // 82 %
        var given = await house.TokenAsync(); // not waited for
        Assert.Equal(first, given);
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await house.TokenAsync() == first)
        {
            enough.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(2, house.Idp.Asked);
    }

    [Fact]
    public async Task An_authorization_server_that_is_down_costs_nothing_while_the_token_is_good()
    {
        using var house = new TokenHouse();
        house.Consent();
        var first = await house.TokenAsync();
        house.Idp.Instead = (503, "<html>Service Unavailable</html>");
        house.Vault.Time.Advance(TimeSpan.FromMinutes(50));
        for (var i = 0; i < 20; i++)
            Assert.Equal(first, await house.TokenAsync());
        house.Vault.Time.Advance(TimeSpan.FromMinutes(10));

        var refused = await house.RefusedAsync(); // by the request beside, or by one of its own
        Assert.False(refused.IsAccount);
        Assert.Contains("HTTP 503", refused.Message, StringComparison.Ordinal);
        var asked = house.Idp.Asked;
        await house.RefusedAsync(); // five seconds are not over: it is not asked again
        Assert.Equal(asked, house.Idp.Asked);

        house.Idp.Instead = null;
        house.Vault.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.NotEqual(first, await house.TokenAsync());
    }

    [Fact]
    public async Task The_next_refresh_token_is_kept_before_its_access_token_is_given()
    {
        using var house = new TokenHouse();
        var consent = house.Consent();
        var inTheWay = Directory.CreateDirectory(house.Vault.FileOf(house.Account.ConsentName) + ".new");
        var refused = await house.RefusedAsync();
        Assert.Contains("could not be kept, so its access token is not used", refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(consent, house.Kept.RefreshToken);

        inTheWay.Delete();
        house.Vault.Time.Advance(TimeSpan.FromMinutes(1));
        var token = await house.TokenAsync();
        var kept = house.Kept.RefreshToken;
        Assert.NotEqual(consent, kept);
        Assert.True(house.Idp.Use(token)); // which takes the one before back
        Assert.True(house.Idp.IsAlive(kept));
    }

    [Fact]
    public async Task A_refresh_token_that_stays_is_not_written_again_on_the_same_day()
    {
        using var house = new TokenHouse();
        house.Idp.Rotates = false;
        var consent = house.Consent();
        var file = house.Vault.FileOf(house.Account.ConsentName);
        var before = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await house.TokenAsync();
        Assert.Equal(before, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));

        house.Vault.Time.Advance(TimeSpan.FromDays(1));
        await house.TokenAsync();
        Assert.Equal((consent, house.Vault.Time.GetUtcNow()), (house.Kept.RefreshToken, house.Kept.RenewedAt));
        Assert.Equal(new DateOnly(2027, 2, 24), house.Vault.Vault.Find(house.Account.ConsentName)!.Expires);
    }

    [Fact]
    public async Task A_token_that_worked_and_is_refused_is_worth_one_other_and_no_more()
    {
        using var house = new TokenHouse();
        house.Consent();
        var token = await house.Source.GetAsync(CancellationToken.None);
        house.Source.Accepted(token);
        Assert.True(house.Source.Refused(token));
        var other = await house.Source.GetAsync(CancellationToken.None);
        Assert.NotEqual(token, other);
        Assert.False(house.Source.Refused(other));
        Assert.True(house.Source.Refused(token)); // somebody comes late with the old one: there was another since

        // The probe that comes minutes later brings a new one, and again only one.
        var third = await house.Source.GetAsync(CancellationToken.None);
        Assert.NotEqual(other, third);
        Assert.False(house.Source.Refused(third));
    }

    [Fact]
    public async Task A_refused_consent_says_so_in_the_servers_words_and_is_asked_again_only_after_a_change()
    {
        using var house = new TokenHouse();
        house.Consent();
        house.Idp.Revoke();
        var refused = await house.RefusedAsync();
        Assert.True(refused.IsAccount);
        Assert.Equal("invalid_grant: AADSTS70008: The refresh token has expired or was revoked. (HTTP 400 of "
            + "127.0.0.1)", refused.Message);
        await house.RefusedAsync();
        Assert.Equal(1, house.Idp.Asked);

        house.Consent();
        house.Book.SecretChanged(house.Account.ConsentName);
        Assert.True(house.Idp.Use(await house.TokenAsync()));
    }

    [Fact]
    public async Task Without_a_consent_it_says_what_to_do()
    {
        using var house = new TokenHouse();
        var refused = await house.RefusedAsync();
        Assert.True(refused.IsAccount);
        Assert.Contains("run `postroom oauth connect hop`", refused.Message, StringComparison.Ordinal);
        house.Vault.Vault.Put(house.Account.ConsentName, new Secret("{\"canary\":1}"));
        house.Book.SecretChanged(house.Account.ConsentName);
        Assert.Equal("what is kept as this account's consent is no refresh token",
            (await house.RefusedAsync()).Message);
        Assert.Equal(0, house.Idp.Asked);
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_grant","error_description":"Bad canary-client-secret and\r\nmore"}""", true,
        "invalid_grant: Bad ••• and more (HTTP 400 of 127.0.0.1)")]
    [InlineData(400, """{"error":"temporarily_unavailable"}""", false,
        "temporarily_unavailable (HTTP 400 of 127.0.0.1)")]
    [InlineData(429, """{"error":"too_many"}""", false, "too_many (HTTP 429 of 127.0.0.1)")]
    [InlineData(404, "<html/>", true, "127.0.0.1 gave no token: HTTP 404, and no word of why")]
    [InlineData(302, "", false, "127.0.0.1 gave no token: HTTP 302, and no word of why")]
    [InlineData(200, "{}", false, "127.0.0.1 gave no token: HTTP 200, and no word of why")]
    [InlineData(200, "\e[31mno JSON", false, "127.0.0.1 gave no token: HTTP 200, and no word of why")]
    public async Task Whatever_a_server_answers_is_told_on_one_line_and_without_our_secrets(
        int status, string body, bool isAccount, string says)
    {
        using var house = new TokenHouse();
        house.Consent();
        house.Idp.Instead = (status, body);
        var refused = await house.RefusedAsync();
        Assert.Equal((says, isAccount), (refused.Message, refused.IsAccount));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_not_the_accounts_fault()
    {
        using var house = new TokenHouse();
        house.Consent();
        house.Idp.Dispose();
        var refused = await house.RefusedAsync();
        Assert.False(refused.IsAccount);
        Assert.StartsWith("127.0.0.1 did not answer for a token: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_consent_that_idles_is_used_once_a_week()
    {
        using var house = new TokenHouse();
        house.Consent();
        Assert.Empty(await house.Book.KeepAliveAsync(CancellationToken.None));
        Assert.Equal(0, house.Idp.Asked);
        house.Vault.Time.Advance(TimeSpan.FromDays(7));
        Assert.Empty(await house.Book.KeepAliveAsync(CancellationToken.None));
        Assert.Equal(1, house.Idp.Asked);
        house.Vault.Time.Advance(TimeSpan.FromDays(7));
        house.Idp.Revoke();
        Assert.Contains("AADSTS70008", Assert.Single(await house.Book.KeepAliveAsync(CancellationToken.None)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_changed_in_the_configuration_begins_anew_and_one_that_did_not_goes_on()
    {
        using var house = new TokenHouse();
        house.Consent();
        var token = await house.TokenAsync();
        house.Book.Use([house.Account with { }]);
        Assert.Equal(token, await house.TokenAsync());
        house.Book.Use([house.Account with { Scope = "other" }]);
        Assert.NotEqual(token, await house.TokenAsync());
        house.Book.Use([]);
        Assert.Null(house.Book.Find("hop"));
    }
}
