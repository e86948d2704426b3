using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Forget;
using Postroom.Relay.Spool.Ledger.Search;

namespace Postroom.Relay.Spool.Ledger.Forget;

/// <summary>A segment whose records were gone through.</summary>
/// <param name="LastAt">When its last group was written.</param>
/// <param name="At">When it was gone through last.</param>
internal readonly record struct GoneThrough(int Segment, DateTimeOffset LastAt, DateTimeOffset At);

/// <summary>A run of mails that was looked at, of which some are to be forgotten.</summary>
/// <param name="Next">Where to go on; null where the last one was looked at.</param>
internal sealed record DuePage(IReadOnlyList<MailId> Due, IReadOnlyList<MailId> Open, MailId? Next);

/// <summary>Says what is to be forgotten by now, and what of the journal's records is.</summary>
internal sealed class Oblivion(Database database)
{
    // So many mails are looked at within one question: others wait for the ledger meanwhile.
    private const int Look = 5_000;

    private static readonly string Open = string.Join(", ", Roads.Open.Select(static state => (int)state));

    /// <summary>Of a run of mails behind <paramref name="after"/>, those whose time for this is over.</summary>
    /// <param name="until">Accepted before.</param>
    /// <param name="what">Events or the mail: mail of which that much is forgotten is passed over.</param>
    /// <param name="rules">The last one is meant, and of its mails those that none before it has.</param>
    public DuePage Due(MailId after, DateTimeOffset until, Forgetting what, IReadOnlyList<Filter> rules)
    {
        var last = MailId.After(default, until).Value - 1;
        using var run = database.Prepare(
            "SELECT id FROM mail WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT 1 OFFSET ?3");
        MailId? next = run.Bind(1, after.Value).Bind(2, last).Bind(3, Look).Step() ? new MailId(run.Long(0)) : null;
        var sql = FilterSql.Of(rules[^1], but: rules.SkipLast(1));
        var first = sql.Values.Count + 1;
        using var rows = database.Prepare(FormattableString.Invariant(
            $"""
             SELECT m.id, EXISTS(SELECT 1 FROM recipient o WHERE o.mail = m.id AND o.state IN ({Open}))
             FROM mail m LEFT JOIN application a ON a.id = m.application LEFT JOIN forgotten f ON f.mail = m.id
             WHERE m.id > ?{first} AND m.id <= ?{first + 1} AND coalesce(f.what, 0) < ?{first + 2}
                 AND (m.report_of IS NULL OR NOT EXISTS(SELECT 1 FROM mail o WHERE o.id = m.report_of))
                 {sql.Condition}
             ORDER BY m.id
             """));
        sql.BindTo(rows);
        rows.Bind(first, after.Value).Bind(first + 1, next?.Value ?? last).Bind(first + 2, (long)what);
        List<MailId> due = [], open = [];
        while (rows.Step())
            (rows.Int(1) == 1 ? open : due).Add(new MailId(rows.Long(0)));
        return new DuePage(due, open, next);
    }

    /// <summary>Where an address is that a person is known by.</summary>
    /// <returns>Mails to nobody else or from it, as a whole; of others, the place among several; and those that are
    /// still open, which cannot be forgotten.</returns>
    public (List<Target> Whole, List<Target> Places, List<MailId> Open) Of(string address)
    {
        using var rows = database.Prepare(
            $"""
             SELECT m.id, r.n, r.address = ?1 COLLATE NOCASE,
                 (SELECT count(*) FROM recipient o WHERE o.mail = m.id AND o.address <> ?1 COLLATE NOCASE) > 0,
                 m.sender = ?1 COLLATE NOCASE OR coalesce(m.header_from, '') LIKE ?2 ESCAPE '\',
                 EXISTS(SELECT 1 FROM recipient o WHERE o.mail = m.id AND o.state IN ({Open})), m.report_of
             FROM words w CROSS JOIN mail m ON m.id = w.rowid CROSS JOIN recipient r ON r.mail = m.id
             WHERE w.words MATCH ?3
             """);
        (List<Target> whole, List<Target> places, HashSet<MailId> open) = ([], [], []);
        if (Numbers(address) is not { } question)
            return (whole, places, []);
        rows.Bind(1, address).Bind(2, $"%{FilterSql.Escaped(address)}%").Bind(3, question);
        while (rows.Step())
        {
            var (id, isTo, hasOthers, isFrom) =
                (new MailId(rows.Long(0)), rows.Int(2) == 1, rows.Int(3) == 1, rows.Int(4) == 1);
            if (!isFrom && !isTo)
                continue; // another recipient of the same mail, or another address that contains this one
            if (rows.Int(5) == 1)
                open.Add(id);
            else if (isFrom || !hasOthers)
                whole.Add(new Target(id, -1));
            else
                places.Add(new Target(id, rows.Int(1)));
        }

        whole = [.. whole.Distinct()];
        return (whole, places, [.. open]);
    }

