using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Journal.Records;

/// <summary>Reads what <see cref="RecordEncoding"/> wrote.</summary>
internal static class RecordDecoding
{
    /// <exception cref="InvalidDataException">The payload is not of that kind's form, or the kind is
    /// unknown.</exception>
    public static JournalRecord Read(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        var from = new PayloadReader(payload);
        try
        {
            return ReadOf(kind, ref from);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException("a record holds what no record may hold: " + e.Message, e);
        }
    }

    private static JournalRecord ReadOf(FrameKind kind, ref PayloadReader from) => kind switch
    {
        FrameKind.Accepted => ReadAccepted(ref from),
        FrameKind.Leased => ReadLeased(ref from),
        FrameKind.Settled => ReadSettled(ref from),
        FrameKind.Directed => new DirectedRecord(
            from.Time(), (Happening)from.Byte(), ReadTargets(ref from), from.Text(), from.TextOrNull()),
        FrameKind.Revoked => new RevokedRecord(new MailId(from.Number()), from.Time()),
        FrameKind.LeasesLost => new LeasesLostRecord(from.Time(), ReadTargets(ref from), ReadTargets(ref from)),
        FrameKind.Noted => new NotedRecord(ReadEvent(ref from)),
        FrameKind.Forgotten => ReadForgotten(ref from),
        _ => throw new InvalidDataException($"kind {(byte)kind} is no record"),
    };

    private static AcceptedRecord ReadAccepted(ref PayloadReader from)
    {
        var id = new MailId(from.Number());
        var at = from.Time();
        var envelope = ReadEnvelope(ref from);
        var origin = new Origin(from.Text(), from.Text(), from.TextOrNull(), from.TextOrNull(), from.Text());
        var header = ReadHeader(ref from);
        var trace = from.Octets();
        var size = from.Number();
        var reported = from.Number();
        var pieces = new BodyPiece[from.Count()];
        for (var i = 0; i < pieces.Length; i++)
            pieces[i] = new BodyPiece(from.Int(), from.Int(), from.Int(), from.Checksum());
        header = header with { App = ReadApp(ref from) };
        if (!from.IsEnd)
            origin = origin with { Key = ReadKey(from.Text(), from.Text()) };
        if (!from.IsEnd)
            header = header with { Fingerprint = Fingerprint.Read(from.Take(Fingerprint.Length)) };
        if (!from.IsEnd)
        {
            header = from.Flag() ? header : header with { Fingerprint = null };
            var of = new MailId(from.Number());
            origin = origin with { Replay = new Replay(of, from.TextOrNull(), from.TextOrNull()) };
        }

        return new AcceptedRecord(id, at, envelope, origin, header)
        {
            Trace = trace,
            Size = size,
            ReportOf = reported == 0 ? null : new MailId(reported - 1),
            Pieces = pieces,
        };
    }

    // A name that is empty stands for none, where something follows.
    private static AppFacts? ReadApp(ref PayloadReader from) => from.IsEnd || from.Text() is not { Length: > 0 } name
        ? null : new AppFacts(name)
    {
        Instance = from.TextOrNull(),
        Site = from.TextOrNull(),
        Node = from.TextOrNull(),
        Project = from.TextOrNull(),
        Item = from.TextOrNull(),
        Event = from.TextOrNull(),
        Actor = from.TextOrNull(),
        Reason = from.TextOrNull(),
    };

    private static OwnKey? ReadKey(string text, string digest) => text.Length == 0 ? null : new OwnKey(text, digest);

    private static Envelope ReadEnvelope(ref PayloadReader from)
    {
        var reversePath = from.Text() is { Length: > 0 } address ? new ReversePath(address) : ReversePath.Null;
        var recipients = new Recipient[from.Count()];
        for (var i = 0; i < recipients.Length; i++)
            recipients[i] = new Recipient(new ForwardPath(from.Text()), (Notify)from.Byte(), from.TextOrNull());
        return new Envelope(reversePath, recipients)
        {
            Return = (Return)from.Byte(),
            EnvelopeId = from.TextOrNull(),
            Body = (BodyKind)from.Byte(),
            SmtpUtf8 = from.Flag(),
        };
    }

