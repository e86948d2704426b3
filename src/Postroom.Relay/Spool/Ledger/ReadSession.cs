using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Ledger.Boxes;
using Postroom.Relay.Spool.Ledger.Search;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>One read-only connection and its questions.</summary>
internal sealed class ReadSession : IDisposable
{
    private readonly Database _database;
    private readonly MailLoader _loader;
    private readonly Finder _finder;
    private readonly Statement _begin;

    private ReadSession(Database database)
    {
        _database = database;
        _loader = new MailLoader(database);
        _finder = new Finder(database);
        _begin = database.Prepare("BEGIN");
    }

    public static ReadSession Open(string file)
    {
        var database = Database.OpenToRead(file);
        try
        {
            Schema.CheckReadable(database);
            return new ReadSession(database);
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException or SpoolUnusableException)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Asks within one transaction, so that an answer made of several queries is of one moment.</summary>
    public T AtOnce<T>(Func<ReadSession, T> question)
    {
        _begin.Run();
        try
        {
            return question(this);
        }
        finally
        {
            _database.Abandon();
        }
    }

    /// <summary>What <see cref="Tally"/> keeps.</summary>
    public List<(string Lane, State State, long Count)> Counts()
    {
        var counts = new List<(string, State, long)>();
        using var rows = _database.Prepare("SELECT lane, state, n FROM tally WHERE n > 0");
        while (rows.Step())
            counts.Add((rows.Text(0), (State)rows.Int(1), rows.Long(2)));
        return counts;
    }

    public FoundPage Find(Filter filter, Cursor? after, int most, Patience? patience) =>
        _finder.Find(filter, after, most, patience) with { Mark = BoxShelf.Mark(_database) };

    public BoxList Boxes() => BoxShelf.Read(_database);

    public (FoundPage Page, FoundCount Count) FindAndCount(
        Filter filter, Cursor? after, int most, Patience toFind, Patience? toCount)
    {
        var roads = _finder.RoadsOf(filter);
        var page = _finder.Find(filter, after, most, toFind, roads);
        var count = after is null && page.Next is null
            ? FoundCount.Of(page.Rows) : _finder.Count(filter, toCount, roads);
        return (page with { Mark = BoxShelf.Mark(_database) }, count);
    }

    public FoundCount Count(Filter filter) => _finder.Count(filter, null, _finder.RoadsOf(filter));

    public AcceptedRow? Accepted(MailId id) => _loader.Accepted(id);

    public MailRecord? Show(MailId id)
    {
        if (_loader.Accepted(id) is not { } mail)
            return null;
        return new MailRecord(id, mail.AcceptedAt, mail.Origin, mail.Header, mail.Envelope.From.Address)
        {
            Size = mail.Size,
            EnvelopeId = mail.Envelope.EnvelopeId,
            Recipients = _finder.Recipients(id),
            Trail = _loader.Trail(id),
        };
    }

    public ForgottenNote? Forgotten(MailId id)
    {
        using var rows = _database.Prepare(
            "SELECT g.at, g.who, g.why FROM forgotten f JOIN forgetting g ON g.id = f.by "
            + "WHERE f.mail = ?1 AND f.what = 3");
        return rows.Bind(1, id.Value).Step()
            ? new ForgottenNote(new DateTimeOffset(rows.Long(0), TimeSpan.Zero), rows.Text(1), rows.TextOrNull(2))
            : null;
    }

    public MailId? FindKey(string source, string key)
    {
        using var rows = _database.Prepare("SELECT rowid FROM words WHERE words MATCH ?1 ORDER BY rowid DESC LIMIT 1");
        rows.Bind(1, $"\"{Terms.Key(source, key)}\"");
        return rows.Step() ? new MailId(rows.Long(0)) : null;
    }

    public IReadOnlyList<PrintedMail> Printed(DateTimeOffset since, int most) => _loader.Printed(since, most);

    public IReadOnlyList<TrailEvent> RelayEvents(int most)
    {
        using var rows = _database.Prepare("SELECT event FROM relay_event ORDER BY id DESC LIMIT ?1");
        rows.Bind(1, most);
        var events = new List<TrailEvent>();
        while (rows.Step())
            PackedTrail.ReadAll(rows.Blob(0), null, events);
        events.Reverse();
        return events;
    }

    public void Dispose()
    {
        _loader.Dispose();
        _finder.Dispose();
        _begin.Dispose();
        _database.Dispose();
    }
}
