using System.Buffers;
using Postroom.Mail.Sasl;
using Postroom.Mail.Trouble;

namespace Postroom.Mail.Smtp;

/// <summary>The server's side of one ESMTP connection (RFC 5321, RFC 6409): octets in, octets and decisions
/// out.</summary>
/// <remarks>
/// <para>The host feeds what it has read to <see cref="Next"/> and does what that returns, until it is told to read
/// more
/// or to close. Replies gather in the output and are sent in one write when more input is needed (RFC 2920
/// §3.2).</para>
/// <code>
///   Greet ──▶ Next ──▶ NeedInput ──▶ send, read, Next …
///                 ├──▶ BeginBody ──▶ OpenBody, or Complete(refusal)
///                 ├──▶ Commit ─────▶ Complete(reply): a 250 takes a receipt
///                 ├──▶ StartTls ───▶ send, handshake, TlsStarted
///                 └──▶ Close
/// </code>
/// <para>A refusal of mail data comes at the octet it is about, not at the end of the data, which may never come: a
/// client that ends its lines with a bare LF ends its data so too, and waits. The host then closes slowly, reading on
/// for
/// a while, so that the refusal is not lost in a reset. Data that is only too large is read to its end, up to the limit
/// once more, and the connection is kept: a client that sends before it reads gets its 552 and can go on.</para>
/// </remarks>
public sealed class ServerSession
{
    // What MAIL gains: SIZE 26 (RFC 1870 §4), BODY 17, SMTPUTF8 10 (RFC 6531 §3.1), AUTH 500 (RFC 4954 §3), RET and
    // ENVID
    // 118 (RFC 3461 §4). RCPT: NOTIFY and ORCPT 542. One figure for both.
    private const int ExtensionOctets = 700;

    private readonly ServerProfile _profile;
    private readonly ServerDialogue _dialogue;

    /// <param name="mechanisms">Makes the server's side of a SASL mechanism by its name; null: no AUTH.</param>
    public ServerSession(ServerProfile profile, PeerFacts peer, Func<string, ServerMechanism?>? mechanisms)
    {
        ArgumentNullException.ThrowIfNull(profile);
        _profile = profile;
        _dialogue = new ServerDialogue(profile, peer, mechanisms);
    }

    /// <summary>The name given with EHLO or HELO; null if none yet.</summary>
    public string? Helo => _dialogue.Helo;

    /// <summary>Who logged in; null if nobody.</summary>
    public string? User => _dialogue.User;

    public bool IsSecure => _dialogue.IsSecure;

    /// <summary>Why <see cref="ServerStep.Close"/> was returned.</summary>
    public Ending Ending => _dialogue.Ending;

    /// <summary>The mail of <see cref="ServerStep.Commit"/>.</summary>
    public Envelope? Envelope => _dialogue.Envelope;

    /// <summary>What was seen of its data.</summary>
    public MailData MailData => _dialogue.Body.Octets;

    /// <summary>To be set before <see cref="Next"/>: false refuses MAIL with 452 4.3.1.</summary>
    public bool HasRoom { get => _dialogue.HasRoom; set => _dialogue.HasRoom = value; }

    /// <summary>To be set before <see cref="Next"/>: true refuses AUTH, and ends an exchange that
    /// has begun, with 454 4.7.0.</summary>
    public bool IsLoginBlocked { get => _dialogue.IsLoginBlocked; set => _dialogue.IsLoginBlocked = value; }

    /// <summary>Hears each refusal of ours, as it goes onto the wire; what the host answers it knows itself.</summary>
    public Action<ReadOnlySpan<byte>>? Refusing { init => _dialogue.Refusing = value; }

    /// <summary>Asked of each EHLO, AUTH, MAIL and RCPT that would be obeyed: what is made to happen in its place;
    /// null: nothing.</summary>
    public Func<Stage, ReversePath, ForwardPath?, Made?>? Meddle { init => _dialogue.Meddle = value; }

    /// <summary>What was made to happen at the last step, once. The host waits, writes the reply, or cuts.</summary>
    public Made? TakeMade() => _dialogue.TakeMade();

