using System.Buffers;
using Postroom.Mail.Sasl;

namespace Postroom.Mail.Smtp;

/// <summary>The server's side of one ESMTP connection (RFC 5321, RFC 6409): octets in, octets and decisions out.</summary>
/// <remarks>
/// <para>The host feeds what it has read to <see cref="Next"/> and does what that returns, until it is told to read more
/// or to close. Replies gather in the output and are sent in one write when more input is needed (RFC 2920 §3.2).</para>
/// <code>
///   Greet ──▶ Next ──▶ NeedInput ──▶ send, read, Next …
///                 ├──▶ BeginBody ──▶ OpenBody, or Complete(refusal)
///                 ├──▶ Commit ─────▶ Complete(reply): a 250 takes a receipt
///                 ├──▶ StartTls ───▶ send, handshake, TlsStarted
///                 └──▶ Close
/// </code>
/// <para>A refusal of mail data comes at the octet it is about, not at the end of the data, which may never come: a
/// client that ends its lines with a bare LF ends its data so too, and waits. The host then closes slowly, reading on for
/// a while, so that the refusal is not lost in a reset. Data that is only too large is read to its end, up to the limit
/// once more, and the connection is kept: a client that sends before it reads gets its 552 and can go on.</para>
/// </remarks>
public sealed class ServerSession
{
    // What MAIL gains: SIZE 26 (RFC 1870 §4), BODY 17, SMTPUTF8 10 (RFC 6531 §3.1), AUTH 500 (RFC 4954 §3), RET and ENVID
    // 118 (RFC 3461 §4). RCPT: NOTIFY and ORCPT 542. One figure for both.
    private const int ExtensionOctets = 700;

    private static readonly ArrayBufferWriter<byte> NoOutput = new(1); // until the first call brings one

    private readonly ServerProfile _profile;
    private readonly PeerFacts _peer;
    private readonly ServerTransaction _mail;
    private readonly ServerLogin _login;
    private readonly ServerBody _body;
    private IBufferWriter<byte> _output = NoOutput;
    private Expecting _expecting;
    private bool _isExtended;
    private int _errors;

    /// <param name="mechanisms">Makes the server's side of a SASL mechanism by its name; null: no AUTH.</param>
    public ServerSession(ServerProfile profile, PeerFacts peer, Func<string, ServerMechanism?>? mechanisms)
    {
        ArgumentNullException.ThrowIfNull(profile);
        (_profile, _peer) = (profile, peer);
        _mail = new ServerTransaction(profile);
        _login = new ServerLogin(profile, mechanisms);
        _body = new ServerBody(profile);
        IsSecure = peer.IsSecure;
    }

    // Body: BeginBody was returned. Answer: Commit was. Tls: StartTls was.
    private enum Expecting { Command, RestOfLine, Login, Data, Chunk, Waste, Body, Answer, Tls, Nothing }

    /// <summary>The name given with EHLO or HELO; null if none yet.</summary>
    public string? Helo { get; private set; }

    public string? User => _login.User;

    public bool IsSecure { get; private set; }

    /// <summary>Why <see cref="ServerStep.Close"/> was returned.</summary>
    public Ending Ending { get; private set; }

    /// <summary>The mail of <see cref="ServerStep.Commit"/>.</summary>
    public Envelope? Envelope { get; private set; }

    /// <summary>What was seen of its data.</summary>
    public MailData MailData => _body.Octets;

    /// <summary>To be set before <see cref="Next"/>: false refuses MAIL with 452 4.3.1.</summary>
    public bool HasRoom { get; set; } = true;

    /// <summary>To be set before <see cref="Next"/>: true refuses AUTH with 454 4.7.0.</summary>
    public bool IsLoginBlocked { get; set; }

    /// <summary>True from the first octet of a mail's data to its answer: another pace is asked then than between commands.</summary>
    public bool IsInData => _expecting is Expecting.Data or Expecting.Chunk or Expecting.Waste;

    /// <summary>Nothing of a mail has begun: a good moment to stop.</summary>
    public bool IsBetweenMails => !_mail.IsOpen && _expecting == Expecting.Command;

    /// <summary>The with-clause of RFC 3848 and RFC 6531 §4.3.</summary>
    public string Protocol
    {
        get
        {
            var name = !_isExtended ? "SMTP" : _mail.SmtpUtf8 || Envelope?.SmtpUtf8 == true ? "UTF8SMTP" : "ESMTP";
            return (_isExtended, IsSecure, User != null) switch
            {
                (true, true, true) => name + "SA",
                (true, true, false) => name + "S",
                (true, false, true) => name + "A",
                _ => name,
            };
        }
    }

