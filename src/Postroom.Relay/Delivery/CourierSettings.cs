using Postroom.Relay.OAuth;
using Postroom.Relay.Vault;
using Postroom.Relay.Wire;

namespace Postroom.Relay.Delivery;

/// <summary>What every courier of this relay shares.</summary>
/// <param name="HostName">The name given with EHLO where the route has none of its own (RFC 5321 §4.1.1.1).</param>
public sealed record CourierSettings(string HostName)
{
    public Deadlines Deadlines { get; init; } = new();

    /// <summary>A connection without work is kept this long for the next mail, then closed with QUIT.</summary>
    public TimeSpan KeepIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After this long without work the first mail is sent step by step: should the peer be just closing the
    /// connection, nothing was sent yet that could be in doubt. Less than <see cref="KeepIdle"/>.
    /// </summary>
    public TimeSpan TrustIdle { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Mails on one connection; then a new one. Many a provider closes after some number anyway.</summary>
    public int MailsPerConnection { get; init; } = 1_000;

    /// <summary>Octets up to which a mail travels behind unanswered ones, all in one write.</summary>
    public int LargestPipelined { get; init; } = 1_000_000;

    /// <summary>Below this average time to an answer a next hop is near, and few connections serve it best.</summary>
    public TimeSpan Near { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>After a connection could not be opened beside others that work, the next try waits this long.</summary>
    public TimeSpan OpenAgain { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where the secrets are that routes name; null where no route names one.</summary>
    public SecretVault? Vault { get; init; }

    /// <summary>The access tokens of an OAuth account, by its name; null if there is none of that name.</summary>
    public Func<string, ITokenSource?> Tokens { get; init; } = _ => null;

    /// <summary>Where this relay listens itself: a route there would be a loop.</summary>
    public OwnListeners Own { get; init; } = OwnListeners.None;
}
