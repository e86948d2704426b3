using Postroom.Mail;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>
/// What no question looks at, packed: the origin, the envelope's parameters, the rest of the header facts.
/// </summary>
internal static class PackedMail
{
    public static void WriteFacts(Packer into, AcceptedRecord mail)
    {
        var (envelope, origin, header) = (mail.Envelope, mail.Origin, mail.Header);
        into.Text(origin.Listener);
        into.Text(origin.Client);
        into.Text(origin.Helo);
        into.Text(origin.User);
        into.Text(origin.Protocol);
        into.Number((long)envelope.Return);
        into.Number((long)envelope.Body);
        into.Number((envelope.SmtpUtf8 ? 1 : 0) | (header.EightBit ? 2 : 0) | (header.EightBitHeader ? 4 : 0));
        into.Number(header.ReceivedCount);
        into.Text(envelope.EnvelopeId);
        into.Text(header.Repaired);
        if (header.App is { } app)
        {
            into.Text(app.Event);
            into.Text(app.Actor);
            into.Text(app.Reason);
        }

        if (origin.Key is null && header.Fingerprint is null && origin.Replay is null)
            return;
        into.Text(origin.Key?.Text);
        into.Text(origin.Key?.Digest);
        if (header.Fingerprint is not null || origin.Replay is not null)
            into.Fingerprint(header.Fingerprint ?? default);
        if (origin.Replay is not { } replay)
            return;
        into.Number(header.Fingerprint is null ? 0 : 1);
        into.Number(replay.Of.Value);
        into.Text(replay.Route);
        into.Text(replay.Batch);
    }

    /// <param name="app">What its columns say of its application; null where it has none.</param>
    public static (Origin Origin, Envelope Envelope, HeaderFacts Header) ReadFacts(
        ReadOnlySpan<byte> bytes, ReversePath sender, IReadOnlyList<Recipient> recipients, AppFacts? app)
    {
        var from = new Unpacker(bytes);
        var origin = new Origin(from.Text() ?? "", from.Text() ?? "", from.Text(), from.Text(), from.Text() ?? "");
        var (@return, body, flags) = ((Return)from.Number(), (BodyKind)from.Number(), from.Number());
        var header = new HeaderFacts
        {
            EightBit = (flags & 2) != 0, EightBitHeader = (flags & 4) != 0, ReceivedCount = from.Int(),
        };
        var envelope = new Envelope(sender, recipients)
        {
            Return = @return, Body = body, SmtpUtf8 = (flags & 1) != 0, EnvelopeId = from.Text(),
        };
        header = header with { Repaired = from.Text() };
        if (app is not null)
            app = app with { Event = from.Text(), Actor = from.Text(), Reason = from.Text() };
        if (!from.AtEnd)
        {
            var (key, digest) = (from.Text(), from.Text());
            origin = origin with { Key = key is null ? null : new OwnKey(key, digest ?? "") };
        }

        Fingerprint? fingerprint = from.AtEnd ? null : from.Fingerprint();
        if (!from.AtEnd)
        {
            fingerprint = from.Number() == 0 ? null : fingerprint;
            origin = origin with { Replay = new Replay(new MailId(from.Number()), from.Text(), from.Text()) };
        }

        return (origin, envelope, header with { App = app, Fingerprint = fingerprint });
    }

    public static void WritePieces(Packer into, IReadOnlyList<BodyPiece> pieces)
    {
        foreach (var piece in pieces)
        {
            into.Number(piece.Segment);
            into.Number(piece.Offset);
            into.Number(piece.Length);
            into.Number(piece.Checksum);
        }
    }

    public static IReadOnlyList<BodyPiece> ReadPieces(ReadOnlySpan<byte> bytes)
    {
        var pieces = new List<BodyPiece>(1);
        for (var from = new Unpacker(bytes); !from.AtEnd;)
            pieces.Add(new BodyPiece(from.Int(), from.Int(), from.Int(), unchecked((uint)from.Number())));
        return pieces;
    }

    /// <summary>
    /// The null path is stored as the empty text, and only <see cref="ReversePath.Null"/> equals itself.
    /// </summary>
    public static ReversePath Sender(string address) =>
        address.Length == 0 ? ReversePath.Null : new ReversePath(address);

    /// <summary>FNV-1a over the characters: what the index keeps of a Message-ID.</summary>
    public static long HashOf(string messageId)
    {
        var hash = 2166136261u;
        foreach (var c in messageId)
            hash = unchecked((hash ^ c) * 16777619u);
        return hash;
    }
}
