using System.Buffers;
using System.Text;
using Postroom.Mail.Sasl;
using Postroom.Mail.Trouble;

namespace Postroom.Mail.Smtp;

/// <summary>What the session waits for. Body: BeginBody was returned. Answer: Commit was. Tls: StartTls was.</summary>
internal enum Expecting { Command, RestOfLine, Login, Data, Chunk, Waste, Body, Answer, Tls, Nothing }

/// <summary>The commands: what each changes and answers. <see cref="ServerVerbs"/> says when each may come.</summary>
internal sealed class ServerDialogue(ServerProfile profile, PeerFacts peer, Func<string, ServerMechanism?>? mechanisms)
{
    private readonly ServerTransaction _mail = new(profile);
    private Made? _made;
    private readonly ServerLogin _login = new(profile, mechanisms);
    private int _errors;

    /// <summary>Where replies go.</summary>
    public IBufferWriter<byte> Output { get; set; } = NoOutput;

    public Expecting Expecting { get; set; }

    public ServerBody Body { get; } = new(profile);

    public string? Helo { get; private set; }

    public string? User => _login.User;

    public bool IsExtended { get; private set; }

    public bool IsSecure { get; private set; } = peer.IsSecure;

    public Ending Ending { get; private set; }

    public Envelope? Envelope { get; private set; }

    public bool HasRoom { get; set; } = true;

    public bool IsLoginBlocked { get; set; }

    /// <summary>Hears each refusal, as it goes onto the wire.</summary>
    public Action<ReadOnlySpan<byte>>? Refusing { get; set; }

    /// <summary>Asked of each command that would be obeyed: what happens in its place; null: nothing.</summary>
    public Func<Stage, ReversePath, ForwardPath?, Made?>? Meddle { get; set; }

    /// <summary>More was read behind the line in hand.</summary>
    public bool HasMore { get; set; }

    public bool IsInMail => _mail.IsOpen;

    public bool SmtpUtf8 => _mail.SmtpUtf8;

    public bool NeedsLogin => (profile.RequiresAuth || !peer.MayRelay) && User == null;

    private static ArrayBufferWriter<byte> NoOutput { get; } = new(1); // until the first call brings one

    private bool MayLogin => IsSecure || peer.IsLocal;

    /// <summary>The greeting, or the 554 of RFC 5321 §3.1 for a client that could never send mail here.</summary>
    public void Greet()
    {
        if (peer.MayRelay || (_login.IsOffered && (MayLogin || profile.OffersTls)))
        {
            Write($"220 {profile.HostName} ESMTP Postroom\r\n");
            return;
        }

        Write($"554 {profile.HostName} No mail from your address: it is not among those this listener allows\r\n");
        End(Ending.NotAllowed);
    }

    /// <param name="reply">None: another is made in its place.</param>
    public ServerStep? Say(ReadOnlySpan<byte> reply)
    {
        if (reply.IsEmpty)
            return null;
        if (reply[0] == '5')
            _errors++;
        if (reply[0] >= '4')
            Refusing?.Invoke(reply);
        Output.Write(reply);
        return null;
    }

    public ServerStep? SayErrors()
    {
        if (_errors < profile.Errors || Expecting == Expecting.Nothing)
            return null;
        Output.Write(ServerReplies.TooManyErrors);
        return End(Ending.TooManyErrors);
    }

    public ServerStep Reject(ReadOnlySpan<byte> reply, Ending why)
    {
        if (reply[0] >= '4')
            Refusing?.Invoke(reply);
        Output.Write(reply);
        return End(why);
    }

    public ServerStep End(Ending why)
    {
        (Expecting, Ending) = (Expecting.Nothing, why);
        return ServerStep.Close;
    }

    public void Write(string text) => Output.Write(Encoding.UTF8.GetBytes(text));

    // Whatever mail there was: it is answered, reset or refused.
    public void EndMail()
    {
        Body.Drop();
        _mail.Clear();
        Envelope = null;
    }

    /// <summary>A line of the client's in an AUTH exchange.</summary>
    public ServerStep? LoginLine(ReadOnlySpan<byte> line)
    {
        if (!IsLoginBlocked)
            return AfterLogin(_login.Respond(line, Output));
        // Blocked since it began: a hundred exchanges that wait for their last line must not be a hundred more tries.
        _login.Clear();
        Expecting = Expecting.Command;
        return Say(ServerReplies.LoginLater);
    }

    /// <summary>Such a line was longer than it may be.</summary>
    public void AbandonLogin()
    {
        _login.Abandon(Output);
        _errors++;
    }

    public void TlsStarted()
    {
        EndMail();
        _login.Clear();
        (IsSecure, Helo, IsExtended, Expecting) = (true, null, false, Expecting.Command);
    }

    /// <summary>The mail's data is complete: it is for the host to store.</summary>
    public ServerStep Commit()
    {
        Envelope = _mail.TakeEnvelope();
        Expecting = Expecting.Answer;
        return ServerStep.Commit;
    }

