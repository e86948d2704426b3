using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Duende.IdentityModel.Client;
using Postroom.Mail;
using Postroom.Relay.Vault;

namespace Postroom.Relay.OAuth;

/// <summary>What an authorization server gave (RFC 6749 §5.1).</summary>
/// <param name="Access">The token to use.</param>
/// <param name="RefreshToken">The next refresh token; null if the old one stays.</param>
/// <param name="Scope">What was granted; null if it is what was asked for.</param>
/// <param name="RefreshEndsAt">When the refresh token ends, where the server says so.</param>
public sealed record Grant(
    AccessToken Access, string? RefreshToken, string? Scope, DateTimeOffset? RefreshEndsAt)
{
    /// <summary>As with any secret: whoever prints it by mistake prints nothing of it.</summary>
    public override string ToString() => "•••";
}

/// <summary>Asks authorization servers for tokens. Keeps nothing.</summary>
/// <remarks>Secrets are fetched from the vault for each request: a corrected one heals without a restart.</remarks>
public sealed class TokenClient : IDisposable
{
    private const string JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private const int LargestAnswer = 256 * 1024;
    private const int TenYears = 10 * 365 * 86_400; // seconds

    // RFC 6749 §5.1 only recommends expires_in; who leaves it out means "for a while".
    private static readonly TimeSpan UnsaidLife = TimeSpan.FromMinutes(30);

    private readonly HttpClient _http;
    private readonly SecretVault _vault;
    private readonly TimeProvider _time;

