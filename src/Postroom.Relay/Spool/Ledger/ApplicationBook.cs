using Postroom.Mail;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>What the mails of an application have in common stands once: the table <c>application</c>.</summary>
internal sealed class ApplicationBook(Database database) : IDisposable
{
    private readonly NumberBook<AppFacts> _numbers = new(
        database.Prepare("SELECT id FROM application "
            + "WHERE app = ?1 AND instance = ?2 AND site = ?3 AND node = ?4 AND project = ?5"),
        database.Prepare("INSERT INTO application(app, instance, site, node, project) VALUES(?1, ?2, ?3, ?4, ?5)"),
        static (statement, app) => statement.Bind(1, app.App).Bind(2, app.Instance ?? "").Bind(3, app.Site ?? "")
            .Bind(4, app.Node ?? "").Bind(5, app.Project ?? ""),
        most: 1_000);

    /// <summary>To be used within a transaction.</summary>
    public long NumberOf(AppFacts app) =>
        _numbers.NumberOf(app with { Item = null, Event = null, Actor = null, Reason = null });

    /// <summary>Takes out those that no mail has any more.</summary>
    public void Prune(IEnumerable<long> numbers)
    {
        using var used = database.Prepare("SELECT 1 FROM words WHERE words MATCH ?1 LIMIT 1");
        using var remove = database.Prepare("DELETE FROM application WHERE id = ?1");
        foreach (var number in numbers)
        {
            var isUsed = used.Bind(1, $"\"{Search.Terms.Application(number)}\"").Step();
            used.Reset();
            if (!isUsed)
                remove.Bind(1, number).Run();
        }

        Forget();
    }

    /// <summary>The transaction was taken back, and what it added with it.</summary>
    public void Forget() => _numbers.Forget();

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

    public void Dispose() => _numbers.Dispose();

    private static string? Known(string text) => text.Length == 0 ? null : text;
}
