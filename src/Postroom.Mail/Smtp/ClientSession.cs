using System.Text;
using Postroom.Mail.Sasl;
using Postroom.Mail.Status;

namespace Postroom.Mail.Smtp;

/// <summary>How a connection to a next hop is to be protected, as the session sees it.</summary>
public enum ClientTls
{
    /// <summary>Not by this session: it is clear on purpose, or TLS was there before the first byte.</summary>
    None,

    /// <summary>STARTTLS where it is offered.</summary>
    IfOffered,

    /// <summary>STARTTLS, or nothing is sent.</summary>
    Required,
}

/// <summary>What the session wants done next.</summary>
public enum ClientMove
{
    /// <summary>Send <see cref="ClientSession.ToSend"/>, if any, and bring the reply.</summary>
    Talk,

    /// <summary>
    /// Begin TLS, then call <see cref="ClientSession.Secured"/>. No byte may be left unread before it.
    /// </summary>
    BeginTls,

    /// <summary>Mail can be sent.</summary>
    Ready,

    /// <summary><see cref="ClientSession.Failure"/> says why not.</summary>
    Failed,
}

/// <summary>
/// The client's side of a session up to the first MAIL: greeting, EHLO, STARTTLS, AUTH. Replies in, bytes out.
/// </summary>
/// <remarks>
/// <code>
///   Greeting ─220─▶ Hello ─250─▶ StartTls ─220─▶ (TLS) ─▶ Hello ─250─▶ Auth ─235─▶ Ready
///                     │ 5xx: HELO (RFC 5321 §3.2)                        ▲ │334
///                     └─────────────────────────────────────────────────┘ └─┘
/// </code>
/// </remarks>
public sealed class ClientSession(string helo, ClientTls tls, ClientCredentials? credentials)
{
    // No mechanism of ours is asked more than twice, and once more where it has no initial response (RFC 4954 §4).
    private const int MostChallenges = 3;

    // RFC 5321 §4.5.3.1.4, with CRLF. What is longer as an initial response goes alone (RFC 4954 §4): tokens do.
    private const int LongestCommand = 512;

    private bool _secured;
    private ChannelBinding? _binding;
    private bool _plainHelo;
    private ClientMechanism? _mechanism;
    private byte[]? _deferred; // the initial response, where it did not fit behind AUTH
    private int _challenges;
    private string? _saslComplaint;
    private EchoMask? _mask;

    public ClientStage Stage { get; private set; } = ClientStage.Greeting;

    public Capabilities Hop { get; private set; } = Capabilities.None;

    /// <summary>The name in the peer's 220; null before it.</summary>
    public string? Greeting { get; private set; }

    /// <summary>The line to send, CRLF included; empty before the greeting.</summary>
    public byte[] ToSend { get; private set; } = [];

    /// <summary>The same for the transcript: what a secret stands in is masked.</summary>
    public string Shown { get; private set; } = "";

    public Failure? Failure { get; private set; }

    /// <summary>A reply for people: what it repeats of a secret that we sent is masked (promise 6).</summary>
    public Reply Masked(Reply reply) => _mask?.Over(reply) ?? reply;

    /// <summary>The peer's reply to what was sent last.</summary>
    public ClientMove On(Reply reply) => Stage switch
    {
        _ when reply.Code == 421 => Refuse(reply),
        ClientStage.Greeting => OnGreeting(reply),
        ClientStage.Hello => OnHello(reply),
        ClientStage.StartTls => OnStartTls(reply),
        ClientStage.Auth => OnAuth(reply),
        _ => throw new InvalidOperationException($"no reply is due at {Stage}"),
    };

    /// <summary>TLS stands: all that was said before is forgotten (RFC 3207 §4.2).</summary>
    /// <param name="binding">What a login can be bound to; null if the platform does not tell.</param>
    public ClientMove Secured(ChannelBinding? binding = null)
    {
        (_secured, _binding) = (true, binding);
        Hop = Capabilities.None;
        return Say(ClientStage.Hello, $"EHLO {helo}");
    }

    private ClientMove OnGreeting(Reply reply)
    {
        if (reply.Code != 220)
            return Refuse(reply);
        var words = reply.Lines[0].Split(' ', 2);
        Greeting = words[0];
        return Say(ClientStage.Hello, $"EHLO {helo}");
    }

    private ClientMove OnHello(Reply reply)
    {
        if (reply.Code == 250)
        {
            Hop = _plainHelo ? Capabilities.None with { Name = reply.Lines[0].Split(' ', 2)[0] }
                : Capabilities.Of(reply);
            return AfterHello();
        }

        if (_plainHelo || !reply.IsPermanent)
            return Refuse(reply);
        _plainHelo = true;
        return Say(ClientStage.Hello, $"HELO {helo}");
    }

