namespace Postroom.Mail.Routing;

/// <summary>How a connection to a next hop is protected.</summary>
public enum TlsMode
{
    /// <summary>In the clear, on purpose: a next hop on this machine.</summary>
    None,

    /// <summary>
    /// STARTTLS where offered, whatever the certificate: better than clear, no protection from an active attacker.
    /// </summary>
    Opportunistic,

    /// <summary>STARTTLS with a verified certificate, or nothing is sent.</summary>
    Required,

    /// <summary>TLS from the first byte (RFC 8314 §3.3), certificate verified.</summary>
    Implicit,
}

/// <summary>Where the password of a route comes from; the password itself never stands in a route.</summary>
public sealed record AccountReference(string User, string? PasswordFile, string? PasswordEnvironment)
{
    /// <summary>The name of a secret in the vault, which is then the password; null if it is elsewhere.</summary>
    public string? Secret { get; init; }

    /// <summary>The name of an OAuth account, whose access token is used instead of a password; null if none
    /// is.</summary>
    public string? OAuth { get; init; }
}

/// <summary>How a next hop takes mail.</summary>
public enum Via
{
    /// <summary>SMTP (RFC 5321).</summary>
    Smtp,

    /// <summary>Microsoft Graph: HTTP, for tenants that have SMTP AUTH switched off.</summary>
    Graph,
}

/// <summary>
/// One way out: a next hop and what to know to use it. Its name is the name of its lane in the queue.
/// </summary>
public sealed record Route(string Name, string Host, int Port)
{
    public Via Via { get; init; } = Via.Smtp;

    public TlsMode Tls { get; init; } = TlsMode.Required;

    /// <summary>A file of PEM certificates to trust instead of the system's; null for the system's.</summary>
    public string? TrustFile { get; init; }

    /// <summary>Null: no AUTH.</summary>
    public AccountReference? Account { get; init; }

    /// <summary>
    /// Lets a password cross a connection without TLS. Off loopback that is a decision, so it has a name.
    /// </summary>
    public bool AllowClearTextPassword { get; init; }

    /// <summary>The only mechanisms of AUTH that may be used; empty: all, the strongest that the next hop
    /// offers.</summary>
    public IReadOnlyList<string> Mechanisms { get; init; } = [];

    /// <summary>The most connections at once.</summary>
    public int Connections { get; init; } = 16;

    /// <summary>
    /// The most final dots unanswered, or answered but not yet durable, on one connection (promise 3).
    /// </summary>
    public int InFlight { get; init; } = 4;

    /// <summary>The name given with EHLO; null for the relay's own.</summary>
    public string? Helo { get; init; }

    /// <summary>
    /// Patterns of recipients it serves: <c>*</c>, <c>*@example.com</c>, <c>*.example.com</c>, a whole address.
    /// </summary>
    public IReadOnlyList<string> Recipients { get; init; } = ["*"];

    /// <summary>Patterns of reverse-paths it serves; <c>&lt;&gt;</c> is the null path.</summary>
    public IReadOnlyList<string> Senders { get; init; } = ["*"];
}