    /// <summary>A mail's data is on its way: another pace is asked then than between commands.</summary>
    public bool IsInData => _dialogue.Expecting is Expecting.Data or Expecting.Chunk or Expecting.Waste;

    /// <summary>Nothing of a mail has begun: a good moment to stop.</summary>
    public bool IsBetweenMails => !_dialogue.IsInMail && _dialogue.Expecting == Expecting.Command;

    /// <summary>The with-clause of RFC 3848 and RFC 6531 §4.3.</summary>
    public string Protocol
    {
        get
        {
            var name = !_dialogue.IsExtended ? "SMTP" : _dialogue.SmtpUtf8 ? "UTF8SMTP" : "ESMTP";
            return (_dialogue.IsExtended, IsSecure, User != null) switch
            {
                (true, true, true) => name + "SA",
                (true, true, false) => name + "S",
                (true, false, true) => name + "A",
                _ => name,
            };
        }
    }

    /// <summary>Greets the client, or turns away one that could never send mail here (RFC 5321 §3.1).</summary>
    public void Greet(IBufferWriter<byte> output)
    {
        _dialogue.Output = output;
        _dialogue.Greet();
    }

    /// <summary>Goes on as far as it can.</summary>
    /// <param name="input">What was read and not yet taken; what this call takes is cut off its front.</param>
    /// <param name="output">Replies are appended to it.</param>
    /// <exception cref="InvalidOperationException">The last step was not answered.</exception>
    public ServerStep Next(ref ReadOnlySequence<byte> input, IBufferWriter<byte> output)
    {
        _dialogue.Output = output;
        while (true)
        {
            var step = _dialogue.Expecting switch
            {
                Expecting.Command or Expecting.Login => ReadLine(ref input),
                Expecting.RestOfLine => SkipLine(ref input),
                Expecting.Data => AfterBody(_dialogue.Body.ReadData(ref input)),
                Expecting.Chunk => AfterBody(_dialogue.Body.ReadChunk(ref input)),
                Expecting.Waste => SkipChunk(ref input),
                Expecting.Nothing => ServerStep.Close,
                var due => throw new InvalidOperationException($"the last step has to be answered first ({due})"),
            };
            if (step is null or ServerStep.NeedInput && _dialogue.Body.TakeDropped())
                return ServerStep.DropBody;
            if (step is { } what)
                return what;
        }
    }

    /// <summary>Answers <see cref="ServerStep.BeginBody"/>: the mail's octets go there.</summary>
    public void OpenBody(IBufferWriter<byte> body, IBufferWriter<byte> output)
    {
        Demand(_dialogue.Expecting == Expecting.Body);
        _dialogue.Output = output;
        _dialogue.Body.Open(body);
        if (!_dialogue.Body.InChunks)
            _dialogue.Say(ServerReplies.GoAhead);
        _dialogue.Expecting = _dialogue.Body.InChunks ? Expecting.Chunk : Expecting.Data;
    }

    /// <summary>Answers <see cref="ServerStep.Commit"/>, or refuses at <see cref="ServerStep.BeginBody"/>. 421
    /// closes.</summary>
    public void Complete(Reply reply, IBufferWriter<byte> output)
    {
        var isBefore = _dialogue.Expecting == Expecting.Body;
        Demand(_dialogue.Expecting == Expecting.Answer || (isBefore && !reply.IsPositive));
        ServerReplies.Write(reply, output);
        var isRefusedChunk = isBefore && _dialogue.Body.InChunks;
        _dialogue.Body.Forget(); // the host has its writer in hand
        _dialogue.EndMail();
        _dialogue.Expecting = isRefusedChunk ? Expecting.Waste : Expecting.Command;
        if (reply.Code == 421)
            _dialogue.End(Ending.Unavailable);
    }

