using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>
/// One inverted index for nearly every question: a list of mails for each word, address, application, item. It takes
/// the place of an index per column: lists are met in it, and it is written in runs and not all over the file.
/// </summary>
/// <remarks>To be used within a transaction.</remarks>
internal sealed class WordIndex(Database database) : IDisposable
{
    // A few thousand people get millions of mails, and a part of an address is looked for among these and nowhere else.
    private readonly NumberBook<string> _addresses = new(
        database.Prepare("SELECT id FROM address WHERE text = ?1"),
        database.Prepare("INSERT INTO address(text) VALUES(?1)"),
        static (statement, address) => statement.Bind(1, address),
        most: 5_000);

    private readonly StringBuilder _terms = new();
    private readonly Statement _words = database.Prepare("INSERT INTO words(rowid, terms) VALUES(?1, ?2)");
    private readonly Statement _wordsAnew =
        database.Prepare("INSERT OR REPLACE INTO words(rowid, terms) VALUES(?1, ?2)");
    private readonly Statement _said = database.Prepare("INSERT INTO said(rowid, terms) VALUES(?1, ?2)");
    private readonly Statement _noWords = database.Prepare("DELETE FROM words WHERE rowid = ?1");
    private readonly Statement _nothingSaid = database.Prepare("DELETE FROM said WHERE rowid = ?1");
    private readonly Statement _saidAnew =
        database.Prepare("INSERT OR REPLACE INTO said(rowid, terms) VALUES(?1, ?2)");

    /// <summary>What never changes of a mail, but that it is found to be a duplicate.</summary>
    /// <param name="application">Its number; null where it has none.</param>
    /// <param name="events">What happened to it so far.</param>
    public void Add(AcceptedRecord mail, long? application, IReadOnlyList<TrailEvent> events) =>
        Add(mail, application, events, _words);

    /// <summary>A mail that is there is found to be a duplicate: all of its terms anew.</summary>
    public void AddAgain(MailLoader loader, MailId id)
    {
        if (loader.Accepted(id) is not { } mail)
            return;
        using var row = database.Prepare("SELECT application FROM mail WHERE id = ?1");
        long? application = row.Bind(1, id.Value).Step() && !row.IsNull(0) ? row.Long(0) : null;
        Add(mail.ToRecord(), application, loader.Trail(id), _wordsAnew);
    }

    private void Add(AcceptedRecord mail, long? application, IReadOnlyList<TrailEvent> events, Statement row)
    {
        _terms.Clear();
        var header = mail.Header;
        AddWords(header.Subject);
        foreach (var to in mail.Envelope.Recipients)
            Add(Terms.To(_addresses.NumberOf(to.Path.Address)));
        Add(Terms.From(_addresses.NumberOf(mail.Envelope.From.Address)));
        if (header.From is { } from)
            Add(Terms.From(_addresses.NumberOf(from)));
        if (header.MessageId is { } id)
            Add(Terms.MessageId(id));
        if (application is { } number)
            Add(Terms.Application(number));
        if (header.App is { } app)
            Add(app);
        Add(Terms.Source(mail.Origin.Source));
        if (mail.Origin.Key is { } key)
            Add(Terms.Key(mail.Origin.Source, key.Text));
        if (mail.Origin.Replay is { } replay)
        {
            Add(Terms.Replay);
            Add(Terms.ReplayOf(replay.Of.Value));
        }

        foreach (var size in Terms.Sizes(mail.Size))
            Add(size);
        AddMarks(events);
        row.Bind(1, mail.Id.Value).Bind(2, _terms.ToString()).Run();
    }

    /// <summary>
    /// The last words about those who have come to an end. What is still open is found by its state: it may be told
    /// something else each hour.
    /// </summary>
    public void Say(MailWork mail)
    {
        if (!mail.Recipients.Any(static r => r.Changed && !RecipientLife.IsOpen(r.State)))
            return;
        SayOf(mail, mail.New is null ? _saidAnew : _said);
    }

    /// <summary>Puts in all mails that the tables have, where this index is younger than they are.</summary>
    public void AddAll(MailLoader loader)
    {
        using var mails = database.Prepare("SELECT id, application FROM mail ORDER BY id");
        while (mails.Step())
        {
            var id = new MailId(mails.Long(0));
            Renew(loader, id, mails.IsNull(1) ? null : mails.Long(1));
        }
    }

    /// <summary>Nothing finds this mail any more.</summary>
    public void Remove(MailId id)
    {
        _noWords.Bind(1, id.Value).Run();
        _nothingSaid.Bind(1, id.Value).Run();
    }

    /// <summary>Puts a mail in as its rows are now.</summary>
    public void Renew(MailLoader loader, MailId id, long? application)
    {
        Remove(id);
        if (loader.Accepted(id) is not { } accepted || loader.Load(id) is not { } mail)
            return;
        Add(accepted.ToRecord(), application, accepted.Header.Fingerprint is null ? [] : loader.Trail(id));
        if (mail.Recipients.Any(static r => !RecipientLife.IsOpen(r.State)))
            SayOf(mail, _said);
    }

    /// <summary>Takes out of the book of addresses those that no mail has any more.</summary>
    public void Prune(IEnumerable<string> addresses)
    {
        using var find = database.Prepare("SELECT id FROM address WHERE text = ?1");
        using var used = database.Prepare("SELECT 1 FROM words WHERE words MATCH ?1 LIMIT 1");
        using var remove = database.Prepare("DELETE FROM address WHERE id = ?1");
        foreach (var address in addresses)
        {
            if (!find.Bind(1, address).Step())
                continue;
            var number = find.Long(0);
            find.Reset();
            var isUsed = used.Bind(1, $"\"{Terms.To(number)}\" OR \"{Terms.From(number)}\"").Step();
            used.Reset();
            if (!isUsed)
                remove.Bind(1, number).Run();
        }

        _addresses.Forget(); // numbers of rows that are not there any more
    }

    /// <summary>The transaction was taken back.</summary>
    public void Forget() => _addresses.Forget();

    public void Dispose()
    {
        _addresses.Dispose();
        _words.Dispose();
        _noWords.Dispose();
        _nothingSaid.Dispose();
        _wordsAnew.Dispose();
        _said.Dispose();
        _saidAnew.Dispose();
    }

    private void SayOf(MailWork mail, Statement row)
    {
        _terms.Clear();
        foreach (var recipient in mail.Recipients)
            if (!RecipientLife.IsOpen(recipient.State))
                AddWords(recipient.Last);
        row.Bind(1, mail.Id.Value).Bind(2, _terms.ToString()).Run();
    }

    private void AddMarks(IReadOnlyList<TrailEvent> events)
    {
        var marks = events.Where(static e => e.Kind == EventKind.DuplicateOf).ToList();
        if (marks.Count > 0)
            Add(Terms.AnyDuplicate);
        foreach (var mark in marks)
            Add(mark.Recipient is { } recipient ? Terms.DuplicateFor(recipient) : Terms.Duplicate);
    }

    private void Add(AppFacts app)
    {
        Add(Terms.App(app.App));
        if (app.Project is { } project)
            Add(Terms.Project(project));
        if (app.Item is { } item)
            Add(Terms.Item(item));
    }

    private void AddWords(string? text)
    {
        foreach (var term in Words.TermsOf(text ?? ""))
            Add(term);
    }

    private void Add(string term) => _terms.Append(term).Append(' ');
}
