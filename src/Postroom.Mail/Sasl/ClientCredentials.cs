using System.Security.Cryptography;

namespace Postroom.Mail.Sasl;

/// <summary>Who logs in at a next hop, and how he may.</summary>
/// <param name="Secret">A password, or an access token.</param>
/// <param name="Nonce">18 random octets or more, never used before.</param>
/// <param name="ClearTextAllowed">What gives the secret away may cross this connection: it has TLS, it does not
/// leave the machine, or the route says so.</param>
public sealed record ClientCredentials(string User, Secret Secret, byte[] Nonce, bool ClearTextAllowed)
{
    /// <summary>The secret is an access token (RFC 6750): no mechanism for passwords gets it.</summary>
    public bool IsToken { get; init; }

    /// <summary>The next hop as the route names it, for OAUTHBEARER (RFC 7628 §3.1).</summary>
    public string Host { get; init; } = "";

    public int Port { get; init; }

    /// <summary>What a login can be bound to; null in the clear, or where the platform does not tell.</summary>
    public ChannelBinding? Binding { get; init; }

    /// <summary>Only these mechanisms, in either case of letters; empty: all.</summary>
    public IReadOnlyList<string> Mechanisms { get; init; } = [];

    internal bool Allow(string mechanism) =>
        Mechanisms.Count == 0 || Mechanisms.Contains(mechanism, StringComparer.OrdinalIgnoreCase);

    /// <summary>Why <see cref="ClientMechanism.Choose"/> found nothing.</summary>
    internal string WhyNone(IReadOnlyCollection<string> offered)
    {
        if (offered.Count == 0)
            return "a login is configured, but the next hop does not offer AUTH on this connection";
        var need = IsToken ? "a token needs XOAUTH2 or OAUTHBEARER, and TLS" : "a plain password needs TLS";
        var why = Mechanisms.Count > 0 ? $"the route allows {string.Join(' ', Mechanisms)}" : need;
        return $"no way to log in: the next hop offers {Reply.Cut(string.Join(' ', offered))}; {why}";
    }

    /// <summary>The same without channel binding, after the server refused to bind.</summary>
    /// <remarks>
    /// Another SCRAM or nothing: whoever sits in between can refuse our binding too, and must not be given a plain
    /// password for that.
    /// </remarks>
    internal ClientCredentials Unbound() => this with
    {
        Binding = null,
        Nonce = SHA256.HashData(Nonce), // another one, and nobody can have seen it used
        Mechanisms = [.. ClientMechanism.NamesFor(isToken: false).Where(name =>
            name.StartsWith("SCRAM-", StringComparison.Ordinal) && Allow(name))],
    };
}
