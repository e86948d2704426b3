using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Journal.Records;

/// <summary>Writes records; <see cref="RecordDecoding"/> reads them. Field after field, in the order of the
/// declaration.</summary>
internal static class RecordEncoding
{
    public static FrameKind KindOf(JournalRecord record) => record switch
    {
        AcceptedRecord => FrameKind.Accepted,
        LeasedRecord => FrameKind.Leased,
        SettledRecord => FrameKind.Settled,
        DirectedRecord => FrameKind.Directed,
        RevokedRecord => FrameKind.Revoked,
        LeasesLostRecord => FrameKind.LeasesLost,
        NotedRecord => FrameKind.Noted,
        ForgottenRecord => FrameKind.Forgotten,
        _ => throw new ArgumentException($"the journal has no word for {record.GetType().Name}", nameof(record)),
    };

    public static void Write(ref PayloadWriter to, JournalRecord record)
    {
        switch (record)
        {
            case AcceptedRecord accepted:
                WriteAccepted(ref to, accepted);
                break;
            case LeasedRecord leased:
                WriteLeased(ref to, leased);
                break;
            case SettledRecord settled:
                WriteSettled(ref to, settled);
                break;
            case DirectedRecord directed:
                to.Time(directed.At);
                to.Byte((byte)directed.What);
                WriteTargets(ref to, directed.Targets);
                to.Text(directed.Who);
                to.Text(directed.Why);
                break;
            case RevokedRecord revoked:
                to.Number(revoked.Id.Value);
                to.Time(revoked.At);
                break;
            case LeasesLostRecord lost:
                to.Time(lost.At);
                WriteTargets(ref to, lost.InDoubt);
                WriteTargets(ref to, lost.Untried);
                break;
            case NotedRecord noted:
                WriteEvent(ref to, noted.Event);
                break;
            case ForgottenRecord forgotten:
                WriteForgotten(ref to, forgotten);
                break;
        }
    }

    private static void WriteAccepted(ref PayloadWriter to, AcceptedRecord record)
    {
        to.Number(record.Id.Value);
        to.Time(record.At);
        WriteEnvelope(ref to, record.Envelope);
        WriteOrigin(ref to, record.Origin);
        WriteHeader(ref to, record.Header);
        to.Octets(record.Trace);
        to.Number(record.Size);
        to.Number(record.ReportOf is { } reported ? reported.Value + 1 : 0);
        to.Number(record.Pieces.Count);
        for (var i = 0; i < record.Pieces.Count; i++)
        {
            var piece = record.Pieces[i];
            to.Number(piece.Segment);
            to.Number(piece.Offset);
            to.Number(piece.Length);
            to.Checksum(piece.Checksum);
        }

        // Last, and not there where there is none: what was written before they were known reads the same.
        if (record.Header.App is { } app)
            WriteApp(ref to, app);
        else if (record.Origin is { Key: null, Replay: null } && record.Header.Fingerprint is null)
            return;
        else
            to.Text("");
        WriteKey(ref to, record);
    }

    // An empty text stands for none, so that a program from before fingerprints still reads the record. One from before
    // replays takes what stands in a fingerprint's place for one: so it is the mail's id, which is no other's.
    private static void WriteKey(ref PayloadWriter to, AcceptedRecord record)
    {
        var (key, print, replay) = (record.Origin.Key, record.Header.Fingerprint, record.Origin.Replay);
        if (key is null && print is null && replay is null)
            return;
        to.Text(key?.Text ?? "");
        to.Text(key?.Digest ?? "");
        if (print is not null || replay is not null)
            (print ?? new Fingerprint((UInt128)record.Id.Value)).Write(to.Take(Fingerprint.Length));
        if (replay is null)
            return;
        to.Flag(print is not null);
        to.Number(replay.Of.Value);
        to.Text(replay.Route);
        to.Text(replay.Batch);
    }

    private static void WriteApp(ref PayloadWriter to, AppFacts app)
    {
        to.Text(app.App);
        to.Text(app.Instance);
        to.Text(app.Site);
        to.Text(app.Node);
        to.Text(app.Project);
        to.Text(app.Item);
        to.Text(app.Event);
        to.Text(app.Actor);
        to.Text(app.Reason);
    }

    private static void WriteEnvelope(ref PayloadWriter to, Envelope envelope)
    {
        to.Text(envelope.From.Address);
        to.Number(envelope.Recipients.Count);
        for (var i = 0; i < envelope.Recipients.Count; i++)
        {
            var recipient = envelope.Recipients[i];
            to.Text(recipient.Path.Address);
            to.Byte((byte)recipient.Notify);
            to.Text(recipient.OriginalRecipient);
        }

        to.Byte((byte)envelope.Return);
        to.Text(envelope.EnvelopeId);
        to.Byte((byte)envelope.Body);
        to.Flag(envelope.SmtpUtf8);
    }

