using System.Buffers;
using System.Text;
using Postroom.Mail.Status;

namespace Postroom.Mail.Smtp;

/// <summary>What a reply means for the transaction.</summary>
public enum ClientAdvice
{
    /// <summary>More replies are due, or more is to be written.</summary>
    More,

    /// <summary>354: the mail data may go.</summary>
    SendData,

    /// <summary>Every recipient is decided, and the connection can be used on.</summary>
    Done,

    /// <summary>421: every recipient is decided, and the connection is closing (RFC 5321 §3.8).</summary>
    Closing,

    /// <summary>A reply that cannot be: what follows cannot be told apart any more.</summary>
    Spoiled,
}

/// <summary>
/// One mail transaction of a client (RFC 5321 §3.3). Writes its commands, takes their replies, judges each recipient.
/// </summary>
/// <remarks>
/// Replies come in the order of the commands (RFC 2920 §3.1), so it does not matter how much was written before the
/// first of them. Written whole and at once with BDAT, or up to DATA and then the data, or command by command:
/// <code>
///   [Reset ─▶] Mail ─▶ Rcpt … Rcpt ─▶ [Data ─354─▶] End ─▶ Done
/// </code>
/// A recipient that was refused does not stop the others. If none is left, a mail that went out anyway finds its
/// BDAT refused, and its DATA too, or ends as an empty one.
/// </remarks>
public sealed class ClientTransaction
{
    private struct Answer
    {
        public Reply? Reply;
        public Failure? Failure;
        public bool Asked;
    }

    private readonly ClientMail _mail;
    private readonly Capabilities _hop;
    private readonly string _remote;
    private readonly Answer[] _answers;
    private readonly bool _bdat;
    private readonly bool _utf8;
    private int _at;
    private int _accepted;
    private Reply? _mailReply;
    private Reply? _dataReply;
    private Reply? _endReply;

    /// <param name="remote">The hop, for Remote-MTA of what fails (RFC 3464 §2.3.5).</param>
    public ClientTransaction(ClientMail mail, Capabilities hop, string remote)
    {
        (_mail, _hop, _remote) = (mail, hop, remote);
        _answers = new Answer[mail.Recipients.Count];
        _bdat = hop.Chunking;
        Stage = ClientStage.Mail;
        if (Unfit() is { } unfit)
        {
            Decide(unfit);
            return;
        }

        var open = 0;
        var utf8 = mail.NeedsUtf8;
        for (var i = 0; i < _answers.Length; i++)
        {
            var ascii = Ascii.IsValid(mail.Recipients[i].Path.Address);
            _answers[i].Asked = ascii || hop.SmtpUtf8;
            utf8 |= !ascii && hop.SmtpUtf8;
            if (_answers[i].Asked)
                open++;
            else
                _answers[i].Failure = Local(Fault.Recipient, 5, 6, 7,
                    "the next hop does not take addresses in UTF-8 (SMTPUTF8)");
        }

        _utf8 = utf8;
        if (open == 0)
            Stage = ClientStage.Done;
        else
            (_at, Commands) = (NextAsked(0), open + 1);
    }

    /// <summary>What the next reply answers; Done at the end, or at once if the hop cannot take this mail.</summary>
    public ClientStage Stage { get; private set; }

    /// <summary>The mail goes with BDAT LAST rather than DATA.</summary>
    public bool UsesBdat => _bdat;

    /// <summary>A recipient was accepted, so the mail is worth sending.</summary>
    public bool HasTakers => _accepted > 0;

    /// <summary>MAIL was refused, and with it everything.</summary>
    public bool IsRefused => _mailReply is { IsPositive: false };

    /// <summary>Recipients it is for, decided ones included.</summary>
    public int Count => _answers.Length;

    /// <summary>MAIL and the RCPTs to be sent.</summary>
    public int Commands { get; private set; } = 1;

    /// <summary>If the end of the mail was sent and not answered, somebody may have it now.</summary>
    public bool MightBeTaken => !IsRefused && (HasTakers || _at < _answers.Length);

    /// <summary>No reply has come to anything yet, or only one that says the channel closes.</summary>
    public bool IsUntouched { get; private set; } = true;

    /// <summary>The next transaction on this connection has to begin with RSET.</summary>
    public bool NeedsReset { get; private set; }

    /// <summary>The hop took responsibility for at least one recipient.</summary>
    public bool IsTaken { get; private set; }

