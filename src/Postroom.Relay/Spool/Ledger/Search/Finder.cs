using System.Globalization;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Ledger.Boxes;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>Answers filters with pages and counts.</summary>
internal sealed class Finder : IDisposable
{
    private const string Select =
        """
        SELECT r.mail, r.n, r.state, r.address, m.sender, m.accepted_at, m.subject, r.lane, r.failed_tries, r.due,
            m.size, m.source, r.last, m.item, a.app,
            CASE r.state WHEN 5 THEN (SELECT box FROM inbox i WHERE i.mail = r.mail AND i.n = r.n) END,
            CASE r.state WHEN 5 THEN (SELECT unread FROM inbox i WHERE i.mail = r.mail AND i.n = r.n) END,
            CASE r.state WHEN 5 THEN (SELECT group_concat(tag, ' ') FROM tag t WHERE t.mail = r.mail) END,
            m.route
        """;

    private const string WithApplication = "LEFT JOIN application a ON a.id = m.application";

    private readonly Database _database;
    private readonly Lookout _lookout;
    private readonly Statement _recipients;

    public Finder(Database database)
    {
        var lookout = new Lookout();
        (_database, _lookout) = (database, lookout);
        _recipients = database.Prepare(
            $"{Select} FROM recipient r CROSS JOIN mail m ON m.id = r.mail {WithApplication} "
            + "WHERE r.mail = ?1 ORDER BY r.n");

        // SQLite holds on to these as long as the connection is open: could the connection be reached from them, it
        // would stay for ever where nobody closes it.
        database.Define("has", (text, number) => lookout.Phrases[(int)number].Matches(text));
        database.Define("begins", (mail, walk) => lookout.IsFirst((int)walk, new MailId(mail)));
        database.DefineGuard("passes", (mail, walk) => lookout.MayGoOn((int)walk, new MailId(mail)));
    }

    /// <param name="patience">How long to look; null: to the end.</param>
    public FoundPage Find(Filter filter, Cursor? after, int most, Patience? patience) =>
        Find(filter, after, most, patience, RoadsOf(filter));

    public IReadOnlyList<Road> RoadsOf(Filter filter) => Roads.Of(_database, filter);

    /// <summary>By given roads: each leads to the same answer.</summary>
    public FoundPage Find(Filter filter, Cursor? after, int most, Patience? patience, IReadOnlyList<Road> roads)
    {
        var sql = FilterSql.Of(filter);
        var from = after is { } end && end.Mail <= sql.Newest ? end : new Cursor(sql.Newest, -1);
        var rows = new List<RecipientRow>();
        var walks = Begin(sql, roads, from, patience, PageQuery);
        try
        {
            for (; rows.Count < most && Newest(walks) is { } walk; walk.Next())
                rows.Add(Read(walk.Row));

            // What ran out of time says how far the others may be believed.
            if (LastLooked(walks) is { } unseen && rows.Count < most)
                return new FoundPage(rows, new Cursor(unseen, -1)) { IsCut = true };
        }
        finally
        {
            End(walks);
        }

        return new FoundPage(rows, rows.Count < most ? null : new Cursor(rows[^1].Mail, rows[^1].Recipient));
    }

    public FoundCount Count(Filter filter, Patience? patience, IReadOnlyList<Road> roads)
    {
        var counts = new Dictionary<State, long>();
        var sql = FilterSql.Of(filter);
        if (filter.Terms.All(static term => term.Field is Field.State))
        {
            using var kept = _database.Prepare(
                $"SELECT r.state, sum(r.n) FROM tally r WHERE 1 {sql.Condition} GROUP BY r.state");
            sql.BindTo(kept);
            while (kept.Step())
                if (kept.Long(1) > 0)
                    counts[(State)kept.Int(0)] = kept.Long(1);
            return new FoundCount(counts, IsWhole: true);
        }

        if (Boxful.Of(filter) is { } kind)
        {
            if (BoxShelf.Count(_database, kind.Box, kind.IsUnread) is > 0 and var kept)
                counts[State.Captured] = kept;
            return new FoundCount(counts, IsWhole: true);
        }

        var walks = Begin(sql, roads, new Cursor(sql.Newest, -1), patience, CountQuery);
        try
        {
            foreach (var walk in walks)
                for (; walk.IsOnRow; walk.Next())
                    counts[(State)walk.Row.Int(0)] = counts.GetValueOrDefault((State)walk.Row.Int(0)) + 1;
            return new FoundCount(counts, LastLooked(walks) is null);
        }
        finally
        {
            End(walks);
        }
    }

