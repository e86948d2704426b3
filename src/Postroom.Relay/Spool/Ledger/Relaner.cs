using Postroom.Mail;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Sorts mail into other lanes when routes have changed.</summary>
internal sealed class Relaner(Database database, Tally tally) : IDisposable
{
    private const int PageSize = 2_000;

    private readonly Statement _page = database.Prepare(
        """
        SELECT r.mail, r.n, r.lane, r.address, m.sender, m.route
        FROM recipient r INDEXED BY recipient_standing CROSS JOIN mail m ON m.id = r.mail
        WHERE r.state = ?1 AND r.state <> 4 AND (r.mail, r.n) > (?2, ?3) ORDER BY r.mail, r.n LIMIT ?4
        """);

    private readonly Statement _move = database.Prepare("UPDATE recipient SET lane = ?3 WHERE mail = ?1 AND n = ?2");

    /// <summary>Does a page of a state; null after the last one. Within a transaction.</summary>
    public Cursor? Page(State state, Cursor after, LaneOf laneOf)
    {
        var seen = 0;
        var moves = new List<(Cursor At, string From, string To)>();
        _page.Bind(1, (long)state).Bind(2, after.Mail.Value).Bind(3, after.Recipient).Bind(4, PageSize);
        while (_page.Step())
        {
            seen++;
            after = new Cursor(new MailId(_page.Long(0)), _page.Int(1));
            var lane = laneOf(
                PackedMail.Sender(_page.Text(4)), new ForwardPath(_page.Text(3)), _page.TextOrNull(5));
            if (_page.Text(2) is var was && was != lane)
                moves.Add((after, was, lane));
        }

        foreach (var (at, from, to) in moves)
        {
            _move.Bind(1, at.Mail.Value).Bind(2, at.Recipient).Bind(3, to).Run();
            tally.Move((from, state), (to, state));
        }

        tally.Write();
        return seen == PageSize ? after : null;
    }

    public void Dispose()
    {
        _page.Dispose();
        _move.Dispose();
    }
}
