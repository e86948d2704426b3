using Postroom.Mail;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Gives what the mails of an application have in common its number, once.</summary>
internal sealed class ApplicationBook(Database database) : IDisposable
{
    private const int MostKnown = 1_000;

    private readonly Statement _find = database.Prepare(
        "SELECT id FROM application WHERE app = ?1 AND instance = ?2 AND site = ?3 AND node = ?4 AND project = ?5");

    private readonly Statement _add = database.Prepare(
        "INSERT INTO application(app, instance, site, node, project) VALUES(?1, ?2, ?3, ?4, ?5)");

    private readonly Dictionary<AppFacts, long> _known = [];

    /// <summary>To be used within a transaction.</summary>
    public long NumberOf(AppFacts app)
    {
        var common = app with { Item = null, Event = null, Actor = null, Reason = null };
        if (_known.TryGetValue(common, out var number))
            return number;
        if (_known.Count == MostKnown)
            _known.Clear();
        if (Find(common) is not { } found)
        {
            Bind(_add, common).Run();
            found = Find(common) ?? throw new LedgerCorruptException("an application that was added is not there");
        }

        _known.Add(common, found);
        return found;
    }

    /// <summary>The transaction was taken back, and what it added with it.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Reads what is common from five columns, app, instance, site, node and project.</summary>
    /// <returns>Null where the mail has no application.</returns>
    public static AppFacts? Read(Statement row, int column) => row.IsNull(column)
        ? null
        : new AppFacts(row.Text(column))
        {
            Instance = Known(row.Text(column + 1)),
            Site = Known(row.Text(column + 2)),
            Node = Known(row.Text(column + 3)),
            Project = Known(row.Text(column + 4)),
        };

    public void Dispose()
    {
        _find.Dispose();
        _add.Dispose();
    }

    private static string? Known(string text) => text.Length == 0 ? null : text;

    private long? Find(AppFacts app)
    {
        if (!Bind(_find, app).Step())
            return null;
        var number = _find.Long(0);
        _find.Reset();
        return number;
    }

    private static Statement Bind(Statement statement, AppFacts app) => statement.Bind(1, app.App)
        .Bind(2, app.Instance ?? "").Bind(3, app.Site ?? "").Bind(4, app.Node ?? "").Bind(5, app.Project ?? "");
}