    /// <summary>All recipients of a mail.</summary>
    public IReadOnlyList<RecipientRow> Recipients(MailId id)
    {
        var rows = new List<RecipientRow>();
        _recipients.Bind(1, id.Value);
        while (_recipients.Step())
            rows.Add(Read(_recipients));
        return rows;
    }

    public void Dispose() => _recipients.Dispose();

    /// <summary>The text of the query of a page; the test of the query plans reads it here.</summary>
    public static string PageQuery(FilterSql sql, Way way, int walk) => $"{Select} {Rows(sql, way, walk)}";

    private static string CountQuery(FilterSql sql, Way way, int walk) => $"SELECT r.state {Rows(sql, way, walk)}";

    // Mails newest first, and the recipients of each in the order of its envelope: three loops in each other, and
    // nothing is sorted. The filter's own parameters come first.
    private static string Rows(FilterSql sql, Way way, int walk)
    {
        var first = sql.Values.Count + 1;
        var (newest, recipient, own) = (Parameter(first), Parameter(first + 1), Parameter(first + 3));
        if (way == Way.Table && sql.OfRecipient.Length == 0) // two loops: each mail is read once
            return string.Create(CultureInfo.InvariantCulture,
                $"""
                 FROM mail m CROSS JOIN recipient r ON r.mail = m.id {WithApplication}
                 WHERE passes(m.id, {walk}) AND m.id <= {newest} AND m.id >= {Parameter(first + 2)}
                     AND (m.id < {newest} OR r.n > {recipient}) {sql.Condition}
                 ORDER BY m.id DESC, r.n
                 """);
        var only = way switch
        {
            Way.State => $"AND r.state = {own}",
            Way.Said => $"AND r.state NOT IN ({string.Join(", ", Roads.Open.Select(state => (int)state))})",
            _ => "",
        };
        return string.Create(CultureInfo.InvariantCulture,
            $"""
             FROM ({Mails(sql, way, walk)}) w CROSS JOIN recipient r ON r.mail = w.id
                 CROSS JOIN mail m ON m.id = w.id {WithApplication}
             WHERE {(way == Way.Table ? "1" : $"passes(w.id, {walk})")}
                 AND (w.id < {newest} OR r.n > {recipient}) {only} {sql.Condition}
             """);
    }

    // The LIMIT keeps the ORDER BY alive, which SQLite would leave out of an inner query. Where the inner one may be
    // ended by passes(), a DISTINCT would keep back the row that it has: begins() lets the first of a mail through.
    private static string Mails(FilterSql sql, Way way, int walk)
    {
        var first = sql.Values.Count + 1;
        var (table, id, only) = way switch
        {
            Way.Table => ("recipient r", "mail", FormattableString.Invariant(
                $"passes(r.mail, {walk}) {sql.OfRecipient} AND begins(r.mail, {walk}) AND ")),
            Way.State => ("recipient INDEXED BY recipient_standing", "mail",
                $"state = {Parameter(first + 3)} AND state <> 4 AND "), // the words of the partial index
            Way.Words => ("words", "rowid", $"words MATCH {Parameter(first + 3)} AND "),
            Way.Said => ("said", "rowid", $"said MATCH {Parameter(first + 3)} AND "),
            Way.Inbox => ("inbox", "mail", ""),
            Way.Unread => ("inbox INDEXED BY inbox_unread", "mail", "unread = 1 AND "),
            Way.Box => ("inbox INDEXED BY inbox_box", "mail", $"box = {Parameter(first + 3)} AND "),
            Way.BoxUnread => ("inbox INDEXED BY inbox_box_unread", "mail",
                $"box = {Parameter(first + 3)} AND unread = 1 AND "),
            Way.Came => ("inbox INDEXED BY inbox_came", "mail", $"came > {Parameter(first + 3)} AND "),
            Way.Tag => ("tag INDEXED BY tag_name", "mail", $"tag = {Parameter(first + 3)} AND "),
        };
        var isOfRecipients = way is Way.State or Way.Inbox or Way.Unread or Way.Box or Way.BoxUnread
            or Way.Came;
        return $"SELECT {(isOfRecipients ? "DISTINCT " : "")}{id} AS id FROM {table} WHERE {only}"
            + $"{id} <= {Parameter(first)} AND {id} >= {Parameter(first + 2)} ORDER BY {id} DESC LIMIT -1";
    }

