using Postroom.Mail;

namespace Postroom.Relay.Spool.Journal.Forget;

/// <summary>Makes the record segment anew without what is forgotten, for the chain to vouch for before it takes the
/// old one's place.</summary>
/// <remarks>A crash leaves the old one, or the new one; at the next start a draft is removed.</remarks>
internal static class SegmentReduction
{
    /// <summary>The mails that a record segment tells of, and when its last group was written.</summary>
    public static (IReadOnlySet<MailId> Mails, DateTimeOffset LastAt) Contents(IDisk disk, int number)
    {
        var mails = new HashSet<MailId>();
        var last = DateTimeOffset.MinValue;
        using var reader = Known(disk, number).OpenRecordSegment(disk);
        while (!reader.IsAtEnd)
        {
            if (!reader.TryRead(withBody: false))
                reader.TrySkip();
            else if (reader.Kind == FrameKind.Seal)
                last = Seal.Read(reader.Payload).At is var at && at > last ? at : last;
            else if (DecodeOrNull(reader) is { } record)
                AddMails(record, mails);
        }

        return (mails, last);
    }

    /// <summary>Writes the draft; null, and none, where nothing changes.</summary>
    public static Voucher? Draft(IDisk disk, int number, ForgottenMails forgotten)
    {
        var known = Known(disk, number);
        using var sum = new ReducedSum();
        var changed = 0;
        using (var reader = known.OpenRecordSegment(disk))
        using (var draft = disk.Open(JournalFiles.RecordAnew(number), create: true))
        {
            draft.Truncate(0);
            using var into = new FrameCopy(draft);
            while (!reader.IsAtEnd)
            {
                var from = reader.Next;
                if (!reader.TryRead(withBody: false))
                {
                    reader.TrySkip();
                    into.AddAsItIs(disk, number, from, reader.Next - from);
                    continue;
                }

                changed += Pass(reader, into, sum, forgotten);
            }

            into.Finish(reader.Header);
        }

        if (changed > 0)
            return new Voucher(number, sum.Records, sum.Digest(), null);
        disk.Remove(JournalFiles.RecordAnew(number));
        return null;
    }

    /// <summary>The draft takes the record segment's place.</summary>
    public static void Commit(IDisk disk, int number)
    {
        disk.Rename(JournalFiles.RecordAnew(number), JournalFiles.Record(number));
        disk.SyncFolder(JournalFiles.Records);
    }

    private static int Pass(SegmentReader reader, FrameCopy into, ReducedSum sum, ForgottenMails forgotten)
    {
        var head = reader.Head.ToArray();
        var isNew = false;
        if (reader.IsRecord && DecodeOrNull(reader) is { } record and not GoneRecord
            && Reduction.Of(record, forgotten) is var stays && !ReferenceEquals(stays, record))
        {
            head = ReducedFrame.Of(reader, stays, reader.Header.Seed);
            isNew = true;
        }

        if (isNew || reader.IsReduced)
            sum.Add(head);
        into.Add(reader.At.Offset, head);
        return isNew ? 1 : 0;
    }

    private static KnownSegment Known(IDisk disk, int number) =>
        Catalogue.Read(disk, []).Segments.First(segment => segment.Number == number);

    private static JournalRecord? DecodeOrNull(SegmentReader reader)
    {
        if (!reader.IsRecord)
            return null;
        try
        {
            return reader.Decode();
        }
        catch (InvalidDataException)
        {
            return null; // of a newer version, say: it stays as it is
        }
    }

    private static void AddMails(JournalRecord record, HashSet<MailId> mails)
    {
        switch (record)
        {
            case AcceptedRecord accepted: mails.Add(accepted.Id); break;
            case SettledRecord settled: mails.Add(settled.Id); break;
            case RevokedRecord revoked: mails.Add(revoked.Id); break;
            case NotedRecord { Event.Mail: { } mail }: mails.Add(mail); break;
            case DirectedRecord directed: mails.UnionWith(directed.Targets.Select(target => target.Mail)); break;
        }
    }
}
