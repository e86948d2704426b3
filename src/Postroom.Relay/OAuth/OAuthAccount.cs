namespace Postroom.Relay.OAuth;

/// <summary>Whose authorization server an account is at.</summary>
public enum OAuthProvider
{
    Google,
    Microsoft,

    /// <summary>Any other, by its endpoints.</summary>
    Other,
}

/// <summary>How an account gets its access tokens.</summary>
public enum OAuthFlow
{
    /// <summary>A person consents once; from then on a refresh token (RFC 6749 §4.1, RFC 8628).</summary>
    User,

    /// <summary>The application for itself: client credentials (RFC 6749 §4.4).</summary>
    App,

    /// <summary>A key that may speak for mailboxes: JWT bearer (RFC 7523 §2.1), as Google's service accounts
    /// do.</summary>
    ServiceAccount,
}

/// <summary>One account, as the configuration describes it. Two that are equal share their tokens.</summary>
/// <param name="Name">By which routes name it.</param>
/// <param name="User">The mailbox that is logged in to.</param>
public sealed record OAuthAccount(string Name, string User)
{
    public OAuthProvider Provider { get; init; } = OAuthProvider.Other;

    public OAuthFlow Flow { get; init; } = OAuthFlow.User;

    /// <summary>Of a service account it may be empty: its key names it.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>The client secret's name in the vault; null for a public client, or one with a certificate.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>A PEM file with the client's certificate, instead of a secret; null without.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>
    /// The name in the vault of the certificate's private key (PEM), or of a service account's key (JSON).
    /// </summary>
    public string? Key { get; init; }

    /// <summary>What is asked for, words with blanks between (RFC 6749 §3.3).</summary>
    public string Scope { get; init; } = "";

    public required OAuthEndpoints Endpoints { get; init; }

    /// <summary>The name in the vault of what a person's consent gave us.</summary>
    public string ConsentName => ConsentOf(Name);

    /// <summary>The last day of the certificate; null if there is none, or it cannot be read.</summary>
    public DateOnly? LastDayOfCertificate() => Assertions.LastDayOf(CertificateFile);

    public static string ConsentOf(string account) => $"oauth.{account}";

    /// <summary>What to say where no consent is kept.</summary>
    public static string NoConsent(string account) =>
        $"nobody has consented for [[oauth]] {account} yet: run `postroom oauth connect {account}`";
}

/// <summary>Where an authorization server listens.</summary>
/// <param name="Token">RFC 6749 §3.2.</param>
/// <param name="Authorization">RFC 6749 §3.1; null where no browser is needed.</param>
/// <param name="Device">RFC 8628 §3.1; null if it has none.</param>
public sealed record OAuthEndpoints(Uri Token, Uri? Authorization = null, Uri? Device = null)
{
    /// <summary>How long a refresh token lives that nobody uses; null if nobody says.</summary>
    public TimeSpan? IdleLife { get; init; }
}
