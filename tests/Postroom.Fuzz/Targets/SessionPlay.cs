using System.Buffers;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Postroom.Mail.Smtp;

namespace Postroom.Fuzz.Targets;

/// <summary>Plays octets of a client into a session machine, and does as the host does.</summary>
internal sealed class SessionPlay
{
    private static readonly StoredPassword Jira = StoredPassword.Hash("secret", new byte[16], iterations: 1);

    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly StringBuilder _mails = new();
    private ArrayBufferWriter<byte>? _body;
    private byte[] _kept = [];

    public SessionPlay(ServerProfile profile, PeerFacts peer)
    {
        Session = new ServerSession(profile, peer,
            name => ServerMechanism.Create(name, user => user == "jira" ? Jira : null, new byte[18]));
        Session.Greet(_output);
        IsClosed = Session.Ending != Ending.None;
    }

    public ServerSession Session { get; }

    public bool IsClosed { get; private set; }

    /// <summary>TLS was begun: what follows is no octet of this conversation.</summary>
    public bool HasTls { get; private set; }

    /// <summary>Mails that were taken: who sent them, their octets, what was repaired.</summary>
    public List<(string From, byte[] Octets, string? Repaired)> Taken { get; } = [];

    /// <summary>Mails that were taken, one behind the other, with their paths.</summary>
    public string Mails => _mails.ToString();

    public string Said => Wire.Text(_output.WrittenSpan);

    public void Feed(ReadOnlySpan<byte> piece)
    {
        if (IsClosed || HasTls)
            return;
        _kept = [.. _kept, .. piece];
        var input = new ReadOnlySequence<byte>(_kept);
        while (Obey(Session.Next(ref input, _output)))
        {
            // The machine goes on until it needs more, or is over.
        }

        _kept = input.ToArray();
        Must.Hold(IsClosed || HasTls || _kept.Length <= 20_000, "no more is kept than a command line may have");
    }

    private bool Obey(ServerStep step)
    {
        switch (step)
        {
            case ServerStep.NeedInput:
                return false;
            case ServerStep.Close:
                IsClosed = true;
                return false;
            case ServerStep.BeginBody:
                Must.Hold(_body is null, "one body at a time");
                _body = new ArrayBufferWriter<byte>();
                Session.OpenBody(_body, _output);
                return true;
            case ServerStep.DropBody:
                Must.Hold(_body is not null, "a body is dropped that was open");
                _body = null;
                return true;
            case ServerStep.Commit:
                Commit();
                return true;
            case ServerStep.StartTls:
                Session.TlsStarted();
                Must.Hold(Session is { Helo: null, User: null, IsSecure: true }, "TLS forgets what was said before");
                HasTls = true;
                return false;
            default:
                return true;
        }
    }

    private void Commit()
    {
        Must.Hold(_body is not null, "a mail that is complete has a body");
        Must.BeClean(_body!.WrittenSpan, "what was taken has no bare CR, bare LF or NUL");
        var envelope = Session.Envelope!;
        Must.Hold(envelope.Recipients.Count > 0, "a mail has a recipient");
        Taken.Add((envelope.From.Address, _body.WrittenSpan.ToArray(), Session.MailData.Repaired));
        _mails.Append(envelope.From).Append(' ').AppendJoin(' ', envelope.Recipients).Append(' ')
            .Append(Session.Protocol).Append(' ').Append(Session.MailData.Repaired).Append('\n')
            .Append(Wire.Text(_body.WrittenSpan)).Append('\n');
        _body = null;
        Session.Complete(new Reply(250, new EnhancedStatus(2, 0, 0), "Taken"), _output);
    }
}