    private bool MayLogin => IsSecure || _peer.IsLocal;

    private bool NeedsLogin => (_profile.RequiresAuth || !_peer.MayRelay) && User == null;

    /// <summary>The greeting, or the 554 of RFC 5321 §3.1 for a client that could never send mail here.</summary>
    public void Greet(IBufferWriter<byte> output)
    {
        _output = output;
        if (!_peer.MayRelay && !(_login.IsOffered && (MayLogin || _profile.OffersTls)))
        {
            Write($"554 {_profile.HostName} No mail from your address: it is not among those this listener allows\r\n");
            End(Ending.NotAllowed);
            return;
        }

        Write($"220 {_profile.HostName} ESMTP Postroom\r\n");
    }

    /// <summary>Goes on as far as it can.</summary>
    /// <param name="input">What was read and not yet taken; what this call takes is cut off its front.</param>
    /// <param name="output">Replies are appended to it.</param>
    /// <exception cref="InvalidOperationException">The last step was not answered.</exception>
    public ServerStep Next(ref ReadOnlySequence<byte> input, IBufferWriter<byte> output)
    {
        _output = output;
        while (true)
        {
            var step = _expecting switch
            {
                Expecting.Command or Expecting.Login => ReadLine(ref input),
                Expecting.RestOfLine => SkipLine(ref input),
                Expecting.Data => AfterBody(_body.ReadData(ref input)),
                Expecting.Chunk => AfterBody(_body.ReadChunk(ref input)),
                Expecting.Waste => SkipChunk(ref input),
                Expecting.Nothing => ServerStep.Close,
                _ => throw new InvalidOperationException($"the last step has to be answered first ({_expecting})"),
            };
            if (step is null or ServerStep.NeedInput && _body.TakeDropped())
                return ServerStep.DropBody;
            if (step is { } what)
                return what;
        }
    }

    /// <summary>Answers <see cref="ServerStep.BeginBody"/>: the mail's octets go there.</summary>
    public void OpenBody(IBufferWriter<byte> body, IBufferWriter<byte> output)
    {
        Demand(_expecting == Expecting.Body);
        _output = output;
        _body.Open(body);
        if (!_body.InChunks)
            Say(ServerReplies.GoAhead);
        _expecting = _body.InChunks ? Expecting.Chunk : Expecting.Data;
    }

    /// <summary>Answers <see cref="ServerStep.Commit"/>, or refuses at <see cref="ServerStep.BeginBody"/>. 421 closes.</summary>
    public void Complete(Reply reply, IBufferWriter<byte> output)
    {
        Demand(_expecting == Expecting.Answer || (_expecting == Expecting.Body && !reply.IsPositive));
        ServerReplies.Write(reply, output);
        var isRefusedChunk = _expecting == Expecting.Body && _body.InChunks;
        _body.Forget();
        EndMail();
        _expecting = isRefusedChunk ? Expecting.Waste : Expecting.Command;
        if (reply.Code == 421)
            End(Ending.Unavailable);
    }

    /// <summary>Answers <see cref="ServerStep.StartTls"/>: all that was said in the clear is forgotten (RFC 3207 §4.2).</summary>
    public void TlsStarted()
    {
        Demand(_expecting == Expecting.Tls);
        EndMail();
        _login.Clear();
        (IsSecure, Helo, _isExtended, _expecting) = (true, null, false, Expecting.Command);
    }

    private static void Demand(bool isDue)
    {
        if (!isDue)
            throw new InvalidOperationException("nobody asked for this step");
    }

    private ServerStep? ReadLine(ref ReadOnlySequence<byte> input)
    {
        if (input.IsEmpty)
            return ServerStep.NeedInput;
        if (!IsSecure && Helo == null && input.FirstSpan[0] == 0x16) // a TLS handshake record, RFC 8446 §5.1
        {
            Say(ServerReplies.NotTls);
            return End(Ending.ForeignProtocol);
        }

        if (!ServerLines.TryCut(ref input, out var line))
        {
            if (input.Length < LimitFor(ServerLines.Front(input)))
                return ServerStep.NeedInput;
            _expecting = RefuseLongLine(Expecting.RestOfLine);
            return SayErrors();
        }

        if (line.Length > LimitFor(line))
        {
            _expecting = RefuseLongLine(Expecting.Command);
            return SayErrors();
        }

        if (!ServerLines.TryStrip(ref line, _profile.Lenient))
        {
            _expecting = Expecting.Command;
            Say(ServerReplies.BadLine);
            return SayErrors();
        }

        return _expecting == Expecting.Login
            ? AfterLogin(_login.Respond(line, _output))
            : Obey(line, input.IsEmpty);
    }

