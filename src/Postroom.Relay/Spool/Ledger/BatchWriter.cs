using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger.Boxes;
using Postroom.Relay.Spool.Ledger.Search;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Writes the rows of a batch, each once. To be used within a transaction.</summary>
internal sealed class BatchWriter(
    Database database, MailLoader loader, ApplicationBook applications, WordIndex words) : IDisposable
{
    private readonly BoxBook _boxes = new(database);
    private readonly Packer _packer = new();

    private readonly Statement _mail = database.Prepare(
        """
        INSERT INTO mail(id, accepted_at, size, sender, source, subject, header_from, message_id, report_of,
            revoked, facts, pieces, trace, trail, application, item, replay_of, route)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
        """);

    private readonly Statement _recipient = database.Prepare(
        """
        INSERT INTO recipient(mail, n, state, lane, due, failed_tries, delay_reported, held_since, held_for, fault,
            last, notify, address, orcpt)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
        """);

    private readonly Statement _change = database.Prepare(
        """
        UPDATE recipient SET state = ?3, lane = ?4, due = ?5, failed_tries = ?6, delay_reported = ?7, held_since = ?8,
            held_for = ?9, fault = ?10, last = ?11
        WHERE mail = ?1 AND n = ?2
        """);

    private readonly Statement _trail =
        database.Prepare("INSERT OR REPLACE INTO trail(mail, seq, events) VALUES(?1, ?2, ?3)");

    private readonly Statement _revoke = database.Prepare("UPDATE mail SET revoked = 1 WHERE id = ?1");

    private readonly Statement _relayEvent = database.Prepare("INSERT INTO relay_event(event) VALUES(?1)");

    private readonly Statement _forgotten =
        database.Prepare("INSERT OR IGNORE INTO forgotten(mail, what) VALUES(?1, 3)");

    private readonly Statement _anomaly =
        database.Prepare("INSERT INTO anomaly(segment, place, what) VALUES(?1, ?2, ?3)");

    public void Write(Batch batch, Tally tally)
    {
        foreach (var mail in batch.Mails)
        {
            if (mail.New is { } accepted)
                Insert(mail, accepted);
            else
                WriteLater(mail);
            foreach (var recipient in mail.Recipients)
                Write(mail, recipient, tally);
            _boxes.Write(mail, loader);
            words.Say(mail);
        }

        foreach (var id in batch.Forgotten)
            _forgotten.Bind(1, id.Value).Run();

        foreach (var happened in batch.OfRelay)
        {
            _packer.Clear();
            PackedTrail.Write(_packer, happened, null);
            _relayEvent.Bind(1, _packer.Written).Run();
        }

        foreach (var (at, what) in batch.Anomalies)
            _anomaly.Bind(1, at.Segment).Bind(2, at.Offset).Bind(3, what).Run();
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])
                 [_mail, _recipient, _change, _trail, _revoke, _relayEvent, _anomaly, _forgotten])
            statement.Dispose();
        _boxes.Dispose();
    }

    private void Insert(MailWork mail, AcceptedRecord accepted)
    {
        var header = accepted.Header;
        long? application = header.App is { } app ? applications.NumberOf(app) : null;
        _mail.Bind(1, mail.Id.Value).Bind(2, accepted.At.UtcTicks).Bind(3, accepted.Size)
            .Bind(4, accepted.Envelope.From.Address).Bind(5, accepted.Origin.Source)
            .Bind(6, header.Subject).Bind(7, header.From).Bind(8, header.MessageId)
            .Bind(9, accepted.ReportOf?.Value).Bind(10, mail.Revoked ? 1 : 0);
        _packer.Clear();
        PackedMail.WriteFacts(_packer, accepted);
        _mail.Bind(11, _packer.Written);
        _packer.Clear();
        PackedMail.WritePieces(_packer, accepted.Pieces);
        _mail.Bind(12, _packer.Written).Bind(13, accepted.Trace.AsSpan());
        PackTrail(mail);
        _mail.Bind(14, _packer.Written).Bind(15, application).Bind(16, header.App?.Item)
            .Bind(17, accepted.Origin.Replay?.Of.Value).Bind(18, accepted.Origin.Replay?.Route).Run();
        words.Add(accepted, application, mail.Events);
    }

    private void WriteLater(MailWork mail)
    {
        if (mail.Revoked && !mail.RevokedStored)
            _revoke.Bind(1, mail.Id.Value).Run();
        if (mail.Events.Count == 0)
            return;
        PackTrail(mail);
        _trail.Bind(1, mail.Id.Value).Bind(2, ((long)mail.First.Segment << 32) | (uint)mail.First.Offset)
            .Bind(3, _packer.Written).Run();
        if (mail.Events.Exists(static e => e.Kind == EventKind.DuplicateOf))
            words.AddAgain(loader, mail.Id);
    }

    private void PackTrail(MailWork mail)
    {
        _packer.Clear();
        foreach (var happened in mail.Events)
            PackedTrail.Write(_packer, happened, mail.Id);
    }

    private void Write(MailWork mail, RecipientWork recipient, Tally tally)
    {
        if (mail.New is null && !recipient.Changed)
            return;
        tally.Move(recipient.Stored, (recipient.Lane, recipient.State));
        var row = mail.New is null ? _change : _recipient;
        row.Bind(1, mail.Id.Value).Bind(2, recipient.Index).Bind(3, (long)recipient.State).Bind(4, recipient.Lane)
            .Bind(5, recipient.Due.UtcTicks).Bind(6, recipient.FailedTries).Bind(7, recipient.DelayReported ? 1 : 0)
            .Bind(8, recipient.HeldSince?.UtcTicks).Bind(9, recipient.HeldFor.Ticks)
            .Bind(10, (long?)recipient.Fault).Bind(11, recipient.Last);
        if (mail.New is { } accepted)
        {
            var asked = accepted.Envelope.Recipients[recipient.Index];
            row.Bind(12, (long)asked.Notify).Bind(13, asked.Path.Address).Bind(14, asked.OriginalRecipient);
        }

        row.Run();
    }
}
