using System.Text;
using Postroom.Mail.Trouble;

namespace Postroom.Mail.Smtp;

/// <summary>One mail transaction (RFC 5321 §3.3) up to its data: what MAIL and RCPT have given.</summary>
internal sealed class ServerTransaction(ServerProfile profile)
{
    private readonly MailParameters _parameters = new();
    private List<Recipient> _recipients = [];
    private ReversePath _from;

    /// <summary>MAIL was taken.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>A RCPT was given, taken or not.</summary>
    public bool WasAddressed { get; private set; }

    public bool HasRecipient => _recipients.Count > 0;

    public bool SmtpUtf8 => _parameters.SmtpUtf8;

    public void Clear()
    {
        _parameters.Clear();
        _recipients.Clear();
        (_from, IsOpen, WasAddressed) = (ReversePath.Null, false, false);
    }

    /// <summary>Hands the envelope over; the list in it is no longer ours.</summary>
    public Envelope TakeEnvelope()
    {
        var envelope = new Envelope(_from, _recipients)
        {
            Return = _parameters.Return,
            EnvelopeId = _parameters.EnvelopeId,
            Body = _parameters.Body,
            SmtpUtf8 = _parameters.SmtpUtf8,
        };
        _recipients = [];
        return envelope;
    }

    /// <summary>MAIL, RFC 5321 §4.1.1.2.</summary>
    /// <param name="isStopped">Asked of one that would be taken: something else happens in its place.</param>
    /// <returns>The reply; none where it is stopped.</returns>
    public ReadOnlySpan<byte> Mail(
        ReadOnlySpan<byte> args, bool hasRoom, Func<Stage, ReversePath, ForwardPath?, bool> isStopped)
    {
        if (IsOpen)
            return ServerReplies.MailTwice;
        if (!TryPath(args, "FROM:"u8, out var text, out var path))
            return text.IsEmpty ? ServerReplies.BadSyntax : ServerReplies.BadSender;
        var fault = Tail(text, path, out var tail) ? _parameters.Read(tail) : ParameterFault.Bad;
        if (fault != ParameterFault.None)
            return Fault(fault);
        if (!path.IsAscii && !_parameters.SmtpUtf8)
            return ServerReplies.NeedsUtf8;
        if (_parameters.Size > profile.MessageSize)
            return ServerReplies.TooLarge; // RFC 1870 §6.1
        if (!hasRoom)
            return ServerReplies.NoRoom;
        var from = path.Address.Length == 0 ? ReversePath.Null : new ReversePath(path.Address);
        if (isStopped(Stage.Mail, from, null))
            return [];
        (_from, IsOpen) = (from, true);
        return ServerReplies.SenderOk;
    }

    /// <summary>RCPT, RFC 5321 §4.1.1.3. Every valid path is taken: where it leads is the queue's question, not
    /// ours.</summary>
    /// <inheritdoc cref="Mail"/>
    public ReadOnlySpan<byte> Recipient(
        ReadOnlySpan<byte> args, Func<Stage, ReversePath, ForwardPath?, bool> isStopped)
    {
        if (!IsOpen)
            return ServerReplies.MailFirst;
        WasAddressed = true;
        if (!TryPath(args, "TO:"u8, out var text, out var path) || path.Address.Length == 0)
            return text.IsEmpty ? ServerReplies.BadSyntax : ServerReplies.BadRecipient;
        if (!Tail(text, path, out var tail))
            return ServerReplies.BadParameter;
        var fault = RecipientParameters.Read(tail, SmtpUtf8, out var parameters);
        if (fault != ParameterFault.None)
            return Fault(fault);
        if (!path.IsAscii && !SmtpUtf8)
            return ServerReplies.NeedsUtf8;
        if (_recipients.Count >= profile.Recipients)
            return ServerReplies.TooManyRecipients; // RFC 5321 §4.5.3.1.10
        var to = new ForwardPath(path.Address);
        if (isStopped(Stage.Rcpt, _from, to))
            return [];
        _recipients.Add(new Recipient(to, parameters.Notify, parameters.OriginalRecipient));
        return ServerReplies.RecipientOk;
    }

    // Blanks after the colon are no part of the grammar, but too many clients send one to refuse it.
    private bool TryPath(ReadOnlySpan<byte> args, ReadOnlySpan<byte> word,
        out ReadOnlySpan<byte> text, out PathText path)
    {
        text = default;
        path = default;
        if (args.Length < word.Length || !Ascii.EqualsIgnoreCase(args[..word.Length], word))
            return false;
        text = args[word.Length..].TrimStart((byte)' ');
        return PathGrammar.TryRead(text, profile.Lenient, out path);
    }

    private static bool Tail(ReadOnlySpan<byte> text, PathText path, out ReadOnlySpan<byte> tail)
    {
        tail = text[path.Length..];
        return tail.IsEmpty || tail[0] == ' ';
    }

    private static ReadOnlySpan<byte> Fault(ParameterFault fault) =>
        fault == ParameterFault.Unknown ? ServerReplies.UnknownParameter : ServerReplies.BadParameter;
}