    private static string Parameter(int number) => string.Create(CultureInfo.InvariantCulture, $"?{number}");

    private delegate string Query(FilterSql sql, Way way, int walk);

    /// <summary>Each walk stands on its first row.</summary>
    private List<Walk> Begin(
        FilterSql sql, IReadOnlyList<Road> roads, Cursor from, Patience? patience, Query query)
    {
        _lookout.Begin(sql.Phrases, patience);
        var walks = new List<Walk>();
        foreach (var road in roads)
        {
            var number = _lookout.Add();
            var rows = _database.Prepare(query(sql, road.Way, number));
            walks.Add(new Walk(rows, _lookout, number));
            sql.BindTo(rows);
            var next = sql.Values.Count + 1;
            rows.Bind(next, from.Mail.Value).Bind(next + 1, from.Recipient).Bind(next + 2, sql.Oldest.Value);
            _ = road.Own is string question ? rows.Bind(next + 3, question)
                : road.Own is long state ? rows.Bind(next + 3, state) : rows;
            walks[^1].Next();
        }

        return walks;
    }

    private void End(List<Walk> walks)
    {
        walks.ForEach(static walk => walk.Dispose());
        _lookout.End();
    }

    /// <summary>The walk whose row comes next; null at the end, and where one did not look so far back.</summary>
    private static Walk? Newest(List<Walk> walks)
    {
        Walk? newest = null;
        foreach (var walk in walks)
            if (walk.IsOnRow && (newest is null || IsBefore(walk.Row, newest.Row)))
                newest = walk;
        return newest is { } found && LastLooked(walks) is { } unseen && found.Mail <= unseen ? null : newest;
    }

    private static bool IsBefore(Statement row, Statement other) => row.Long(0) != other.Long(0)
        ? row.Long(0) > other.Long(0) : row.Int(1) < other.Int(1);

    private static MailId? LastLooked(List<Walk> walks)
    {
        MailId? last = null;
        foreach (var walk in walks)
            if (walk.StoppedAt is { } at && !(at <= last))
                last = at;
        return last;
    }

    private static RecipientRow Read(Statement row)
    {
        var state = (State)row.Int(2);
        return new RecipientRow(new MailId(row.Long(0)), row.Int(1), state, row.Text(3), row.Text(4))
        {
            AcceptedAt = new DateTimeOffset(row.Long(5), TimeSpan.Zero),
            Subject = row.TextOrNull(6),
            Lane = row.Text(7),
            FailedTries = row.Int(8),
            NextDue = state == State.Waiting ? new DateTimeOffset(row.Long(9), TimeSpan.Zero) : null,
            Size = row.Long(10),
            Source = row.Text(11),
            Last = row.TextOrNull(12),
            Item = row.TextOrNull(13),
            App = row.TextOrNull(14),
            Box = row.TextOrNull(15),
            IsUnread = !row.IsNull(16) && row.Int(16) == 1,
            Tags = row.TextOrNull(17),
            NamedRoute = row.TextOrNull(18),
        };
    }
}
