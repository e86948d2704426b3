using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Answers filters with pages and counts.</summary>
internal sealed class Finder(Database database) : IDisposable
{
    private const string Select =
        """
        SELECT r.mail, r.n, r.state, r.address, m.sender, m.accepted_at, m.subject, r.lane, r.failed_tries, r.due,
            m.size, m.source, r.last, m.item, a.app
        """;

    private const string WithApplication = "LEFT JOIN application a ON a.id = m.application";

    /// <summary>With more applications than that the table is as good a way as their index.</summary>
    private const int MostApplications = 50;

    private readonly Statement _recipients = database.Prepare(
        $"{Select} FROM recipient r CROSS JOIN mail m ON m.id = r.mail {WithApplication} "
        + "WHERE r.mail = ?1 ORDER BY r.n");

    public IReadOnlyList<RecipientRow> Find(Filter filter, Cursor? after, int most)
    {
        var sql = FilterSql.Of(filter);
        if (RoadOf(sql, filter) is not { } road)
            return Page(sql, PageQuery(sql, FilterSql.Way.Table), null, after, most);
        var query = PageQuery(sql, sql.Road);
        if (road.Count == 0)
            return sql.Road is FilterSql.Way.Application ? [] : Page(sql, query, null, after, most);

        // One by one each page is a straight walk down an index; the newest of all of them are the page.
        var rows = new List<RecipientRow>();
        foreach (var one in road)
            rows.AddRange(Page(sql, query, one, after, most));
        rows.Sort(static (a, b) => a.Mail != b.Mail ? b.Mail.CompareTo(a.Mail) : a.Recipient.CompareTo(b.Recipient));
        return rows.Count <= most ? rows : rows[..most];
    }

    public IReadOnlyDictionary<State, long> Count(Filter filter)
    {
        var counts = new Dictionary<State, long>();
        var kept = filter.Terms.All(static term => term.Field is Field.State);
        var sql = FilterSql.Of(filter);
        using var rows = database.Prepare(kept
            ? $"SELECT r.state, sum(r.n) FROM tally r WHERE {sql.Condition} GROUP BY r.state"
            : $"SELECT r.state, count(*) FROM {From(sql.Road)} WHERE {sql.Condition} {Partial(sql.Road)} "
                + "GROUP BY r.state");
        sql.BindTo(rows);
        while (rows.Step())
            if (rows.Long(1) > 0)
                counts[(State)rows.Int(0)] = rows.Long(1);
        return counts;
    }

    /// <summary>All recipients of a mail.</summary>
    public IReadOnlyList<RecipientRow> Recipients(MailId id) => Read(_recipients.Bind(1, id.Value));

    public void Dispose() => _recipients.Dispose();

    /// <summary>The text of the query of a page; the test of the query plans reads it here.</summary>
    public static string PageQuery(FilterSql sql, FilterSql.Way road)
    {
        var next = sql.Values.Count + 1;
        var one = road switch
        {
            FilterSql.Way.State => FormattableString.Invariant($"AND r.state = ?{next + 3}"),
            FilterSql.Way.Application => FormattableString.Invariant($"AND m.application = ?{next + 3}"),
            FilterSql.Way.Table or FilterSql.Way.Address or FilterSql.Way.Item => "",
        };
        var mail = IsByMail(road) ? "m.id" : "r.mail";
        return FormattableString.Invariant(
            $"""
             {Select} FROM {From(road)} {WithApplication}
             WHERE {sql.Condition} {one} {Partial(road)}
                 AND {mail} <= ?{next} AND ({mail} < ?{next} OR r.n > ?{next + 1})
             ORDER BY {mail} DESC, r.n LIMIT ?{next + 2}
             """);
    }

    private static bool IsByMail(FilterSql.Way road) => road is FilterSql.Way.Item or FilterSql.Way.Application;

    private static string From(FilterSql.Way road) => road switch
    {
        FilterSql.Way.Address => "recipient r INDEXED BY recipient_address CROSS JOIN mail m ON m.id = r.mail",
        FilterSql.Way.State => "recipient r INDEXED BY recipient_standing CROSS JOIN mail m ON m.id = r.mail",
        FilterSql.Way.Item => "mail m INDEXED BY mail_item CROSS JOIN recipient r ON r.mail = m.id",
        FilterSql.Way.Application => "mail m INDEXED BY mail_application CROSS JOIN recipient r ON r.mail = m.id",
        FilterSql.Way.Table => "recipient r CROSS JOIN mail m ON m.id = r.mail",
    };

    /// <summary>The words of the partial index, without which it cannot be used.</summary>
    private static string Partial(FilterSql.Way road) => road == FilterSql.Way.State ? "AND r.state <> 4" : "";

    // What to ask for one after the other, if anything; null where the table itself is the better way.
    private List<long>? RoadOf(FilterSql sql, Filter filter)
    {
        if (sql.Road == FilterSql.Way.State)
            return [.. filter.Terms.First(static term => term is { Field: Field.State, Not: false }).States.Distinct()
                .Select(state => (long)state)];
        if (sql.Road != FilterSql.Way.Application)
            return sql.Road == FilterSql.Way.Table ? null : [];
        using var rows = database.Prepare(FormattableString.Invariant(
            $"SELECT id FROM application WHERE {sql.Applications} LIMIT {MostApplications + 1}"));
        sql.BindTo(rows);
        var applications = new List<long>();
        while (rows.Step())
            applications.Add(rows.Long(0));
        return applications.Count > MostApplications ? null : applications;
    }

    private List<RecipientRow> Page(FilterSql sql, string query, long? one, Cursor? after, int most)
    {
        using var rows = database.Prepare(query);
        sql.BindTo(rows);
        var next = sql.Values.Count + 1;
        var newest = new MailId(sql.NewestMail);
        var from = after is { } end && end.Mail <= newest ? end : new Cursor(newest, -1);
        rows.Bind(next, from.Mail.Value).Bind(next + 1, from.Recipient).Bind(next + 2, most);
        if (one is { } number)
            rows.Bind(next + 3, number);
        return Read(rows);
    }

    private static List<RecipientRow> Read(Statement rows)
    {
        var found = new List<RecipientRow>();
        while (rows.Step())
        {
            var state = (State)rows.Int(2);
            found.Add(new RecipientRow(new MailId(rows.Long(0)), rows.Int(1), state, rows.Text(3), rows.Text(4))
            {
                AcceptedAt = new DateTimeOffset(rows.Long(5), TimeSpan.Zero),
                Subject = rows.TextOrNull(6),
                Lane = rows.Text(7),
                FailedTries = rows.Int(8),
                NextDue = state == State.Waiting ? new DateTimeOffset(rows.Long(9), TimeSpan.Zero) : null,
                Size = rows.Long(10),
                Source = rows.Text(11),
                Last = rows.TextOrNull(12),
                Item = rows.TextOrNull(13),
                App = rows.TextOrNull(14),
            });
        }

        return found;
    }
}
