using Postroom.Mail.Senders;

namespace Postroom.Relay.Submission;

/// <summary>When a listener speaks TLS.</summary>
public enum ListenerTls
{
    /// <summary>STARTTLS is offered; nobody has to take it. The default.</summary>
    Offered,

    /// <summary>No mail before STARTTLS.</summary>
    Required,

    /// <summary>From the first byte (RFC 8314 §3.3).</summary>
    Implicit,

    /// <summary>None at all.</summary>
    Off,
}

/// <summary>How strict a listener is with mail data.</summary>
public enum Strictness
{
    /// <summary>Bare CR, bare LF and NUL are refused.</summary>
    Strict,

    /// <summary>For old devices: they are repaired, and the repair is recorded.</summary>
    Lenient,
}

/// <summary>One place to hand mail over at.</summary>
/// <param name="Name">For the trail and the log; by default its address.</param>
/// <param name="Address">
/// <c>127.0.0.1:2525</c>, <c>[::1]:2525</c>, or <c>unix:/run/postroom/submission.sock</c>.
/// </param>
public sealed record ListenerSettings(string Name, string Address)
{
    public ListenerTls Tls { get; init; } = ListenerTls.Offered;

    /// <summary>PEM files; both null: a certificate is made and kept in the data folder.</summary>
    public string? CertificateFile { get; init; }
    public string? KeyFile { get; init; }

    /// <summary>AUTH must succeed before MAIL.</summary>
    public bool RequireAuth { get; init; }

    /// <summary>
    /// Networks that may hand mail over without AUTH, in CIDR form; empty: loopback and UNIX sockets only.
    /// </summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    public Strictness Strictness { get; init; } = Strictness.Strict;

    /// <summary>
    /// UNIX socket: file mode (octal in the file) and owner <c>user:group</c>; null leaves the owner.
    /// </summary>
    public int SocketMode { get; init; } = 0b110_110_000; // 0660
    public string? SocketOwner { get; init; }

    public ListenerLimits Limits { get; init; } = new();
}

/// <summary>The bounds of a listener (promise 9).</summary>
public sealed record ListenerLimits
{
    /// <summary>Octets of a mail.</summary>
    public long MessageSize { get; init; } = 50_000_000;

    public int Recipients { get; init; } = 1_000;

    /// <summary>Octets of a command line, CRLF included (RFC 5321 §4.5.3.1.4); lines of AUTH may have 12,288.</summary>
    public int CommandLine { get; init; } = 512;

    /// <summary>Refused commands before the connection is closed.</summary>
    public int Errors { get; init; } = 50;

    public int ConnectionsPerSource { get; init; } = 100;

    public int Connections { get; init; } = 1_000;

    /// <summary>
    /// Without a command, from a loopback address or UNIX socket; 5 minutes from elsewhere (RFC 5321 §4.5.3.2.7).
    /// </summary>
    public TimeSpan IdleLocal { get; init; } = TimeSpan.FromMinutes(20);

    public TimeSpan IdleRemote { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Octets a second that mail data has to keep up with, averaged over a minute.</summary>
    public int SlowestData { get; init; } = 500;
}

/// <summary>All of Submission: its listeners and what they share.</summary>
/// <param name="HostName">The name in greeting and Received.</param>
/// <param name="UsersFile">Users of AUTH with hashed passwords, written by <c>postroom listener user set</c>.</param>
public sealed record SubmissionSettings(string HostName, string UsersFile, IReadOnlyList<ListenerSettings> Listeners)
{
    /// <summary>Where a self-made certificate is kept; null: beside the users file.</summary>
    public string? DataFolder { get; init; }

    /// <summary>Whose mail it is, where that is not known here; the first that holds counts.</summary>
    public IReadOnlyList<ApplicationRule> Applications { get; init; } = [];
}
