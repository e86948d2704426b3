namespace Postroom.Relay.Wire;

/// <summary>
/// How long a client waits for each thing. The defaults are those of RFC 5321 §4.5.3.2, which are minima.
/// </summary>
public sealed record Deadlines
{
    /// <summary>For one address to take the connection, and for a TLS handshake.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the 220, RFC 5321 §4.5.3.2.1.</summary>
    public TimeSpan Greeting { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For the reply to EHLO, STARTTLS, AUTH, RSET and MAIL, §4.5.3.2.2.</summary>
    public TimeSpan Command { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For the reply to RCPT, §4.5.3.2.3.</summary>
    public TimeSpan Rcpt { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>For 354, §4.5.3.2.4.</summary>
    public TimeSpan Data { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>For the peer to take one piece of what we write, §4.5.3.2.5.</summary>
    public TimeSpan Block { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// For the reply to the final dot, §4.5.3.2.6: the peer may be working on it, and to hurry makes duplicates (RFC
    /// 1047).
    /// </summary>
    public TimeSpan End { get; init; } = TimeSpan.FromMinutes(10);
}
