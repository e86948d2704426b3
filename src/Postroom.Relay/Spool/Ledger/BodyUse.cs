using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Counts the mails of each segment whose body somebody may still want.</summary>
internal static class BodyUse
{
    private const string Query =
        """
        SELECT r.mail, m.pieces, m.accepted_at
        FROM recipient r INDEXED BY recipient_standing CROSS JOIN mail m ON m.id = r.mail
        WHERE r.state = ?1 AND r.state <> 4 AND m.accepted_at >= ?2 ORDER BY r.mail
        """;

    private static readonly State[] Open = [State.Waiting, State.Trying, State.Held];
    private static readonly State[] Kept = [State.Captured, State.Failed, State.Expired, State.Suppressed];

    public static IReadOnlyList<SegmentUse> Of(Database database, DateTimeOffset keptSince)
    {
        var uses = new SortedDictionary<int, SegmentUse>();
        Walk(database, keptSince, pieces => Add(uses, pieces));
        return [.. uses.Values];
    }

    /// <summary>Where in one segment the pieces begin that somebody may still want.</summary>
    public static IReadOnlySet<int> In(Database database, DateTimeOffset keptSince, int segment)
    {
        var live = new HashSet<int>();
        Walk(database, keptSince, pieces =>
        {
            foreach (var piece in PackedMail.ReadPieces(pieces))
                if (piece.Segment == segment)
                    live.Add(piece.Offset);
        });
        return live;
    }

    private delegate void Visit(ReadOnlySpan<byte> pieces);

    private static void Walk(Database database, DateTimeOffset keptSince, Visit visit)
    {
        // A mail may stand in several states: walked side by side by id, it is counted once, in no memory.
        var walks = new List<Statement>();
        try
        {
            foreach (var state in Open)
                walks.Add(Walk(database, state, DateTimeOffset.MinValue));
            foreach (var state in Kept)
                walks.Add(Walk(database, state, keptSince));
            Merge(walks, visit);
        }
        finally
        {
            foreach (var walk in walks)
                walk.Dispose();
        }
    }

    private static Statement Walk(Database database, State state, DateTimeOffset since) =>
        database.Prepare(Query).Bind(1, (long)state).Bind(2, since.UtcTicks);

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
