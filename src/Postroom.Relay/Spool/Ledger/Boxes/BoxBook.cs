using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Forget;

namespace Postroom.Relay.Spool.Ledger.Boxes;

/// <summary>Puts into boxes what is captured, takes out what is not any more, and keeps the marks. To be used within a
/// transaction.</summary>
internal sealed class BoxBook(Database database) : IDisposable
{
    private readonly Statement _in = database.Prepare(
        """
        INSERT INTO inbox(mail, n, box, came, unread)
        VALUES(?1, ?2, ?3, ?4, NOT EXISTS(SELECT 1 FROM seen WHERE mail = ?1))
        """);

    private readonly Statement _out = database.Prepare("DELETE FROM inbox WHERE mail = ?1 AND n = ?2");
    private readonly Statement _see = database.Prepare("INSERT OR IGNORE INTO seen(mail) VALUES(?1)");
    private readonly Statement _unsee = database.Prepare("DELETE FROM seen WHERE mail = ?1");
    private readonly Statement _read =
        database.Prepare("UPDATE inbox SET unread = 0 WHERE mail = ?1 AND unread = 1");
    private readonly Statement _unread =
        database.Prepare("UPDATE inbox SET unread = 1 WHERE mail = ?1 AND unread = 0");
    private readonly Statement _tag = database.Prepare("INSERT OR IGNORE INTO tag(mail, tag) VALUES(?1, ?2)");
    private readonly Statement _untag = database.Prepare("DELETE FROM tag WHERE mail = ?1 AND tag = ?2");

    /// <summary>A mail of a batch, after its own rows.</summary>
    public void Write(MailWork mail, MailLoader loader)
    {
        AcceptedRecord? accepted = null;
        foreach (var recipient in mail.Recipients)
        {
            var (was, isIn) = (recipient.Stored?.State == State.Captured, recipient.State == State.Captured);
            if (was && (!isIn || recipient.Came is not null))
                _out.Bind(1, mail.Id.Value).Bind(2, recipient.Index).Run();
            if (!isIn || (was && recipient.Came is null))
                continue;
            accepted ??= mail.New ?? loader.Accepted(mail.Id)?.ToRecord();
            if (accepted is not null)
                Put(accepted, recipient.Index, recipient.Came);
        }

        foreach (var happened in mail.Events)
            Mark(mail.Id, happened);
    }

    /// <summary>Sorts all that is captured into boxes that have just been made.</summary>
    public static void AddAll(Database database)
    {
        using var book = new BoxBook(database);
        using var loader = new MailLoader(database);
        using var rows = database.Prepare("SELECT mail, n FROM recipient INDEXED BY recipient_standing "
            + "WHERE state = 5 AND state <> 4 ORDER BY mail, n");
        AcceptedRecord? last = null;
        while (rows.Step())
        {
            var id = new MailId(rows.Long(0));
            if (last?.Id != id)
                last = loader.Accepted(id)?.ToRecord();
            if (last is not null)
                book.Put(last, rows.Int(1), null);
        }
    }

    public void Dispose()
    {
        foreach (var statement in (Statement[])[_in, _out, _see, _unsee, _read, _unread, _tag, _untag])
            statement.Dispose();
    }

    private void Put(AcceptedRecord mail, int n, Position? came)
    {
        var to = mail.Envelope.Recipients[n].Path;
        if (to.Address == Forgotten.Address)
            return;
        _in.Bind(1, mail.Id.Value).Bind(2, n).Bind(3, Box.Of(to, mail.Origin, mail.Header.App))
            .Bind(4, came is { } at ? BoxShelf.Number(at) : 0).Run();
    }

    private void Mark(MailId id, TrailEvent happened)
    {
        switch (happened)
        {
            case { Kind: EventKind.Read }:
                _see.Bind(1, id.Value).Run();
                _read.Bind(1, id.Value).Run();
                break;
            case { Kind: EventKind.Unread }:
                _unsee.Bind(1, id.Value).Run();
                _unread.Bind(1, id.Value).Run();
                break;
            case { Kind: EventKind.Tagged, Text: { } tag }:
                _tag.Bind(1, id.Value).Bind(2, tag).Run();
                break;
            case { Kind: EventKind.Untagged, Text: { } tag }:
                _untag.Bind(1, id.Value).Bind(2, tag).Run();
                break;
            default: break; // no mark
        }
    }
}