    private ClientMove AfterHello()
    {
        if (!_secured && tls != ClientTls.None && Hop.StartTls)
            return Say(ClientStage.StartTls, "STARTTLS");
        if (!_secured && tls == ClientTls.Required)
            return Fail(Fault.NextHop, new EnhancedStatus(4, 7, 4),
                "TLS is required, but the next hop does not offer STARTTLS");
        return credentials is null ? Arrive() : BeginAuth(credentials);
    }

    private ClientMove OnStartTls(Reply reply)
    {
        if (reply.Code == 220)
            return ClientMove.BeginTls;
        return tls == ClientTls.Required ? Refuse(reply) : credentials is null ? Arrive() : BeginAuth(credentials);
    }

    private ClientMove BeginAuth(ClientCredentials login)
    {
        try
        {
            var who = _secured ? login with { ClearTextAllowed = true, Binding = _binding } : login;
            return ClientMechanism.Choose(Hop.Auth, who) is { } mechanism
                ? BeginAuth(mechanism)
                : Fail(Fault.Account, new EnhancedStatus(4, 7, 4), who.WhyNone(Hop.Auth));
        }
        catch (SaslException broken)
        {
            return Fail(Fault.Account, new EnhancedStatus(4, 7, 0), broken.Message);
        }
    }

    private ClientMove BeginAuth(ClientMechanism mechanism)
    {
        (_mechanism, _deferred, _challenges, _saslComplaint) = (mechanism, null, 0, null);
        var command = $"AUTH {mechanism.Name}";
        if (mechanism.Initial() is not { } initial)
            return Say(ClientStage.Auth, command);

        var written = Convert.ToBase64String(initial);
        if (command.Length + 1 + written.Length + 2 > LongestCommand)
        {
            _deferred = initial;
            return Say(ClientStage.Auth, command);
        }

        Secretly(written);
        return Say(ClientStage.Auth, $"{command} {written}", $"{command} •••");
    }

    private ClientMove OnAuth(Reply reply)
    {
        if (reply.Code >= 400 && Unbound() is { } again)
            return BeginAuth(again);
        if (_saslComplaint is not null)
            return Fail(Fault.Account, new EnhancedStatus(4, 7, 0), _saslComplaint);
        if (reply.Code == 235)
            return _mechanism!.IsComplete
                ? Arrive()
                : Fail(Fault.Account, new EnhancedStatus(4, 7, 0),
                    "the next hop let us in without proving that it knows us");
        return reply.Code == 334 ? Answer(reply.Text) : Refuse(reply);
    }

    // A server may offer -PLUS and not know our type of binding (RFC 5802 §6). It can only say so before it has our
    // proof; a refusal after that is one, or the mark of somebody in between.
    private ClientMechanism? Unbound() => _mechanism!.IsBindingOpen
        ? ClientMechanism.Choose(Hop.Auth, credentials!.Unbound())
        : null;

    private ClientMove Answer(string challenge)
    {
        try
        {
            if (++_challenges > MostChallenges)
                throw new SaslException("the next hop asks on and on");
            var response = _deferred ?? _mechanism!.Respond(Convert.FromBase64String(challenge));
            _deferred = null;
            var written = Convert.ToBase64String(response);
            Secretly(written);
            return Say(ClientStage.Auth, written, written.Length == 0 ? "" : "•••");
        }
        catch (Exception broken) when (broken is SaslException or FormatException)
        {
            // RFC 4954 §4: a client cancels with a single asterisk; the server answers 501.
            _saslComplaint = broken is SaslException ? broken.Message : "the next hop's challenge is not base64";
            return Say(ClientStage.Auth, "*");
        }
    }

    private void Secretly(string written) =>
        (_mask ??= new EchoMask(credentials!.Secret, credentials.IsToken)).Add(written);

    private ClientMove Say(ClientStage stage, string line, string? shown = null)
    {
        Stage = stage;
        ToSend = Encoding.UTF8.GetBytes(line + "\r\n");
        Shown = shown ?? line;
        return ClientMove.Talk;
    }

    private ClientMove Arrive()
    {
        Stage = ClientStage.Done;
        ToSend = [];
        return ClientMove.Ready;
    }

    private ClientMove Refuse(Reply reply)
    {
        Failure = ClientVerdict.Of(Stage, Masked(reply), remote: null);
        // XOAUTH2 and OAUTHBEARER: the cause came ahead of the reply, which only says no.
        if (_mechanism?.Reason is { } reason)
            Failure = Failure with
            {
                Diagnostic = $"{Failure.Diagnostic} [the server's reason: {_mask!.Over(reason)}]",
            };
        return ClientMove.Failed;
    }

    private ClientMove Fail(Fault fault, EnhancedStatus status, string why)
    {
        Failure = new Failure(fault, status, why, null);
        return ClientMove.Failed;
    }
}
