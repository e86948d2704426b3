using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Ledger.Search;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Counts the mails of each segment whose body somebody may still want.</summary>
internal static class BodyUse
{
    private static readonly State[] Open = [State.Waiting, State.Trying, State.Held];
    private static readonly State[] Kept = [State.Captured, State.Failed, State.Expired, State.Suppressed];

    public static IReadOnlyList<SegmentUse> Of(Database database, BodyTimes times)
    {
        var uses = new SortedDictionary<int, SegmentUse>();
        Walk(database, times, pieces => Add(uses, pieces));
        return [.. uses.Values];
    }

    /// <summary>Where in one segment the pieces begin that somebody may still want.</summary>
    public static IReadOnlySet<int> In(Database database, BodyTimes times, int segment)
    {
        var live = new HashSet<int>();
        Walk(database, times, pieces =>
        {
            foreach (var piece in PackedMail.ReadPieces(pieces))
                if (piece.Segment == segment)
                    live.Add(piece.Offset);
        });
        return live;
    }

    private delegate void Visit(ReadOnlySpan<byte> pieces);

    private static void Walk(Database database, BodyTimes times, Visit visit)
    {
        // A mail may stand in several states: walked side by side by id, it is counted once, in no memory.
        var walks = new List<Statement>();
        try
        {
            foreach (var state in Open)
                walks.Add(Walk(database, state, DateTimeOffset.MinValue, []));
            foreach (var state in Kept)
                walks.Add(Walk(database, state, times.KeptSince, times.Rules));
            for (var i = 0; i < times.Rules.Count; i++)
                walks.Add(Walk(database, times.Rules[i], times.Rules.Take(i)));
            Merge(walks, visit);
        }
        finally
        {
            foreach (var walk in walks)
                walk.Dispose();
        }
    }

    private static Statement Walk(Database database, State state, DateTimeOffset since,
        IEnumerable<(Filter Of, DateTimeOffset Since)> but)
    {
        var sql = FilterSql.Of(Filter.All, but.Select(static rule => rule.Of));
        var first = sql.Values.Count + 1;
        var rows = database.Prepare(FormattableString.Invariant(
            $"""
             SELECT r.mail, m.pieces
             FROM recipient r INDEXED BY recipient_standing CROSS JOIN mail m ON m.id = r.mail
                 LEFT JOIN application a ON a.id = m.application
             WHERE r.state = ?{first} AND r.state <> 4 AND m.accepted_at >= ?{first + 1} {sql.Condition}
             ORDER BY r.mail
             """));
        sql.BindTo(rows);
        return rows.Bind(first, (long)state).Bind(first + 1, since.UtcTicks);
    }

    private static Statement Walk(Database database, (Filter Of, DateTimeOffset Since) rule,
        IEnumerable<(Filter Of, DateTimeOffset Since)> but)
    {
        var sql = FilterSql.Of(rule.Of, but.Select(static other => other.Of));
        var first = sql.Values.Count + 1;
        var rows = database.Prepare(FormattableString.Invariant(
            $"""
             SELECT m.id, m.pieces FROM mail m LEFT JOIN application a ON a.id = m.application
             WHERE m.id >= ?{first} {sql.Condition} ORDER BY m.id
             """));
        sql.BindTo(rows);
        return rows.Bind(first, MailId.After(default, rule.Since).Value);
    }

    private static void Merge(List<Statement> walks, Visit visit)
    {
        var ahead = walks.Where(walk => walk.Step()).ToList();
        var counted = -1L;
        while (ahead.Count > 0)
        {
            var next = ahead[0];
            foreach (var walk in ahead)
                next = walk.Long(0) < next.Long(0) ? walk : next;
            if (next.Long(0) != counted)
                visit(next.Blob(1));
            counted = next.Long(0);
            if (!next.Step())
                ahead.Remove(next);
        }
    }

    private static void Add(SortedDictionary<int, SegmentUse> uses, ReadOnlySpan<byte> pieces)
    {
        var last = 0;
        foreach (var piece in PackedMail.ReadPieces(pieces))
        {
            var use = uses.GetValueOrDefault(piece.Segment);
            var mails = use.Mails + (piece.Segment != last ? 1 : 0); // The pieces of a mail ascend.
            uses[piece.Segment] = new SegmentUse(piece.Segment, mails, use.Octets + piece.Length);
            last = piece.Segment;
        }
    }
}

/// <summary>Since when bodies are kept of mail that has ended.</summary>
/// <param name="KeptSince">Of mail that ended captured, failed, expired or suppressed, and that no rule has.</param>
/// <param name="Rules">Of mail that has ended however, by the first rule that has it.</param>
public sealed record BodyTimes(
    DateTimeOffset KeptSince, IReadOnlyList<(Filter Of, DateTimeOffset Since)> Rules);
