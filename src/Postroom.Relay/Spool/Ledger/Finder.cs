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
            m.size, m.source, r.last
        """;

    private readonly Statement _recipients = database.Prepare(
        $"{Select} FROM recipient r CROSS JOIN mail m ON m.id = r.mail WHERE r.mail = ?1 ORDER BY r.n");

    public IReadOnlyList<RecipientRow> Find(Filter filter, Cursor? after, int most)
    {
        var sql = FilterSql.Of(filter);
        if (sql.Road != FilterSql.Way.State)
            return Page(sql, PageQuery(sql), null, after, most);

        // State by state each page is a straight walk down an index; the newest of all of them are the page.
        var rows = new List<RecipientRow>();
        foreach (var state in StatesOf(filter))
            rows.AddRange(Page(sql, PageQuery(sql), state, after, most));
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
            : $"SELECT r.state, count(*) FROM {From(sql)} WHERE {sql.Condition} {Partial(sql)} GROUP BY r.state");
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
    public static string PageQuery(FilterSql sql)
    {
        var next = sql.Values.Count + 1;
        var state = sql.Road == FilterSql.Way.State ? FormattableString.Invariant($"AND r.state = ?{next + 3}") : "";
        return FormattableString.Invariant(
            $"""
             {Select} FROM {From(sql)}
             WHERE {sql.Condition} {state} {Partial(sql)}
                 AND r.mail <= ?{next} AND (r.mail < ?{next} OR r.n > ?{next + 1})
             ORDER BY r.mail DESC, r.n LIMIT ?{next + 2}
             """);
    }

    private static string From(FilterSql sql) => sql.Road switch
    {
        FilterSql.Way.Address => "recipient r INDEXED BY recipient_address CROSS JOIN mail m ON m.id = r.mail",
        FilterSql.Way.State => "recipient r INDEXED BY recipient_standing CROSS JOIN mail m ON m.id = r.mail",
        FilterSql.Way.Table => "recipient r CROSS JOIN mail m ON m.id = r.mail",
    };

    /// <summary>The words of the partial index, without which it cannot be used.</summary>
    private static string Partial(FilterSql sql) => sql.Road == FilterSql.Way.State ? "AND r.state <> 4" : "";

    private static IEnumerable<State> StatesOf(Filter filter) =>
        filter.Terms.First(static term => term is { Field: Field.State, Not: false }).States.Distinct();

    private List<RecipientRow> Page(FilterSql sql, string query, State? state, Cursor? after, int most)
    {
        using var rows = database.Prepare(query);
        sql.BindTo(rows);
        var next = sql.Values.Count + 1;
        var newest = new MailId(sql.NewestMail);
        var from = after is { } end && end.Mail <= newest ? end : new Cursor(newest, -1);
        rows.Bind(next, from.Mail.Value).Bind(next + 1, from.Recipient).Bind(next + 2, most);
        if (state is { } one)
            rows.Bind(next + 3, (long)one);
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
            });
        }

        return found;
    }
}