    /// <summary>The reply to the end of the mail; null if it did not come to that.</summary>
    public Reply? EndReply => _endReply;

    /// <summary>Writes MAIL and every RCPT, after RSET if asked.</summary>
    public void WriteEnvelope(IBufferWriter<byte> to, bool reset)
    {
        if (reset)
            WriteReset(to);
        WriteMail(to);
        for (var i = 0; i < _answers.Length; i++)
            WriteRcpt(to, i);
    }

    public void WriteReset(IBufferWriter<byte> to)
    {
        Stage = ClientStage.Reset;
        to.Write("RSET\r\n"u8);
    }

    public void WriteMail(IBufferWriter<byte> to) => ClientCommands.WriteMail(to, _mail, _hop, _utf8);

    /// <summary>Writes one RCPT; nothing for a recipient that is decided already.</summary>
    /// <returns>True if there is a command to be answered.</returns>
    public bool WriteRcpt(IBufferWriter<byte> to, int recipient)
    {
        if (_answers[recipient].Asked)
            ClientCommands.WriteRcpt(to, _mail.Recipients[recipient], _hop);
        return _answers[recipient].Asked;
    }

    /// <summary>Writes the command the content goes with: BDAT LAST, which it must follow at once, or DATA.</summary>
    public void WriteContentCommand(IBufferWriter<byte> to)
    {
        if (_bdat)
            ClientCommands.WriteBdatLast(to, _mail.Length);
        else
            to.Write("DATA\r\n"u8);
    }

    /// <summary>Takes the reply to the oldest unanswered command.</summary>
    public ClientAdvice On(Reply reply)
    {
        if (reply.Code == 421)
        {
            Note(reply);
            Decide(ClientVerdict.Of(Stage, reply, _remote));
            return ClientAdvice.Closing;
        }

        var atStart = Stage is ClientStage.Reset;
        IsUntouched &= atStart;
        return Stage switch
        {
            ClientStage.Reset => OnReset(reply),
            ClientStage.Mail => OnMail(reply),
            ClientStage.Rcpt => OnRcpt(reply),
            ClientStage.Data => OnData(reply),
            ClientStage.End => OnEnd(reply),
            _ => ClientAdvice.Spoiled,
        };
    }

    /// <summary>
    /// Ends a transaction whose content was not and will not be sent, because nobody is left to take it.
    /// </summary>
    public void Abandon()
    {
        NeedsReset = _mailReply is { IsPositive: true };
        Stage = ClientStage.Done;
    }

    /// <summary>Ends it for a reason outside the dialogue: every recipient not refused yet fails with this.</summary>
    public void Decide(Failure failure)
    {
        for (var i = 0; i < _answers.Length; i++)
            _answers[i].Failure ??= failure;
        Stage = ClientStage.Done;
    }

    /// <summary>What became of a recipient, once done: why the hop did not take it, or null if it did.</summary>
    public Failure? FailureOf(int recipient) => _answers[recipient].Failure;

    /// <summary>The hop had had its fill of recipients when this one came: it may go in another transaction.</summary>
    /// <remarks>RFC 5321 §4.5.3.1.10. Only where others were taken: else the next transaction would end the
    /// same.</remarks>
    public bool IsLeftOver(int recipient) =>
        IsTaken && _answers[recipient].Reply is { IsPositive: false } reply && ClientVerdict.IsTooManyRecipients(reply);

    /// <summary>
    /// The hop reports on this recipient, not we (RFC 3461 §5.2.2): it was given NOTIFY, and took it.
    /// </summary>
    public bool PassedDsnOn(int recipient) =>
        _hop.Dsn && _mail.Recipients[recipient].Notify != Notify.Unspecified && FailureOf(recipient) is null;

