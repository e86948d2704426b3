using Postroom.Api;
using Postroom.Api.Access;
using Postroom.Configuration;
using Postroom.Relay.OAuth;
using Postroom.Relay.Vault;

namespace Postroom.Host;

/// <summary>Something that ends on a day, or is to be changed by one.</summary>
/// <param name="What">In words, and always the same for the same thing.</param>
/// <param name="Day">The last on which it holds, UTC.</param>
/// <param name="Cure">What to do before.</param>
public sealed record Expiry(string What, DateOnly Day, string Cure);

/// <summary>The calendar: everything that a route needs and that ends by itself.</summary>
internal static class Expiries
{
    /// <summary>All there are, the next first.</summary>
    public static IReadOnlyList<Expiry> Of(RelayConfiguration all, SecretVault vault, ApiTokens tokens) =>
        [.. vault.List().SelectMany(secret => OfSecret(secret, all.Accounts))
            .Concat(all.Accounts.Select(OfCertificate).OfType<Expiry>())
            .Concat(tokens.List().Where(token => token.Expires is not null).Select(OfToken))
            .OrderBy(expiry => expiry.Day).ThenBy(expiry => expiry.What, StringComparer.Ordinal)];

    /// <summary>The same for the API.</summary>
    public static CalendarAnswer Answer(RelayConfiguration all, SecretVault vault, ApiTokens tokens) =>
        new([.. Of(all, vault, tokens).Select(expiry => new ExpiryAnswer(expiry.What, expiry.Day, expiry.Cure))]);

    private static IEnumerable<Expiry> OfSecret(SecretFacts secret, IReadOnlyList<OAuthAccount> accounts)
    {
        if (secret.RotateBy is { } rotateBy)
            yield return new Expiry($"the secret {secret.Name} is to be changed", rotateBy,
                $"make a new one where it is from, then `postroom secret set {secret.Name} --rotate-by DATE`");
        if (secret.Expires is not { } day)
            yield break;
        yield return accounts.FirstOrDefault(account => account.ConsentName == secret.Name) is { } account
            ? new Expiry($"the consent for {account.Name} ends", day,
                $"`postroom oauth connect {account.Name}`; if its end is near although mail flows, the provider's "
                + "consent screen is in testing: publish it there")
            : new Expiry($"the secret {secret.Name} expires", day,
                $"make a new one where it is from, then `postroom secret set {secret.Name} --expires DATE`");
    }

    private static Expiry OfToken(ApiToken token) => new($"the token {token.Name} expires", token.Expires!.Value,
        $"`postroom token create {token.Name}` makes another in its place; give that to who uses it");

    private static Expiry? OfCertificate(OAuthAccount account) =>
        account.LastDayOfCertificate() is { } day
            ? new Expiry($"the certificate of [[oauth]] {account.Name} expires", day,
                $"make a new one, upload it at the provider, replace {account.CertificateFile}, and keep its key with "
                + $"`postroom secret set {account.Key} --file FILE`")
            : null;
}
