using System.Security.Cryptography;
using System.Buffers.Text;
using System.Text;
using Duende.IdentityModel.Client;
using Microsoft.AspNetCore.WebUtilities;
using Postroom.Mail;

namespace Postroom.Relay.OAuth;

/// <summary>A consent on another device (RFC 8628).</summary>
/// <param name="UserCode">What the person types there.</param>
/// <param name="VerificationUri">Where.</param>
/// <param name="DeviceCode">What we ask with meanwhile.</param>
public sealed record DeviceConsent(string UserCode, string VerificationUri, Secret DeviceCode)
{
    public DateTimeOffset EndsAt { get; init; }

    public TimeSpan PollEvery { get; init; }
}

/// <summary>A consent in a browser, with PKCE (RFC 7636), which comes back to this machine (RFC 8252 §7.3).</summary>
/// <param name="Address">What the browser opens.</param>
/// <param name="RedirectTo">Where it comes back to.</param>
public sealed record BrowserConsent(Uri Address, Uri RedirectTo)
{
    /// <summary>What only this process knows until the code is redeemed.</summary>
    internal string Verifier { get; private init; } = "";

    internal string State { get; private init; } = "";

    /// <summary>Asks for the consent of whoever opens the address.</summary>
    /// <exception cref="TokenException">The provider has no such way.</exception>
    public static BrowserConsent Ask(OAuthAccount account, Uri redirectTo)
    {
        if (account.Endpoints.Authorization is not { } at)
            throw new TokenException($"the provider of [[oauth]] {account.Name} has no page to consent at",
                isAccount: true);
        var verifier = Dice();
        var state = Dice();
        var extra = new Parameters();
        if (account.Provider == OAuthProvider.Google)
            extra.Add("access_type", "offline"); // without both no refresh token comes
        var address = new RequestUrl(at.AbsoluteUri).CreateAuthorizeUrl(account.ClientId, "code", account.Scope,
            redirectTo.AbsoluteUri, state, loginHint: account.User.Length > 0 ? account.User : null, prompt: "consent",
            codeChallenge: Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            codeChallengeMethod: "S256", extra: extra);
        return new BrowserConsent(new Uri(address), redirectTo) { Verifier = verifier, State = state };
    }

    /// <summary>An address is the answer to this question, yes or no.</summary>
    public bool IsAnsweredBy(Uri cameBackTo) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(Said(cameBackTo, "state") ?? ""), Encoding.UTF8.GetBytes(State));

    /// <summary>The code out of the address that the browser came back to.</summary>
    /// <exception cref="TokenException">It is not the answer to this question, or it is no.</exception>
    public string CodeIn(Uri cameBackTo)
    {
        if (!IsAnsweredBy(cameBackTo))
            throw new TokenException("the browser came back with the answer to another question (state differs): "
                + "begin again", isAccount: true);
        return Said(cameBackTo, "error") is null && Said(cameBackTo, "code") is { Length: > 0 } code
            ? code
            : throw new TokenException(TokenClient.Shown((Said(cameBackTo, "error") ?? "no code") + ": "
                + (Said(cameBackTo, "error_description") ?? "nobody agreed")), isAccount: true);
    }

    // RFC 6749 §4.1.2: in the query. Whatever else it is, nothing in it throws.
    private static string? Said(Uri cameBackTo, string name) =>
        QueryHelpers.ParseQuery(cameBackTo.Query).TryGetValue(name, out var values) ? values[0] : null;

    private static string Dice() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}