    /// <summary>The dialogue as far as it went, for the transcript.</summary>
    /// <param name="line">Takes each line: true for ours, then the text.</param>
    public void Recount(Action<bool, string> line)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        Recount(line, buffer, WriteMail, _mailReply);
        for (var i = 0; i < _answers.Length; i++)
            if (_answers[i].Asked)
                Recount(line, buffer, to => WriteRcpt(to, i), _answers[i].Reply);
        if (_dataReply is not null || _endReply is not null)
            Recount(line, buffer, WriteContentCommand, _dataReply);
        if (_endReply is not null)
            line(false, _endReply.Quote());
    }

    private static void Recount(
        Action<bool, string> line, ArrayBufferWriter<byte> buffer, Action<IBufferWriter<byte>> write, Reply? reply)
    {
        buffer.ResetWrittenCount();
        write(buffer);
        line(true, Encoding.UTF8.GetString(buffer.WrittenSpan).TrimEnd());
        if (reply is not null)
            line(false, reply.Quote());
    }

    private Failure? Unfit()
    {
        if (_hop.LargestMail is { } most && _mail.Length > most)
            return Local(Fault.Message, 5, 3, 4,
                $"the mail has {_mail.Length} octets; the next hop takes {most} (SIZE)");
        if (_mail.NeedsUtf8 && !_hop.SmtpUtf8)
            return Local(Fault.Message, 5, 6, 7, "the mail needs SMTPUTF8, which the next hop does not offer");
        if (_mail.NeedsEightBit && !_hop.EightBitMime)
            return Local(Fault.Message, 5, 6, 3, "the mail is of 8 bits, and the next hop does not offer 8BITMIME");
        return null;
    }

    private Failure Local(Fault fault, int @class, int subject, int detail, string why) =>
        new(fault, new EnhancedStatus(@class, subject, detail), $"{@class}.{subject}.{detail} {why}", _remote);

    private ClientAdvice OnReset(Reply reply)
    {
        Stage = ClientStage.Mail;
        return reply.Code / 100 == 2 ? ClientAdvice.More : Spoil(reply);
    }

    private ClientAdvice OnMail(Reply reply)
    {
        _mailReply = reply;
        Stage = ClientStage.Rcpt;
        if (reply.IsPositive && reply.Code / 100 != 2)
            return Spoil(reply);
        if (!reply.IsPositive)
        {
            // The RCPTs that went with it are answered too, but theirs is not the reason.
            var refused = ClientVerdict.Of(ClientStage.Mail, reply, _remote);
            for (var i = 0; i < _answers.Length; i++)
                _answers[i].Failure ??= refused;
        }

        return ClientAdvice.More;
    }

    private ClientAdvice OnRcpt(Reply reply)
    {
        ref var answer = ref _answers[_at];
        answer.Reply = reply;
        if (reply.IsPositive && reply.Code / 100 != 2)
            return Spoil(reply);
        if (!reply.IsPositive)
            answer.Failure ??= ClientVerdict.OfRecipient(reply, _accepted > 0, _remote);
        else if (answer.Failure is null)
            _accepted++;
        _at = NextAsked(_at + 1);
        if (_at == _answers.Length)
            Stage = _bdat ? ClientStage.End : ClientStage.Data;
        return ClientAdvice.More;
    }

    private ClientAdvice OnData(Reply reply)
    {
        _dataReply = reply;
        if (reply.Code == 354)
        {
            Stage = ClientStage.End;
            return ClientAdvice.SendData;
        }

        if (reply.IsPositive)
            return Spoil(reply);
        NeedsReset = true;
        if (HasTakers)
            Decide(ClientVerdict.Of(ClientStage.Data, reply, _remote));
        Stage = ClientStage.Done;
        return ClientAdvice.Done;
    }

    private ClientAdvice OnEnd(Reply reply)
    {
        _endReply = reply;
        if (reply.Code / 100 == 3)
            return Spoil(reply);
        if (reply.IsPositive)
            IsTaken = HasTakers;
        else if (HasTakers)
            Decide(ClientVerdict.Of(ClientStage.End, reply, _remote));

        // RFC 3030 §2: after a refused BDAT the server may wait for RSET; after a final dot it never does.
        NeedsReset = _bdat && !reply.IsPositive;
        Stage = ClientStage.Done;
        return ClientAdvice.Done;
    }

    private ClientAdvice Spoil(Reply reply)
    {
        var why = $"not a reply that can be here: {reply.Quote()}";
        Decide(ClientVerdict.NextHop(new EnhancedStatus(4, 5, 0), why, _remote));
        return ClientAdvice.Spoiled;
    }

    private void Note(Reply reply)
    {
        if (Stage == ClientStage.Mail)
            _mailReply = reply;
        else if (Stage == ClientStage.Rcpt)
            _answers[_at].Reply = reply;
        else if (Stage == ClientStage.Data)
            _dataReply = reply;
        else
            _endReply = reply;
    }

    private int NextAsked(int from)
    {
        while (from < _answers.Length && !_answers[from].Asked)
            from++;
        return from;
    }
}