    private static void WriteOrigin(ref PayloadWriter to, Origin origin)
    {
        to.Text(origin.Listener);
        to.Text(origin.Client);
        to.Text(origin.Helo);
        to.Text(origin.User);
        to.Text(origin.Protocol);
    }

    private static void WriteHeader(ref PayloadWriter to, HeaderFacts header)
    {
        to.Text(header.Subject);
        to.Text(header.From);
        to.Text(header.MessageId);
        to.Number(header.ReceivedCount);
        to.Flag(header.EightBit);
        to.Flag(header.EightBitHeader);
        to.Text(header.Repaired);
    }

    private static void WriteLeased(ref PayloadWriter to, LeasedRecord record)
    {
        to.Time(record.At);
        to.Number(record.Parcels.Count);
        for (var i = 0; i < record.Parcels.Count; i++)
        {
            var parcel = record.Parcels[i];
            to.Number(parcel.Id.Value);
            to.Text(parcel.Lane);
            to.Number(parcel.Recipients.Count);
            for (var j = 0; j < parcel.Recipients.Count; j++)
                to.Number(parcel.Recipients[j]);
        }
    }

    private static void WriteSettled(ref PayloadWriter to, SettledRecord record)
    {
        to.Number(record.Id.Value);
        to.Time(record.At);
        to.Text(record.Lane);
        to.Number(record.Verdicts.Count);
        for (var i = 0; i < record.Verdicts.Count; i++)
        {
            var verdict = record.Verdicts[i];
            to.Number(verdict.Index);
            to.Byte((byte)verdict.What);
            to.Text(verdict.Reply);
            WriteFailure(ref to, verdict.Failure);
            to.Time(verdict.NextDue);
            to.Text(verdict.Text);
            to.Flag(verdict.DelayReported);
        }

        WriteAttempt(ref to, record.Attempt);
        to.Number(record.Events.Count);
        for (var i = 0; i < record.Events.Count; i++)
            WriteEvent(ref to, record.Events[i]);
    }

    private static void WriteTargets(ref PayloadWriter to, IReadOnlyList<Target> targets)
    {
        to.Number(targets.Count);
        for (var i = 0; i < targets.Count; i++)
        {
            to.Number(targets[i].Mail.Value);
            to.Number(targets[i].Recipient);
        }
    }

    private static void WriteForgotten(ref PayloadWriter to, ForgottenRecord record)
    {
        to.Time(record.At);
        to.Byte((byte)record.What);
        to.Number(record.Targets.Count);
        for (var i = 0; i < record.Targets.Count; i++)
        {
            to.Number(record.Targets[i].Mail.Value);
            to.Number(record.Targets[i].Recipient + 1);
        }

        to.Text(record.Who);
        to.Text(record.Why);
        to.Number(record.Events.Count);
        for (var i = 0; i < record.Events.Count; i++)
        {
            to.Time(record.Events[i].At);
            to.Byte((byte)record.Events[i].Kind);
        }
    }

    private static void WriteFailure(ref PayloadWriter to, Failure? failure)
    {
        to.Byte((byte)(failure?.Fault ?? 0));
        if (failure is null)
            return;
        to.Number(failure.Status.Class);
        to.Number(failure.Status.Subject);
        to.Number(failure.Status.Detail);
        to.Text(failure.Diagnostic);
        to.Text(failure.RemoteMta);
    }

    private static void WriteAttempt(ref PayloadWriter to, AttemptFacts? attempt)
    {
        to.Flag(attempt is not null);
        if (attempt is null)
            return;
        to.Text(attempt.Remote);
        to.Text(attempt.Greeting);
        to.Text(attempt.Tls);
        to.Flag(attempt.Reused);
        to.Number(attempt.Steps.Count);
        for (var i = 0; i < attempt.Steps.Count; i++)
        {
            to.Text(attempt.Steps[i].Name);
            to.Double(attempt.Steps[i].Milliseconds);
        }

        to.Text(attempt.Transcript);
    }

    private static void WriteEvent(ref PayloadWriter to, TrailEvent happened)
    {
        to.Time(happened.At);
        to.Byte((byte)happened.Kind);
        to.Number(happened.Mail is { } mail ? mail.Value + 1 : 0);
        to.Number(happened.Recipient is { } recipient ? recipient + 1L : 0);
        to.Text(happened.Who);
        to.Text(happened.Lane);
        to.Text(happened.Reply);
        WriteFailure(ref to, happened.Failure);
        to.Text(happened.Text);
        to.Time(happened.NextDue);
        WriteAttempt(ref to, happened.Attempt);
    }
}
