namespace Postroom.Mail.Smtp;

/// <summary>What one listener promises and asks: the same for all its sessions.</summary>
/// <param name="HostName">The name in the greeting.</param>
public sealed record ServerProfile(string HostName)
{
    /// <summary>STARTTLS is offered on a clear connection.</summary>
    public bool OffersTls { get; init; }

    /// <summary>No mail before STARTTLS.</summary>
    public bool RequiresTls { get; init; }

    /// <summary>AUTH must succeed before MAIL, whoever asks.</summary>
    public bool RequiresAuth { get; init; }

    /// <summary>Names of SASL mechanisms, best first; empty: no AUTH.</summary>
    public IReadOnlyList<string> Mechanisms { get; init; } = [];

    /// <summary>Repair bare CR, bare LF and NUL in mail data, take command lines that end with a bare LF and
    /// addresses without brackets.</summary>
    public bool Lenient { get; init; }

    /// <summary>Octets of a mail: SIZE of RFC 1870.</summary>
    public long MessageSize { get; init; } = 50_000_000;

    public int Recipients { get; init; } = 1_000;

    /// <summary>
    /// Octets of a command line, CRLF included (RFC 5321 §4.5.3.1.4); what extensions add for MAIL and RCPT comes on
    /// top.
    /// </summary>
    public int CommandLine { get; init; } = 512;

    /// <summary>Refused commands before the connection is closed.</summary>
    public int Errors { get; init; } = 50;

    /// <summary>Refused logins before the connection is closed.</summary>
    public int FailedLogins { get; init; } = 3;
}

/// <summary>What is known of the client before it has said anything.</summary>
/// <param name="IsLocal">On this machine: a password in the clear does not leave it.</param>
/// <param name="IsSecure">TLS from the first byte.</param>
/// <param name="MayRelay">It may hand mail over without AUTH.</param>
public readonly record struct PeerFacts(bool IsLocal, bool IsSecure, bool MayRelay);

/// <summary>What the host of a <see cref="ServerSession"/> has to do now.</summary>
public enum ServerStep
{
    /// <summary>Send what was written to the output, let the body flush, read more.</summary>
    NeedInput,

    /// <summary>A mail's data begins: call <see cref="ServerSession.OpenBody"/>, or <see
    /// cref="ServerSession.Complete"/> to refuse it.</summary>
    BeginBody,

    /// <summary>The mail whose body was open will not be: give its memory back.</summary>
    DropBody,

    /// <summary>A mail is complete: store it, then call <see cref="ServerSession.Complete"/> with the answer.</summary>
    Commit,

    /// <summary>Send the output, do the handshake, then call <see cref="ServerSession.TlsStarted"/>.</summary>
    StartTls,

    /// <summary>A login succeeded; its answer is in the output.</summary>
    LoggedIn,

    /// <summary>A login was refused; its answer is in the output, and may be made to wait.</summary>
    LoginFailed,

    /// <summary>Trouble was made: see <see cref="ServerSession.TakeMade"/>, and go on.</summary>
    Trouble,

    /// <summary>Send the output and close. <see cref="ServerSession.Ending"/> says why.</summary>
    Close,
}

/// <summary>Why a session closes the connection.</summary>
public enum Ending
{
    None,
    Quit,

    /// <summary>HTTP, or TLS where clear text was due.</summary>
    ForeignProtocol,

    /// <summary>Bare CR, bare LF or NUL in mail data.</summary>
    BadData,

    TooLarge,
    TooManyErrors,
    FailedLogins,

    /// <summary>Bytes behind STARTTLS, or a chunk of unknown length: what follows cannot be trusted to be
    /// commands.</summary>
    OutOfStep,

    /// <summary>May not relay, and has no way to log in.</summary>
    NotAllowed,

    /// <summary>The host answered a mail with 421.</summary>
    Unavailable,
}