    /// <summary>Answers <see cref="ServerStep.StartTls"/>: all that was said in the clear is forgotten (RFC 3207
    /// §4.2).</summary>
    public void TlsStarted()
    {
        Demand(_dialogue.Expecting == Expecting.Tls);
        _dialogue.TlsStarted();
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
            return _dialogue.Reject(ServerReplies.NotTls, Ending.ForeignProtocol);
        if (!ServerLines.TryCut(ref input, out var line))
            return input.Length < LimitFor(ServerLines.Front(input))
                ? ServerStep.NeedInput
                : RefuseLong(Expecting.RestOfLine);
        if (line.Length > LimitFor(line))
            return RefuseLong(Expecting.Command);
        if (!ServerLines.TryStrip(ref line, _profile.Lenient))
        {
            _dialogue.Expecting = Expecting.Command;
            _dialogue.Say(ServerReplies.BadLine);
            return _dialogue.SayErrors();
        }

        _dialogue.HasMore = !input.IsEmpty;
        return _dialogue.Expecting == Expecting.Login ? _dialogue.LoginLine(line) : Obey(line);
    }

    private ServerStep? RefuseLong(Expecting next)
    {
        if (_dialogue.Expecting == Expecting.Login)
            _dialogue.AbandonLogin();
        else
            _dialogue.Say(ServerReplies.LineTooLong);
        _dialogue.Expecting = next;
        return _dialogue.SayErrors();
    }

    private int LimitFor(ReadOnlySpan<byte> line)
    {
        if (_dialogue.Expecting == Expecting.Login || ServerLines.Begins(line, "AUTH "u8))
            return ServerLogin.LongestLine;
        return ServerLines.Begins(line, "MAIL "u8) || ServerLines.Begins(line, "RCPT "u8)
            ? _profile.CommandLine + ExtensionOctets
            : _profile.CommandLine;
    }

    private ServerStep? SkipLine(ref ReadOnlySequence<byte> input)
    {
        if (!ServerLines.TrySkip(ref input))
            return ServerStep.NeedInput;
        _dialogue.Expecting = Expecting.Command;
        return null;
    }

    private ServerStep? Obey(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var name = space < 0 ? line : line[..space];
        var args = space < 0 ? [] : line[(space + 1)..].Trim((byte)' ');
        var verb = ServerVerbs.Find(name);
        if (verb == null && ServerVerbs.IsHttp(name))
            return _dialogue.Reject(ServerReplies.NotHttp, Ending.ForeignProtocol);
        if (verb == null)
            _dialogue.Say(ServerReplies.UnknownCommand);
        else if (verb.Use.HasFlag(VerbUse.Greeted) && Helo == null)
            _dialogue.Say(ServerReplies.GreetFirst);
        else if (!verb.Use.HasFlag(VerbUse.InClear) && _profile.RequiresTls && !IsSecure)
            _dialogue.Say(ServerReplies.TlsNeeded);
        else if (verb.Use.HasFlag(VerbUse.Known) && _dialogue.NeedsLogin)
            _dialogue.Say(ServerReplies.LoginNeeded);
        else if (verb.Do(_dialogue, args) is { } step)
            return step;
        return _dialogue.SayErrors();
    }

    private ServerStep? AfterBody(ServerBody.Turn turn)
    {
        switch (turn)
        {
            case ServerBody.Turn.NeedInput:
                return ServerStep.NeedInput;
            case ServerBody.Turn.Bad:
                return _dialogue.Reject(ServerReplies.BadData, Ending.BadData);
            case ServerBody.Turn.TooLarge:
                return _dialogue.Reject(ServerReplies.TooLarge, Ending.TooLarge);
            case ServerBody.Turn.MailEnded when !MailData.IsTooLarge:
                return _dialogue.Commit();
        }

        _dialogue.Expecting = Expecting.Command;
        if (turn == ServerBody.Turn.ChunkEnded)
        {
            _dialogue.Write($"250 2.0.0 {_dialogue.Body.ChunkSize} octets received\r\n");
            return null;
        }

        _dialogue.EndMail();
        _dialogue.Say(ServerReplies.TooLarge);
        return _dialogue.SayErrors();
    }

    private ServerStep? SkipChunk(ref ReadOnlySequence<byte> input)
    {
        if (!_dialogue.Body.SkipChunk(ref input))
            return ServerStep.NeedInput;
        _dialogue.Expecting = Expecting.Command;
        return _dialogue.SayErrors();
    }
}
