using Postroom.Mail.Routing;

namespace Postroom.Relay.Postmaster.Canaries;

/// <summary>A small mail that is sent again and again through the whole path, to a mailbox of one's own.</summary>
/// <param name="Name">In lists, alarms and metrics.</param>
/// <param name="From">The sender.</param>
/// <param name="To">The mailbox.</param>
public sealed record CanarySettings(string Name, string From, string To)
{
    /// <summary>By which route, whatever routes fit; null for the one that fits.</summary>
    public string? Route { get; init; }

    public TimeSpan Every { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where it is looked for; null: it has arrived when the next hop has taken it.</summary>
    public MailboxSettings? Mailbox { get; init; }
}

/// <summary>The mailbox that a canary comes back to, and how to look into it (RFC 9051).</summary>
/// <param name="Host">The IMAP server.</param>
/// <param name="User">Who logs in.</param>
public sealed record MailboxSettings(string Host, int Port, string User)
{
    /// <summary><see cref="TlsMode.Implicit"/>, as a rule at port 993; <see cref="TlsMode.Required"/> is
    /// STARTTLS.</summary>
    public TlsMode Tls { get; init; } = TlsMode.Implicit;

    /// <summary>The name of the secret that is the password; null with OAuth.</summary>
    public string? Password { get; init; }

    /// <summary>The name of the OAuth account whose token is used instead.</summary>
    public string? OAuth { get; init; }

    /// <summary>A file of PEM certificates to trust instead of the system's; null for the system's.</summary>
    public string? TrustFile { get; init; }

    public string Folder { get; init; } = "INBOX";
}
