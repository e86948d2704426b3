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
    private bool _secured;
    private ChannelBinding? _binding;
    private bool _plainHelo;
    private ClientExchange? _login;

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
    public Reply Masked(Reply reply) => _login?.Masked(reply) ?? reply;

    /// <summary>The peer's reply to what was sent last.</summary>
    public ClientMove On(Reply reply) => Stage switch
    {
        _ when reply.Code == 421 => Refuse(reply),
        ClientStage.Greeting => OnGreeting(reply),
        ClientStage.Hello => OnHello(reply),
        ClientStage.StartTls => OnStartTls(reply),
        ClientStage.Auth => Go(_login!.On(reply), reply),
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
        var who = _secured ? login with { ClearTextAllowed = true, Binding = _binding } : login;
        _login = new ClientExchange(who, Hop.Auth);
        return Go(_login.Begin(), reply: null);
    }

    private ClientMove Go(ClientExchangeMove move, Reply? reply) => move switch
    {
        ClientExchangeMove.Say => Say(ClientStage.Auth, _login!.Line, _login.Shown),
        ClientExchangeMove.Succeeded => Arrive(),
        ClientExchangeMove.Refused => Refuse(reply!),
        _ => Fail(Fault.Account, new EnhancedStatus(4, 7, _login!.IsWithoutWay ? 4 : 0), _login.Complaint!),
    };

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
        if (_login?.Reason is { } reason)
            Failure = Failure with { Diagnostic = $"{Failure.Diagnostic} [the server's reason: {reason}]" };
        return ClientMove.Failed;
    }

    private ClientMove Fail(Fault fault, EnhancedStatus status, string why)
    {
        Failure = new Failure(fault, status, why, null);
        return ClientMove.Failed;
    }
}