    private Expecting RefuseLongLine(Expecting next)
    {
        if (_expecting == Expecting.Login)
            _login.Abandon(_output);
        else
            Say(ServerReplies.LineTooLong);
        return next;
    }

    private int LimitFor(ReadOnlySpan<byte> line)
    {
        if (_expecting == Expecting.Login || ServerLines.Begins(line, "AUTH "u8))
            return ServerLogin.LongestLine;
        return ServerLines.Begins(line, "MAIL "u8) || ServerLines.Begins(line, "RCPT "u8)
            ? _profile.CommandLine + ExtensionOctets
            : _profile.CommandLine;
    }

    private ServerStep? SkipLine(ref ReadOnlySequence<byte> input)
    {
        if (!ServerLines.TrySkip(ref input))
            return ServerStep.NeedInput;
        _expecting = Expecting.Command;
        return null;
    }

    private ServerStep? Obey(ReadOnlySpan<byte> line, bool isLast)
    {
        var space = line.IndexOf((byte)' ');
        var name = space < 0 ? line : line[..space];
        var args = space < 0 ? [] : line[(space + 1)..].Trim((byte)' ');
        var verb = ServerVerbs.Find(name);
        if (verb == null && ServerVerbs.IsHttp(name))
        {
            Say(ServerReplies.NotHttp);
            return End(Ending.ForeignProtocol);
        }

        if (verb == null)
            Say(ServerReplies.UnknownCommand);
        else if (verb.Use.HasFlag(VerbUse.Greeted) && Helo == null)
            Say(ServerReplies.GreetFirst);
        else if (!verb.Use.HasFlag(VerbUse.InClear) && _profile.RequiresTls && !IsSecure)
            Say(ServerReplies.TlsNeeded);
        else if (verb.Use.HasFlag(VerbUse.Known) && NeedsLogin)
            Say(ServerReplies.LoginNeeded);
        else if (verb.Use.HasFlag(VerbUse.Alone) && !isLast)
            return Reject(ServerReplies.BytesBehindTls, Ending.OutOfStep);
        else if (verb.Do(this, args) is { } step)
            return step;
        return SayErrors();
    }

    internal ServerStep? Say(ReadOnlySpan<byte> reply)
    {
        if (reply[0] == '5')
            _errors++;
        _output.Write(reply);
        return null;
    }

    private ServerStep? SayErrors()
    {
        if (_errors < _profile.Errors || _expecting == Expecting.Nothing)
            return null;
        _output.Write(ServerReplies.TooManyErrors);
        return End(Ending.TooManyErrors);
    }

    private ServerStep Reject(ReadOnlySpan<byte> reply, Ending why)
    {
        _output.Write(reply);
        return End(why);
    }

    private ServerStep End(Ending why)
    {
        (_expecting, Ending) = (Expecting.Nothing, why);
        return ServerStep.Close;
    }

    private void Write(string text) => _output.Write(System.Text.Encoding.UTF8.GetBytes(text));

    // Whatever mail there was: it is answered, reset or refused.
    private void EndMail()
    {
        _body.Drop();
        _mail.Clear();
        Envelope = null;
    }

    internal ServerStep? Hello(ReadOnlySpan<byte> args, bool extended)
    {
        if (args.IsEmpty)
            return Say(ServerReplies.BadSyntax);
        EndMail(); // RFC 5321 §4.1.4
        Helo = ServerLines.Printable(args);
        _isExtended = extended;
        if (!extended)
        {
            Write($"250 {_profile.HostName}\r\n");
            return null;
        }

        Write($"250-{_profile.HostName}\r\n250-PIPELINING\r\n250-SIZE {_profile.MessageSize}\r\n");
        _output.Write("250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250-CHUNKING\r\n"u8);
        if (_profile.OffersTls && !IsSecure)
            _output.Write("250-STARTTLS\r\n"u8);
        if (_login.IsOffered && MayLogin)
            Write($"250-AUTH {string.Join(' ', _profile.Mechanisms)}\r\n");
        _output.Write("250 ENHANCEDSTATUSCODES\r\n"u8);
        return null;
    }

    internal ServerStep? Mail(ReadOnlySpan<byte> args) =>
        Say(_body.InChunks ? ServerReplies.InChunks : _mail.Mail(args, HasRoom));

    internal ServerStep? Recipient(ReadOnlySpan<byte> args) =>
        Say(_body.InChunks ? ServerReplies.InChunks : _mail.Recipient(args));

    internal ServerStep? Reset()
    {
        EndMail();
        return Say(ServerReplies.Ok);
    }

    internal ServerStep? Quit() => Reject(ServerReplies.Bye, Ending.Quit);