    /// <param name="within">For one answer.</param>
    public TokenClient(SecretVault vault, TimeProvider time, TimeSpan within)
    {
        (_vault, _time) = (vault, time);
        // A redirect of a token endpoint would carry our secrets to wherever it points.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            Timeout = within, MaxResponseContentBufferSize = LargestAnswer,
        };
    }

    /// <summary>The next access token out of a person's consent (RFC 6749 §6).</summary>
    /// <exception cref="TokenException">It was refused, or the server cannot be reached.</exception>
    public async Task<Grant> RefreshAsync(OAuthAccount account, Consent consent, CancellationToken cancel)
    {
        using var request = Prepared(account, new RefreshTokenRequest
        {
            RefreshToken = consent.RefreshToken, Scope = ScopeOf(account),
        });
        return Granted(account, await AskAsync(account, _http.RequestRefreshTokenAsync(request, cancel), cancel),
            consent.RefreshToken, request.ClientSecret, request.ClientAssertion?.Value);
    }

    /// <summary>An access token for the application itself (RFC 6749 §4.4).</summary>
    /// <exception cref="TokenException">As of <see cref="RefreshAsync"/>.</exception>
    public async Task<Grant> OfAppAsync(OAuthAccount account, CancellationToken cancel)
    {
        using var request = Prepared(account, new ClientCredentialsTokenRequest { Scope = ScopeOf(account) });
        return Granted(account,
            await AskAsync(account, _http.RequestClientCredentialsTokenAsync(request, cancel), cancel),
            request.ClientSecret, request.ClientAssertion?.Value);
    }

    /// <summary>An access token for a mailbox, by a key that may speak for it (RFC 7523 §2.1).</summary>
    /// <exception cref="TokenException">As of <see cref="RefreshAsync"/>.</exception>
    public async Task<Grant> OfServiceAccountAsync(OAuthAccount account, CancellationToken cancel)
    {
        var assertion = Signed(account, () =>
            Assertions.OfServiceAccount(account, Open(account, account.Key), _time.GetUtcNow()));
        using var request = new TokenRequest
        {
            Address = account.Endpoints.Token.AbsoluteUri,
            ClientCredentialStyle = ClientCredentialStyle.PostBody,
            GrantType = JwtBearer,
            Parameters = { { "assertion", assertion } },
        };
        return Granted(account, await AskAsync(account, _http.RequestTokenAsync(request, cancel), cancel), assertion);
    }

    /// <summary>Redeems the code that a browser brought back (RFC 6749 §4.1.3, RFC 7636 §4.5).</summary>
    /// <exception cref="TokenException">As of <see cref="RefreshAsync"/>.</exception>
    public async Task<Grant> RedeemAsync(OAuthAccount account, BrowserConsent asked, string code,
        CancellationToken cancel)
    {
        using var request = Prepared(account, new AuthorizationCodeTokenRequest
        {
            Code = code, RedirectUri = asked.RedirectTo.AbsoluteUri, CodeVerifier = asked.Verifier,
        });
        return Granted(account,
            await AskAsync(account, _http.RequestAuthorizationCodeTokenAsync(request, cancel), cancel),
            code, asked.Verifier, request.ClientSecret, request.ClientAssertion?.Value);
    }

    /// <summary>Begins a consent on another device (RFC 8628 §3.1).</summary>
    /// <exception cref="TokenException">As of <see cref="RefreshAsync"/>.</exception>
    public async Task<DeviceConsent> BeginDeviceAsync(OAuthAccount account, CancellationToken cancel)
    {
        if (account.Endpoints.Device is not { } address)
            throw new TokenException($"the provider of [[oauth]] {account.Name} has no device flow", isAccount: true);
        using var request = Prepared(account, new DeviceAuthorizationRequest { Scope = ScopeOf(account) });
        request.Address = address.AbsoluteUri;
        var answer = await AskAsync(account, _http.RequestDeviceAuthorizationAsync(request, cancel), cancel);
        if (answer.IsError || answer is not { DeviceCode: { } code, UserCode: { } userCode, VerificationUri: { } at })
            throw Refusal(account, answer, answer.ErrorDescription, request.ClientSecret,
                request.ClientAssertion?.Value);
        return new DeviceConsent(userCode, at, new Secret(code))
        {
            EndsAt = _time.GetUtcNow() + TimeSpan.FromSeconds(answer.ExpiresIn ?? 900),
            PollEvery = TimeSpan.FromSeconds(Math.Clamp(answer.Interval, 1, 60)),
        };
    }

    /// <summary>Waits until the person has agreed on the other device (RFC 8628 §3.4).</summary>
    /// <exception cref="TokenException">The person said no, or not in time.</exception>
    public async Task<Grant> AwaitDeviceAsync(OAuthAccount account, DeviceConsent asked, CancellationToken cancel)
    {
        var every = asked.PollEvery;
        while (true)
        {
            await Task.Delay(every, _time, cancel);
            using var request = Prepared(account,
                new DeviceTokenRequest { DeviceCode = asked.DeviceCode.Reveal() });
            var answer = await AskAsync(account, _http.RequestDeviceTokenAsync(request, cancel), cancel);
            // RFC 8628 §3.5: slower if it says so, or if it does not answer.
            if (answer.Error == "slow_down" || answer.HttpResponse is null)
                every += TimeSpan.FromSeconds(5);
            else if (answer.Error != "authorization_pending")
                return Granted(account, answer, asked.DeviceCode.Reveal(), request.ClientSecret,
                    request.ClientAssertion?.Value);
            if (_time.GetUtcNow() >= asked.EndsAt)
                throw new TokenException("expired_token: nobody agreed in time; begin again", isAccount: true);
        }
    }

    public void Dispose() => _http.Dispose();

    private static string? ScopeOf(OAuthAccount account) => account.Scope.Length > 0 ? account.Scope : null;

    private T Prepared<T>(OAuthAccount account, T request) where T : ProtocolRequest
    {
        request.Address = account.Endpoints.Token.AbsoluteUri;
        request.ClientId = account.ClientId;
        request.ClientCredentialStyle = ClientCredentialStyle.PostBody; // what Google and Microsoft document
        if (account.ClientSecret is not null)
            request.ClientSecret = Open(account, account.ClientSecret).Reveal();
        else if (account.CertificateFile is not null)
            request.ClientAssertion = new ClientAssertion
            {
                Type = AssertionType,
                Value = Signed(account, () =>
                    Assertions.OfClient(account, Open(account, account.Key), _time.GetUtcNow())),
            };
        return request;
    }

    // Whatever the library makes of an answer, or of none.
    private static async Task<T> AskAsync<T>(OAuthAccount account, Task<T> asking, CancellationToken cancel)
        where T : ProtocolResponse
    {
        try
        {
            var answer = await asking;
            _ = answer.IsError; // which looks into it: it may be no object
            return answer;
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException or HttpRequestException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new TokenException($"{account.Endpoints.Token.Host} gave no answer that can be read for a token: "
                + Reason(e), isAccount: false, e);
        }
    }

    private static string Signed(OAuthAccount account, Func<string> sign)
    {
        try
        {
            return sign();
        }
        catch (Exception e) when (e is CryptographicException or NotSupportedException or ArgumentException
            or InvalidOperationException)
        {
            throw new TokenException($"the key secret:{account.Key} of [[oauth]] {account.Name} cannot sign: "
                + e.Message, isAccount: true, e);
        }
    }

    private Secret Open(OAuthAccount account, string? name)
    {
        try
        {
            return _vault.Open(name ?? throw new TokenException(
                $"[[oauth]] {account.Name} names no secret", isAccount: true));
        }
        catch (VaultException closed)
        {
            throw new TokenException(closed.Message, isAccount: true, closed);
        }
    }

    private Grant Granted(OAuthAccount account, TokenResponse answer, params ReadOnlySpan<string?> sent)
    {
        if (answer.IsError || answer.AccessToken is not { Length: > 0 } token)
            throw Refusal(account, answer, answer.ErrorDescription, sent);
        var now = _time.GetUtcNow();
        var life = answer.ExpiresIn > 0 ? TimeSpan.FromSeconds(Math.Min(answer.ExpiresIn, TenYears)) : UnsaidLife;
        return new Grant(new AccessToken(new Secret(token), now + life), Said(answer.RefreshToken), Said(answer.Scope),
            EndOf(answer, now));
    }

    // Google says it where a consent screen is still in testing. Whatever stands there instead of a sensible number is
    // passed over: the new refresh token came, and must not be lost for it.
    private static DateTimeOffset? EndOf(TokenResponse answer, DateTimeOffset now) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json
        && json.TryGetProperty("refresh_token_expires_in", out var life) && life.ValueKind == JsonValueKind.Number
        && life.TryGetInt64(out var seconds) && seconds is > 0 and < TenYears
            ? now + TimeSpan.FromSeconds(seconds)
            : null;

    private static string? Said(string? text) => string.IsNullOrEmpty(text) ? null : text; // null in JSON comes as ""

    // 4xx with a code of RFC 6749 §5.2 is about us; anything else is the server's, and passes.
    private static TokenException Refusal(
        OAuthAccount account, ProtocolResponse answer, string? description, params ReadOnlySpan<string?> sent)
    {
        var host = account.Endpoints.Token.Host;
        if (answer.HttpResponse is null)
            return new TokenException(
                $"{host} did not answer for a token: {Reason(answer.Exception)}", isAccount: false, answer.Exception);
        var status = (int)answer.HttpStatusCode;
        var code = answer.TryGet("error");
        if (code is null)
            return new TokenException($"{host} gave no token: HTTP {status}, and no word of why",
                isAccount: status is 400 or 401 or 403 or 404);
        var words = description is null ? code : $"{code}: {description}";
        foreach (var secret in sent)
            if (secret is { Length: > 0 })
                words = words.Replace(secret, "•••", StringComparison.Ordinal);
        return new TokenException(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"{Shown(words)} (HTTP {status} of {host})"),
            isAccount: status is >= 400 and < 500 and not (int)HttpStatusCode.TooManyRequests
                && code is not ("temporarily_unavailable" or "server_error"));
    }

    /// <summary>The server's words on one line, and bounded.</summary>
    internal static string Shown(string words) =>
        Reply.Cut(Printable.Of(string.Join(' ', words.Split((char[]?)['\r', '\n'],
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))));

    private static string Reason(Exception? broken) => broken is TaskCanceledException or null
        ? "no answer in time"
        : (broken.InnerException ?? broken).Message;
}
