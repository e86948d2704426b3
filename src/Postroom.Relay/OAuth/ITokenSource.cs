using Postroom.Mail;

namespace Postroom.Relay.OAuth;

/// <summary>Leave to use an account for a while (RFC 6749 §1.4).</summary>
/// <param name="Value">What goes with XOAUTH2, OAUTHBEARER, or behind <c>Authorization: Bearer</c>.</param>
/// <param name="ExpiresAt">When the authorization server will no longer have it.</param>
public sealed record AccessToken(Secret Value, DateTimeOffset ExpiresAt);

/// <summary>Where a courier gets the access tokens of one account.</summary>
public interface ITokenSource
{
    /// <summary>The account's name in the configuration: <c>[[oauth]] name</c>.</summary>
    string Name { get; }

    /// <summary>The mailbox that is logged in to.</summary>
    string User { get; }

    /// <summary>A token that is good now: the one there is, or a new one. Asked by many at once, it fetches
    /// one.</summary>
    /// <exception cref="TokenException">There is none to be had.</exception>
    Task<AccessToken> GetAsync(CancellationToken cancel);

    /// <summary>
    /// Says that a server refused a token. True if it is worth one more try: the next <see cref="GetAsync"/> brings
    /// another. False if that other one was refused too: the account stands still until the next probe.
    /// </summary>
    bool Refused(AccessToken token);

    /// <summary>Says that a server took a token.</summary>
    void Accepted(AccessToken token);
}

/// <summary>No token is to be had; the message says why and what to do.</summary>
/// <param name="message">With the authorization server's own words.</param>
/// <param name="isAccount">True: it was refused, and will be until somebody does something. False: the authorization
/// server cannot be reached, or has a fault of its own.</param>
public sealed class TokenException(string message, bool isAccount, Exception? inner = null)
    : Exception(message, inner)
{
    public bool IsAccount => isAccount;
}