    public ServerStep? Hello(ReadOnlySpan<byte> args, bool extended)
    {
        if (args.IsEmpty)
            return Say(ServerReplies.BadSyntax);
        if (IsStopped(Stage.Hello, ReversePath.Null, null))
            return ServerStep.Trouble;
        EndMail(); // RFC 5321 §4.1.4
        Helo = ServerLines.Printable(args);
        IsExtended = extended;
        if (!extended)
        {
            Write($"250 {profile.HostName}\r\n");
            return OrLate(null);
        }

        Write($"250-{profile.HostName}\r\n250-PIPELINING\r\n250-SIZE {profile.MessageSize}\r\n");
        Output.Write("250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-CHUNKING\r\n"u8);
        if (profile.OffersTls && !IsSecure)
            Output.Write("250-STARTTLS\r\n"u8);
        if (_login.IsOffered && MayLogin)
            Write($"250-AUTH {string.Join(' ', profile.Mechanisms)}\r\n");
        Output.Write("250 ENHANCEDSTATUSCODES\r\n"u8);
        return OrLate(null);
    }

    public ServerStep? Mail(ReadOnlySpan<byte> args) =>
        OrLate(Say(Body.InChunks ? ServerReplies.InChunks : _mail.Mail(args, HasRoom, IsStopped)));

    public ServerStep? Recipient(ReadOnlySpan<byte> args) =>
        OrLate(Say(Body.InChunks ? ServerReplies.InChunks : _mail.Recipient(args, IsStopped)));

    /// <summary>What was made to happen, once; null: nothing was.</summary>
    public Made? TakeMade()
    {
        var made = _made;
        _made = null;
        return made;
    }

    private bool IsStopped(Stage stage, ReversePath from, ForwardPath? to)
    {
        _made = Meddle?.Invoke(stage, from, to);
        return _made is { Effect.GoesOn: false };
    }

    private ServerStep? OrLate(ServerStep? done) => done ?? (_made is null ? null : ServerStep.Trouble);

    public ServerStep? Reset()
    {
        EndMail();
        return Say(ServerReplies.Ok);
    }

    public ServerStep? Quit() => Reject(ServerReplies.Bye, Ending.Quit);

    public ServerStep? StartTls(ReadOnlySpan<byte> args)
    {
        if (!args.IsEmpty || IsSecure || !profile.OffersTls)
        {
            return Say(!args.IsEmpty ? ServerReplies.BadSyntax
                : IsSecure ? ServerReplies.TlsAlready : ServerReplies.TlsNotHere);
        }

        // What came in the clear may be anybody's, and must not be taken for what the client says under TLS (RFC 3207
        // §4).
        if (HasMore)
            return Reject(ServerReplies.BytesBehindTls, Ending.OutOfStep);
        Output.Write(ServerReplies.TlsReady);
        Expecting = Expecting.Tls;
        return ServerStep.StartTls;
    }

    public ServerStep? Login(ReadOnlySpan<byte> args)
    {
        if (!_login.IsOffered)
            return Say(ServerReplies.LoginNotHere);
        if (User != null)
            return Say(ServerReplies.LoginAlready);
        if (_mail.IsOpen)
            return Say(ServerReplies.LoginInMail);
        if (!MayLogin)
            return Say(ServerReplies.LoginInClear);
        if (IsLoginBlocked)
            return Say(ServerReplies.LoginLater);
        return IsStopped(Stage.Login, ReversePath.Null, null) ? ServerStep.Trouble
            : OrLate(AfterLogin(_login.Begin(args, Output)));
    }

    private ServerStep? AfterLogin(ServerLogin.Turn turn)
    {
        Expecting = turn == ServerLogin.Turn.GoOn ? Expecting.Login : Expecting.Command;
        switch (turn)
        {
            case ServerLogin.Turn.Succeeded:
                return ServerStep.LoggedIn;
            case ServerLogin.Turn.Failed:
                if (_login.Failures >= profile.FailedLogins)
                    Reject(ServerReplies.TooManyLogins, Ending.FailedLogins);
                return ServerStep.LoginFailed;
            case ServerLogin.Turn.Error:
                _errors++;
                return SayErrors();
            default:
                return null;
        }
    }

    public ServerStep? Data(ReadOnlySpan<byte> args)
    {
        if (!args.IsEmpty)
            return Say(ServerReplies.BadSyntax);
        if (Body.InChunks)
            return Say(ServerReplies.InChunks); // RFC 3030 §2
        if (!_mail.HasRecipient)
            return Say(WhyNoData());
        return BeginBody();
    }

    /// <summary>BDAT, RFC 3030 §2. Its octets follow, whatever we think of it: they are read past where it is
    /// refused.</summary>
    public ServerStep? Chunk(ReadOnlySpan<byte> args)
    {
        if (!Body.TryChunk(args))
            return Reject(ServerReplies.BadChunk, Ending.OutOfStep);
        if (Body.Announced > profile.MessageSize)
        {
            EndMail();
            return Body.ChunkSize > profile.MessageSize // too much to read past
                ? Reject(ServerReplies.TooLarge, Ending.TooLarge)
                : RefuseChunk(ServerReplies.TooLarge);
        }

        if (Body.InChunks)
        {
            Expecting = Expecting.Chunk;
            return null;
        }

        if (!_mail.HasRecipient)
            return RefuseChunk(WhyNoData());
        Body.BeginChunks();
        return BeginBody();
    }

    private ServerStep? RefuseChunk(ReadOnlySpan<byte> reply)
    {
        Expecting = Expecting.Waste;
        return Say(reply);
    }

    private ReadOnlySpan<byte> WhyNoData() =>
        !_mail.IsOpen ? ServerReplies.MailFirst
        : _mail.WasAddressed ? ServerReplies.NoRecipient : ServerReplies.RecipientFirst;

    private ServerStep BeginBody()
    {
        Expecting = Expecting.Body;
        return ServerStep.BeginBody;
    }
}