    /// <summary>Reports about these mails: those that have ended, and those that have not.</summary>
    public (List<Target> Ended, List<MailId> Open) ReportsOf(IReadOnlySet<MailId> mails)
    {
        using var rows = database.Prepare(
            $"""
             SELECT id, report_of, EXISTS(SELECT 1 FROM recipient o WHERE o.mail = m.id AND o.state IN ({Open}))
             FROM mail m WHERE report_of IS NOT NULL
             """);
        (List<Target> ended, List<MailId> open) = ([], []);
        while (rows.Step())
            if (!mails.Contains(new MailId(rows.Long(1))))
                continue;
            else if (rows.Int(2) == 1)
                open.Add(new MailId(rows.Long(0)));
            else
                ended.Add(new Target(new MailId(rows.Long(0)), -1));
        return (ended, open);
    }

    /// <summary>The relay's own events whose words name an address.</summary>
    public IReadOnlyList<EventName> EventsWith(string address)
    {
        using var rows = database.Prepare("SELECT event FROM relay_event");
        var names = new List<EventName>();
        while (rows.Step())
        {
            var from = new Unpacker(rows.Blob(0));
            var happened = PackedTrail.Read(ref from, null);
            if (happened.Text?.Contains(address, StringComparison.OrdinalIgnoreCase) == true
                || happened.Who?.Contains(address, StringComparison.OrdinalIgnoreCase) == true)
                names.Add(new EventName(happened.At, happened.Kind));
        }

        return names;
    }

    /// <summary>What of these mails is forgotten, and every forgotten word of the relay's own.</summary>
    public ForgottenMails Of(IReadOnlySet<MailId> mails)
    {
        var found = new Dictionary<MailId, Forgotten>();
        using var row = database.Prepare("SELECT f.what, f.recipients, g.at FROM forgotten f "
            + "LEFT JOIN forgetting g ON g.id = f.by WHERE f.mail = ?1");
        foreach (var id in mails)
        {
            if (row.Bind(1, id.Value).Step())
                found[id] = new Forgotten((Forgetting)row.Int(0), row.IsNull(1) ? [] : ReadRecipients(row.Blob(1)))
                {
                    At = row.IsNull(2) ? DateTimeOffset.MaxValue : new DateTimeOffset(row.Long(2), TimeSpan.Zero),
                };
            row.Reset();
        }

        var events = new HashSet<EventName>();
        using var names = database.Prepare("SELECT at, kind FROM forgotten_event");
        while (names.Step())
            events.Add(new EventName(new DateTimeOffset(names.Long(0), TimeSpan.Zero), (EventKind)names.Int(1)));
        return new ForgottenMails(found, events);
    }

    /// <summary>A person had something erased, and the journal has not been gone through for it to the end.</summary>
    public bool IsErasing => database.Number("SELECT count(*) FROM forgetting WHERE done = 0") > 0;

    /// <summary>The oldest mail that is not forgotten; null where there is none.</summary>
    public MailId? Oldest() => database.Number("SELECT min(id) FROM mail") is > 0 and var id ? new MailId(id) : null;

    public IReadOnlyDictionary<int, GoneThrough> GoneThrough()
    {
        var through = new Dictionary<int, GoneThrough>();
        using var rows = database.Prepare("SELECT segment, last_at, at FROM gone_through");
        while (rows.Step())
            through[rows.Int(0)] = new GoneThrough(rows.Int(0), new DateTimeOffset(rows.Long(1), TimeSpan.Zero),
                new DateTimeOffset(rows.Long(2), TimeSpan.Zero));
        return through;
    }

    public void Note(GoneThrough through)
    {
        using var row = database.Prepare(
            "INSERT OR REPLACE INTO gone_through(segment, last_at, at) VALUES(?1, ?2, ?3)");
        row.Bind(1, through.Segment).Bind(2, through.LastAt.UtcTicks).Bind(3, through.At.UtcTicks).Run();
    }

    public static IReadOnlyList<int> ReadRecipients(ReadOnlySpan<byte> packed)
    {
        var places = new List<int>();
        for (var from = new Unpacker(packed); !from.AtEnd;)
            places.Add(from.Int());
        return places;
    }

    // The address itself, and every From field it stands in.
    private string? Numbers(string address)
    {
        using var rows = database.Prepare(
            "SELECT id, text = ?1 COLLATE NOCASE FROM address WHERE text LIKE ?2 ESCAPE '\\'");
        rows.Bind(1, address).Bind(2, $"%{FilterSql.Escaped(address)}%");
        var terms = new List<string>();
        while (rows.Step())
        {
            terms.Add($"\"{Terms.From(rows.Long(0))}\"");
            if (rows.Int(1) == 1)
                terms.Add($"\"{Terms.To(rows.Long(0))}\"");
        }

        return terms.Count == 0 ? null : string.Join(" OR ", terms);
    }
}