    internal ServerStep? StartTls(ReadOnlySpan<byte> args)
    {
        if (!args.IsEmpty || IsSecure || !_profile.OffersTls)
        {
            return Say(!args.IsEmpty ? ServerReplies.BadSyntax
                : IsSecure ? ServerReplies.TlsAlready : ServerReplies.TlsNotHere);
        }

        _output.Write(ServerReplies.TlsReady);
        _expecting = Expecting.Tls;
        return ServerStep.StartTls;
    }

    internal ServerStep? Login(ReadOnlySpan<byte> args)
    {
        if (!_login.IsOffered)
            return Say(ServerReplies.LoginNotHere);
        if (User != null)
            return Say(ServerReplies.LoginAlready);
        if (_mail.IsOpen)
            return Say(ServerReplies.LoginInMail);
        if (!MayLogin)
            return Say(ServerReplies.LoginInClear);
        return IsLoginBlocked ? Say(ServerReplies.LoginLater) : AfterLogin(_login.Begin(args, _output));
    }

    private ServerStep? AfterLogin(ServerLogin.Turn turn)
    {
        _expecting = turn == ServerLogin.Turn.GoOn ? Expecting.Login : Expecting.Command;
        switch (turn)
        {
            case ServerLogin.Turn.Succeeded:
                return ServerStep.LoggedIn;
            case ServerLogin.Turn.Failed:
                if (_login.Failures >= _profile.FailedLogins)
                    Reject(ServerReplies.TooManyLogins, Ending.FailedLogins);
                return ServerStep.LoginFailed;
            case ServerLogin.Turn.Error:
                _errors++;
                return SayErrors();
            default:
                return null;
        }
    }

    internal ServerStep? Data(ReadOnlySpan<byte> args)
    {
        if (!args.IsEmpty)
            return Say(ServerReplies.BadSyntax);
        if (_body.InChunks)
            return Say(ServerReplies.InChunks); // RFC 3030 §2
        if (!_mail.HasRecipient)
            return Say(WhyNoData());
        return BeginBody();
    }

    /// <summary>BDAT, RFC 3030 §2. Its octets follow, whatever we think of it: they are read past where it is refused.</summary>
    internal ServerStep? Chunk(ReadOnlySpan<byte> args)
    {
        if (!_body.TryChunk(args))
            return Reject(ServerReplies.BadChunk, Ending.OutOfStep);
        if (_body.Announced > _profile.MessageSize)
        {
            EndMail();
            return _body.ChunkSize > _profile.MessageSize // too much to read past
                ? Reject(ServerReplies.TooLarge, Ending.TooLarge)
                : RefuseChunk(ServerReplies.TooLarge);
        }

        if (_body.InChunks)
        {
            _expecting = Expecting.Chunk;
            return null;
        }

        if (!_mail.HasRecipient)
            return RefuseChunk(WhyNoData());
        _body.BeginChunks();
        return BeginBody();
    }

    private ServerStep? RefuseChunk(ReadOnlySpan<byte> reply)
    {
        _expecting = Expecting.Waste;
        return Say(reply);
    }

    private ReadOnlySpan<byte> WhyNoData() =>
        !_mail.IsOpen ? ServerReplies.MailFirst
        : _mail.WasAddressed ? ServerReplies.NoRecipient : ServerReplies.RecipientFirst;

    private ServerStep BeginBody()
    {
        _expecting = Expecting.Body;
        return ServerStep.BeginBody;
    }

    private ServerStep? AfterBody(ServerBody.Turn turn)
    {
        switch (turn)
        {
            case ServerBody.Turn.NeedInput:
                return ServerStep.NeedInput;
            case ServerBody.Turn.Bad:
                return Reject(ServerReplies.BadData, Ending.BadData);
            case ServerBody.Turn.TooLarge:
                return Reject(ServerReplies.TooLarge, Ending.TooLarge);
            case ServerBody.Turn.ChunkEnded:
                _expecting = Expecting.Command;
                Write($"250 2.0.0 {_body.ChunkSize} octets received\r\n");
                return null;
            default:
                return AfterMail();
        }
    }

    private ServerStep? SkipChunk(ref ReadOnlySequence<byte> input)
    {
        if (!_body.SkipChunk(ref input))
            return ServerStep.NeedInput;
        _expecting = Expecting.Command;
        return SayErrors();
    }

    private ServerStep? AfterMail()
    {
        if (_body.Octets.IsTooLarge)
        {
            EndMail();
            _expecting = Expecting.Command;
            return Say(ServerReplies.TooLarge);
        }

        Envelope = _mail.TakeEnvelope();
        _expecting = Expecting.Answer;
        return ServerStep.Commit;
    }
}
