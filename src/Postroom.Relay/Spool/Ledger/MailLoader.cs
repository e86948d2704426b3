using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Reads mails back: to be changed by a batch, or to be sent.</summary>
internal sealed class MailLoader(Database database) : IDisposable
{
    private readonly Statement _mail =
        database.Prepare("SELECT sender, accepted_at, revoked, route FROM mail WHERE id = ?1");

    private readonly Statement _recipients = database.Prepare(
        """
        SELECT n, address, state, lane, due, failed_tries, delay_reported, held_since, held_for, fault, last
        FROM recipient WHERE mail = ?1 ORDER BY n
        """);

    private readonly Statement _accepted = database.Prepare(
        """
        SELECT m.accepted_at, m.sender, m.facts, m.subject, m.header_from, m.message_id, m.trace, m.pieces, m.size,
            m.report_of, m.item, a.app, a.instance, a.site, a.node, a.project
        FROM mail m LEFT JOIN application a ON a.id = m.application WHERE m.id = ?1
        """);

    private readonly Statement _envelope =
        database.Prepare("SELECT address, notify, orcpt FROM recipient WHERE mail = ?1 ORDER BY n");

    private readonly Statement _trail = database.Prepare(
        "SELECT -1 AS seq, trail FROM mail WHERE id = ?1 UNION ALL "
        + "SELECT seq, events FROM trail WHERE mail = ?1 ORDER BY seq");

    /// <summary>As it stands, to be stepped on; null if there is none of that id.</summary>
    public MailWork? Load(MailId id)
    {
        if (!_mail.Bind(1, id.Value).Step())
            return null;
        var from = PackedMail.Sender(_mail.Text(0));
        var acceptedAt = At(_mail.Long(1));
        var (revoked, route) = (_mail.Int(2) == 1, _mail.TextOrNull(3));
        _mail.Reset();
        var recipients = new List<RecipientWork>(1);
        _recipients.Bind(1, id.Value);
        while (_recipients.Step())
            recipients.Add(Recipient(_recipients));
        return new MailWork(id, from, acceptedAt)
        {
            Recipients = [.. recipients], Route = route, Revoked = revoked, RevokedStored = revoked,
        };
    }

    /// <summary>Where each recipient of a mail stands.</summary>
    public IReadOnlyList<RecipientState> States(MailId id)
    {
        var states = new List<RecipientState>(1);
        _recipients.Bind(1, id.Value);
        while (_recipients.Step())
            states.Add(new RecipientState(_recipients.Int(0), (State)_recipients.Int(2), At(_recipients.Long(4))));
        return states;
    }

    /// <summary>Everything of its acceptance; null if there is none of that id.</summary>
    public AcceptedRow? Accepted(MailId id)
    {
        var recipients = new List<Recipient>(1);
        _envelope.Bind(1, id.Value);
        while (_envelope.Step())
        {
            var path = new ForwardPath(_envelope.Text(0));
            recipients.Add(new Recipient(path, (Notify)_envelope.Int(1), _envelope.TextOrNull(2)));
        }

        if (!_accepted.Bind(1, id.Value).Step())
            return null;
        var row = _accepted;
        var app = ApplicationBook.Read(row, 11);
        if (app is not null)
            app = app with { Item = row.TextOrNull(10) };
        var (origin, envelope, header) =
            PackedMail.ReadFacts(row.Blob(2), PackedMail.Sender(row.Text(1)), recipients, app);
        header = header with
        {
            Subject = row.TextOrNull(3), From = row.TextOrNull(4), MessageId = row.TextOrNull(5),
        };
        var accepted = new AcceptedRow(id, At(row.Long(0)), envelope, origin, header)
        {
            Trace = row.Blob(6).ToArray(),
            Pieces = PackedMail.ReadPieces(row.Blob(7)),
            Size = row.Long(8),
            ReportOf = row.IsNull(9) ? null : new MailId(row.Long(9)),
        };
        row.Reset();
        return accepted;
    }

    /// <summary>What happened to a mail, oldest first.</summary>
    public List<TrailEvent> Trail(MailId id)
    {
        _trail.Bind(1, id.Value);
        var events = new List<TrailEvent>();
        while (_trail.Step())
            PackedTrail.ReadAll(_trail.Blob(1), id, events);
        Timeline.PutInOrder(events);
        return events;
    }

    /// <summary>Mails with a fingerprint, newest first.</summary>
    public List<PrintedMail> Printed(DateTimeOffset since, int most)
    {
        using var mails = database.Prepare("SELECT id FROM mail WHERE id >= ?1 AND revoked = 0 ORDER BY id DESC");
        mails.Bind(1, MailId.After(default, since).Value);
        var found = new List<PrintedMail>();
        while (found.Count < most && mails.Step())
            if (Accepted(new MailId(mails.Long(0))) is { Header.Fingerprint: { } print } mail)
                found.Add(new PrintedMail(mail.Id, mail.Envelope, mail.Header.App?.App, print));
        return found;
    }

    public void Dispose()
    {
        _trail.Dispose();
        _mail.Dispose();
        _recipients.Dispose();
        _accepted.Dispose();
        _envelope.Dispose();
    }

    private static RecipientWork Recipient(Statement row)
    {
        var (state, lane) = ((State)row.Int(2), row.Text(3));
        return new RecipientWork(row.Int(0), new ForwardPath(row.Text(1)))
        {
            State = state,
            Lane = lane,
            Stored = (lane, state),
            Due = At(row.Long(4)),
            FailedTries = row.Int(5),
            DelayReported = row.Int(6) == 1,
            HeldSince = row.IsNull(7) ? null : At(row.Long(7)),
            HeldFor = new TimeSpan(row.Long(8)),
            Fault = row.IsNull(9) ? null : (Fault)row.Int(9),
            Last = row.TextOrNull(10),
        };
    }

    private static DateTimeOffset At(long ticks) => new(ticks, TimeSpan.Zero);
}
