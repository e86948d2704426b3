using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Forget;
using Postroom.Relay.Spool.Ledger.Search;

namespace Postroom.Relay.Spool.Ledger.Forget;

/// <summary>Takes out of the tables what the journal says is forgotten. To be used within a transaction.</summary>
/// <remarks>
/// It looks at nothing but the rows, and those lead to the same whether the journal's own records were reduced already
/// or not: so a ledger that is built anew says what this one says. What is open is never forgotten: a person may have
/// released it after it was chosen.
/// </remarks>
internal sealed class Eraser(
    Database database, Tally tally, MailLoader loader, WordIndex words, ApplicationBook applications) : IDisposable
{
    private readonly Packer _packer = new();
    private readonly HashSet<string> _addresses = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<long> _applications = [];

    private readonly Statement _mail =
        database.Prepare("SELECT sender, header_from, application, trail FROM mail WHERE id = ?1");

    private readonly Statement _trail = database.Prepare("SELECT seq, events FROM trail WHERE mail = ?1");
    private readonly Statement _setFirst = database.Prepare("UPDATE mail SET trail = ?2 WHERE id = ?1");

    private readonly Statement _setTrail =
        database.Prepare("UPDATE trail SET events = ?3 WHERE mail = ?1 AND seq = ?2");

    private readonly Statement _blank = database.Prepare(
        "UPDATE recipient SET address = ?3, orcpt = NULL, last = NULL WHERE mail = ?1 AND n = ?2");

    private readonly Statement[] _delete =
    [
        database.Prepare("DELETE FROM recipient WHERE mail = ?1"),
        database.Prepare("DELETE FROM trail WHERE mail = ?1"),
        database.Prepare("DELETE FROM mail WHERE id = ?1"),
    ];

    private readonly Statement _forgetting =
        database.Prepare("INSERT INTO forgetting(at, who, why, done) VALUES(?1, ?2, ?3, ?4)");

    private readonly Statement _forgotten = database.Prepare(
        """
        INSERT INTO forgotten(mail, what, recipients, by) VALUES(?1, ?2, ?3, ?4)
        ON CONFLICT(mail) DO UPDATE SET what = max(what, ?2), recipients = coalesce(?3, recipients), by = ?4
        """);

    private readonly Statement _before = database.Prepare("SELECT recipients FROM forgotten WHERE mail = ?1");
    private readonly Statement _isForgotten = database.Prepare("SELECT 1 FROM forgotten WHERE mail = ?1");

    private readonly Statement _event =
        database.Prepare("INSERT OR IGNORE INTO forgotten_event(at, kind) VALUES(?1, ?2)");

    /// <summary>There was such a mail once: it is forgotten, or from before the oldest record.</summary>
    /// <param name="at">Where the journal speaks of it.</param>
    public bool IsForgotten(Position at, MailId id)
    {
        var found = _isForgotten.Bind(1, id.Value).Step();
        _isForgotten.Reset();
        if (found)
            return true;
        var oldest = database.Number("SELECT min(id) FROM mail");
        return at.Segment > 1 && (oldest == 0 || id.Value < oldest);
    }

    public void Forget(ForgottenRecord record)
    {
        database.Execute("PRAGMA secure_delete=ON");
        try
        {
            ForgetAll(record);
        }
        finally
        {
            database.Execute("PRAGMA secure_delete=OFF"); // it costs the index of words each time it tidies itself up
        }
    }

    /// <summary>What persons had erased so far is out of the journal, too.</summary>
    public void Done() => database.Execute("UPDATE forgetting SET done = 1 WHERE done = 0");

    /// <summary>Segments up to this one are gone from the journal, and with them what they alone told.</summary>
    public void Drop(int segment, DateTimeOffset until)
    {
        using var rows = database.Prepare("SELECT id, event FROM relay_event ORDER BY id");
        var gone = new List<long>();
        while (rows.Step())
        {
            var from = new Unpacker(rows.Blob(1));
            if (PackedTrail.Read(ref from, null).At > until)
                break;
            gone.Add(rows.Long(0));
        }

        rows.Reset();
        using var remove = database.Prepare("DELETE FROM relay_event WHERE id = ?1");
        foreach (var id in gone)
            remove.Bind(1, id).Run();
        using var forgotten = database.Prepare(
            "DELETE FROM forgotten WHERE mail < (SELECT coalesce(min(id), 0) FROM mail)");
        forgotten.Run();
        using var events = database.Prepare("DELETE FROM forgotten_event WHERE at <= ?1");
        events.Bind(1, until.UtcTicks).Run();
        using var forgetting = database.Prepare(
            "DELETE FROM forgetting WHERE at <= ?1 AND id NOT IN (SELECT by FROM forgotten WHERE by IS NOT NULL)");
        forgetting.Bind(1, until.UtcTicks).Run();
        using var through = database.Prepare("DELETE FROM gone_through WHERE segment <= ?1");
        through.Bind(1, segment).Run();
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_mail, _trail, _setFirst, _setTrail, _blank, .. _delete, _forgetting,
                     _forgotten, _before, _isForgotten, _event])
            statement.Dispose();
    }

    private void ForgetAll(ForgottenRecord record)
    {
        _forgetting.Bind(1, record.At.UtcTicks).Bind(2, record.Who).Bind(3, record.Why)
            .Bind(4, record.Who == RetentionRule.Name ? 1 : 0).Run();
        var by = database.Number("SELECT max(id) FROM forgetting");
        foreach (var mail in record.Targets.GroupBy(static target => target.Mail))
            Forget(mail.Key, new Forgotten(record.What, [.. mail.Select(static target => target.Recipient)]), by);
        if (record.Events.Count > 0)
            ForgetWords(record.Events.ToHashSet());
        words.Prune(_addresses);
        applications.Prune(_applications);
        _addresses.Clear();
        _applications.Clear();
    }

    private void Forget(MailId id, Forgotten how, long by)
    {
        var mail = loader.Load(id);
        if (mail?.Recipients.Any(static r => RecipientLife.IsOpen(r.State)) == true)
            return;
        if (how.What == Forgetting.Recipient)
            how = how with { Recipients = [.. how.Recipients.Union(Before(id)).Order()] };
        _packer.Clear();
        foreach (var n in how.Recipients)
            _packer.Number(n);
        _ = _forgotten.Bind(1, id.Value).Bind(2, (long)how.What);
        _ = how.What == Forgetting.Recipient ? _forgotten.Bind(3, _packer.Written) : _forgotten.Bind(3, (string?)null);
        _forgotten.Bind(4, by).Run();
        if (mail is null || !_mail.Bind(1, id.Value).Step())
            return;
        Note(mail);
        var (trail, application) = (_mail.Blob(3).ToArray(), _mail.IsNull(2) ? (long?)null : _mail.Long(2));
        _mail.Reset();
        if (how.What == Forgetting.Mail)
            Delete(mail);
        else
            Reduce(id, trail, how, application);
    }

    private IReadOnlyList<int> Before(MailId id)
    {
        IReadOnlyList<int> before = [];
        if (_before.Bind(1, id.Value).Step() && !_before.IsNull(0))
            before = Oblivion.ReadRecipients(_before.Blob(0));
        _before.Reset();
        return before;
    }

    // What may be without a mail from now on.
    private void Note(MailWork mail)
    {
        _addresses.Add(_mail.Text(0));
        if (_mail.TextOrNull(1) is { } from)
            _addresses.Add(from);
        foreach (var recipient in mail.Recipients)
            _addresses.Add(recipient.To.Address);
        if (!_mail.IsNull(2))
            _applications.Add(_mail.Long(2));
    }

    private void Delete(MailWork mail)
    {
        foreach (var recipient in mail.Recipients)
            tally.Remove((recipient.Lane, recipient.State));
        foreach (var statement in _delete)
            statement.Bind(1, mail.Id.Value).Run();
        words.Remove(mail.Id);
    }

    private void Reduce(MailId id, byte[] first, Forgotten how, long? application)
    {
        Pack(first, how, id);
        _setFirst.Bind(1, id.Value).Bind(2, _packer.Written).Run();
        var later = new List<(long Seq, byte[] Events)>();
        _trail.Bind(1, id.Value);
        while (_trail.Step())
            later.Add((_trail.Long(0), _trail.Blob(1).ToArray()));
        foreach (var (seq, events) in later)
        {
            Pack(events, how, id);
            _setTrail.Bind(1, id.Value).Bind(2, seq).Bind(3, _packer.Written).Run();
        }

        if (how.What != Forgetting.Recipient)
            return;
        foreach (var n in how.Recipients)
            _blank.Bind(1, id.Value).Bind(2, n).Bind(3, Forgotten.Address).Run();
        words.Renew(loader, id, application);
    }

    private void Pack(ReadOnlySpan<byte> events, Forgotten how, MailId id)
    {
        _packer.Clear();
        for (var from = new Unpacker(events); !from.AtEnd;)
            if (how.Of(PackedTrail.Read(ref from, id)) is { } bones)
                PackedTrail.Write(_packer, bones, id);
    }

    private void ForgetWords(HashSet<EventName> names)
    {
        foreach (var name in names)
            _event.Bind(1, name.At.UtcTicks).Bind(2, (long)name.Kind).Run();
        var changed = new List<(long Id, TrailEvent Event)>();
        using var rows = database.Prepare("SELECT id, event FROM relay_event");
        while (rows.Step())
        {
            var from = new Unpacker(rows.Blob(1));
            var happened = PackedTrail.Read(ref from, null);
            if (names.Contains(new EventName(happened.At, happened.Kind)))
                changed.Add((rows.Long(0), happened with { Who = null, Text = null }));
        }

        using var set = database.Prepare("UPDATE relay_event SET event = ?2 WHERE id = ?1");
        foreach (var (id, bones) in changed)
        {
            _packer.Clear();
            PackedTrail.Write(_packer, bones, null);
            set.Bind(1, id).Bind(2, _packer.Written).Run();
        }
    }
}