    private static HeaderFacts ReadHeader(ref PayloadReader from) => new()
    {
        Subject = from.TextOrNull(),
        From = from.TextOrNull(),
        MessageId = from.TextOrNull(),
        ReceivedCount = from.Int(),
        EightBit = from.Flag(),
        EightBitHeader = from.Flag(),
        Repaired = from.TextOrNull(),
    };

    private static LeasedRecord ReadLeased(ref PayloadReader from)
    {
        var at = from.Time();
        var parcels = new LeasedParcel[from.Count()];
        for (var i = 0; i < parcels.Length; i++)
        {
            var id = new MailId(from.Number());
            var lane = from.Text();
            var recipients = new int[from.Count()];
            for (var j = 0; j < recipients.Length; j++)
                recipients[j] = from.Int();
            parcels[i] = new LeasedParcel(id, lane, recipients);
        }

        return new LeasedRecord(at, parcels);
    }

    private static SettledRecord ReadSettled(ref PayloadReader from)
    {
        var id = new MailId(from.Number());
        var at = from.Time();
        var lane = from.Text();
        var verdicts = new Verdict[from.Count()];
        for (var i = 0; i < verdicts.Length; i++)
        {
            verdicts[i] = new Verdict(from.Int(), (Happening)from.Byte())
            {
                Reply = from.TextOrNull(),
                Failure = ReadFailure(ref from),
                NextDue = from.TimeOrNull(),
                Text = from.TextOrNull(),
                DelayReported = from.Flag(),
            };
        }

        var attempt = ReadAttempt(ref from);
        var events = new TrailEvent[from.Count()];
        for (var i = 0; i < events.Length; i++)
            events[i] = ReadEvent(ref from);
        return new SettledRecord(id, at, lane, verdicts) { Attempt = attempt, Events = events };
    }

    private static ForgottenRecord ReadForgotten(ref PayloadReader from)
    {
        var (at, what) = (from.Time(), (Forgetting)from.Byte());
        var targets = new Target[from.Count()];
        for (var i = 0; i < targets.Length; i++)
            targets[i] = new Target(new MailId(from.Number()), from.Int() - 1);
        var (who, why) = (from.Text(), from.TextOrNull());
        var events = new EventName[from.Count()];
        for (var i = 0; i < events.Length; i++)
            events[i] = new EventName(from.Time(), (EventKind)from.Byte());
        return new ForgottenRecord(at, what, targets, who, why) { Events = events };
    }

    private static Target[] ReadTargets(ref PayloadReader from)
    {
        var targets = new Target[from.Count()];
        for (var i = 0; i < targets.Length; i++)
            targets[i] = new Target(new MailId(from.Number()), from.Int());
        return targets;
    }

    private static Failure? ReadFailure(ref PayloadReader from)
    {
        var fault = (Fault)from.Byte();
        if (fault == 0)
            return null;
        var (@class, subject, detail) = (from.Int(), from.Int(), from.Int());
        var status = @class == 0 ? default : new EnhancedStatus(@class, subject, detail);
        return new Failure(fault, status, from.Text(), from.TextOrNull());
    }

    private static AttemptFacts? ReadAttempt(ref PayloadReader from)
    {
        if (!from.Flag())
            return null;
        var (remote, greeting, tls, reused) = (from.TextOrNull(), from.TextOrNull(), from.TextOrNull(), from.Flag());
        var steps = new Step[from.Count()];
        for (var i = 0; i < steps.Length; i++)
            steps[i] = new Step(from.Text(), from.Double());
        return new AttemptFacts(remote, greeting, tls, reused, steps, from.TextOrNull());
    }

    private static TrailEvent ReadEvent(ref PayloadReader from)
    {
        var at = from.Time();
        var kind = (EventKind)from.Byte();
        var mail = from.Number();
        var recipient = from.Int();
        return new TrailEvent(at, kind, mail == 0 ? null : new MailId(mail - 1), recipient == 0 ? null : recipient - 1)
        {
            Who = from.TextOrNull(),
            Lane = from.TextOrNull(),
            Reply = from.TextOrNull(),
            Failure = ReadFailure(ref from),
            Text = from.TextOrNull(),
            NextDue = from.TimeOrNull(),
            Attempt = ReadAttempt(ref from),
        };
    }
}
