using System.Buffers;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Postroom.Mail.Smtp;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>How the client's octets are cut into reads.</summary>
public enum Cut { Whole, Lines, Octets, Segments }

/// <summary>A mail as the host of the session got it.</summary>
public sealed record Taken(Envelope Envelope, string Octets, string Protocol, bool EightBit, string? Repaired);

/// <summary>Plays a client against a <see cref="ServerSession"/> and keeps what came of it.</summary>
public sealed class ServerScript(ServerProfile? profile = null, PeerFacts? peer = null)
{
    public static readonly PeerFacts Local = new(IsLocal: true, IsSecure: false, MayRelay: true);
    public static readonly PeerFacts Far = new(IsLocal: false, IsSecure: false, MayRelay: true);

    private readonly ArrayBufferWriter<byte> _output = new();
    private ArrayBufferWriter<byte>? _body;

    public ServerSession Session { get; } = new(
        profile ?? new ServerProfile("relay.test"), peer ?? Local,
        name => ServerMechanism.Create(name, Users, new byte[18]));

    public List<Taken> Mails { get; } = [];

    public List<ServerStep> Steps { get; } = [];

    public bool IsClosed { get; private set; }

    public bool HasOpenBody => _body != null;

    public string Said => Encoding.UTF8.GetString(_output.WrittenSpan);

    /// <summary>How the host answers a complete mail.</summary>
    public Reply Answer { get; init; } = new(250, new EnhancedStatus(2, 0, 0), "Taken");

    /// <summary>How the host answers when a body begins; null: it opens one.</summary>
    public Reply? Refusal { get; init; }

    public static StoredPassword? Users(string name) =>
        name == "jira" ? StoredPassword.Hash("secret", "saltsaltsaltsalt"u8.ToArray(), 4096) : null;

    public static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    public ServerScript Greeted()
    {
        Session.Greet(_output);
        return this;
    }

    /// <summary>Feeds octets, cut as asked. What the session does not take yet is offered again with what
    /// follows.</summary>
    public ServerScript Feed(byte[] octets, Cut cut = Cut.Whole)
    {
        var kept = Array.Empty<byte>();
        foreach (var piece in Pieces(octets, cut))
        {
            if (IsClosed)
                break;
            kept = [.. kept, .. piece];
            var input = cut == Cut.Segments ? Segment.Chain(kept) : new ReadOnlySequence<byte>(kept);
            Drive(ref input);
            kept = input.ToArray();
        }

        return this;
    }

    public ServerScript Feed(string text, Cut cut = Cut.Whole) => Feed(Latin(text), cut);

    private static IEnumerable<byte[]> Pieces(byte[] octets, Cut cut)
    {
        if (cut is Cut.Whole or Cut.Segments)
            return [octets];
        if (cut == Cut.Octets)
            return octets.Select(o => new[] { o });
        var lines = new List<byte[]>();
        for (var at = 0; at < octets.Length;)
        {
            var end = Array.IndexOf(octets, (byte)'\n', at);
            end = end < 0 ? octets.Length : end + 1;
            lines.Add(octets[at..end]);
            at = end;
        }

        return lines;
    }

    private void Drive(ref ReadOnlySequence<byte> input)
    {
        while (true)
        {
            var step = Session.Next(ref input, _output);
            Steps.Add(step);
            switch (step)
            {
                case ServerStep.NeedInput:
                    return;
                case ServerStep.Close:
                    IsClosed = true;
                    return;
                case ServerStep.BeginBody when Refusal != null:
                    Session.Complete(Refusal, _output);
                    break;
                case ServerStep.BeginBody:
                    _body = new ArrayBufferWriter<byte>();
                    Session.OpenBody(_body, _output);
                    break;
                case ServerStep.DropBody:
                    _body = null;
                    break;
                case ServerStep.Commit:
                    var data = Session.MailData;
                    Mails.Add(new Taken(Session.Envelope!, Encoding.Latin1.GetString(_body!.WrittenSpan),
                        Session.Protocol, data.EightBit, data.Repaired));
                    _body = null;
                    Session.Complete(Answer, _output);
                    break;
                case ServerStep.StartTls:
                    Session.TlsStarted();
                    break;
            }
        }
    }

    // Segments of three octets: nothing may lean on a line lying in one piece.
    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Chain(byte[] octets)
        {
            var first = new Segment { Memory = octets.AsMemory(0, Math.Min(3, octets.Length)) };
            var last = first;
            for (var at = 3; at < octets.Length; at += 3)
            {
                var next = new Segment
                {
                    Memory = octets.AsMemory(at, Math.Min(3, octets.Length - at)),
                    RunningIndex = at,
                };
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}
