using Postroom.Mail;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>Reads open mail by the parcel, in the order of a lane.</summary>
internal sealed class Backlog(Database database) : IDisposable
{
    private const string Columns =
        """
        r.due, r.mail, r.n, r.failed_tries, r.delay_reported, r.held_since, r.held_for, r.lane, r.state,
        m.accepted_at, m.source, m.pieces, m.size
        """;

    /// <summary>A page of a lane; the test of its query plan reads it here.</summary>
    public const string WaitingQuery =
        $"""
        SELECT {Columns} FROM recipient r INDEXED BY recipient_due CROSS JOIN mail m ON m.id = r.mail
        WHERE r.state = 1 AND r.lane = ?1 AND (r.due, r.mail) > (?2, ?3) ORDER BY r.due, r.mail, r.n
        """;

    /// <summary>All leases.</summary>
    public const string TryingQuery =
        $"""
        SELECT {Columns} FROM recipient r INDEXED BY recipient_standing CROSS JOIN mail m ON m.id = r.mail
        WHERE r.state = 2 AND r.state <> 4 ORDER BY r.mail, r.lane, r.due, r.n
        """;

    private readonly Statement _waiting = database.Prepare(WaitingQuery);
    private readonly Statement _trying = database.Prepare(TryingQuery);

    public IReadOnlyList<ParcelRow> Waiting(string lane, DueKey after, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        _waiting.Bind(1, lane).Bind(2, after.Due.UtcTicks).Bind(3, after.Mail.Value);
        return Parcels(_waiting, most);
    }

    public IReadOnlyList<ParcelRow> Trying() => Parcels(_trying, int.MaxValue);

    public void Dispose()
    {
        _waiting.Dispose();
        _trying.Dispose();
    }

    private static List<ParcelRow> Parcels(Statement rows, int most)
    {
        var parcels = new List<ParcelRow>();
        var recipients = new List<ParcelRecipient>();
        while (rows.Step())
        {
            var due = new DateTimeOffset(rows.Long(0), TimeSpan.Zero);
            var mail = new MailId(rows.Long(1));
            var same = parcels is [.., var last] && last.Key == new DueKey(due, mail) && last.Lane == rows.Text(7);
            if (!same && parcels.Count == most)
            {
                rows.Reset();
                break;
            }

            var heldFor = new TimeSpan(rows.Long(6));
            if (!same)
            {
                recipients = [];
                parcels.Add(Parcel(rows, mail, due, recipients));
            }
            else if (heldFor > parcels[^1].HeldFor)
                parcels[^1] = parcels[^1] with { HeldFor = heldFor };
            recipients.Add(new ParcelRecipient(rows.Int(2), (State)rows.Int(8), rows.Int(3), rows.Int(4) == 1));
        }

        return parcels;
    }

    private static ParcelRow Parcel(Statement row, MailId mail, DateTimeOffset due, List<ParcelRecipient> recipients) =>
        new(mail, row.Text(7), new DateTimeOffset(row.Long(9), TimeSpan.Zero), row.Text(10), due, recipients,
            new TimeSpan(row.Long(6)), PackedMail.ReadPieces(row.Blob(11)), row.Long(12));
}
