using Postroom.Mail;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Makes a lease of a parcel: brings back what of its mail is not in memory.</summary>
internal sealed class Loading(SpoolParts parts, EmbeddedIndex index, BodyKeeping bodies, ClockWatch watch)
{
    /// <returns>Null if the index cannot be read now; the log says why.</returns>
    public async ValueTask<ParcelLease?> LoadAsync(Parcel parcel, int slot)
    {
        try
        {
            var mail = parcel.Record ?? await FindAsync(parcel.Id);
            var body = parcel.Body;
            bodies.Freed(parcel.Forget());
            return Lent(parcel, mail, body, slot);
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException)
        {
            SpoolLog.NotRead(parts.Log, parcel.Id, e);
            if (e is LedgerCorruptException damage)
                parts.Ledger.Suspect(damage);
            return null;
        }
    }

    public ParcelLease Lent(Parcel parcel, AcceptedRecord mail, ReadOnlyMemory<byte> body, int slot)
    {
        watch.Look(); // or a clock set forward a moment ago would make the mail old
        return new(parcel, mail, slot, parts.Marks)
        {
            AgeAtLease = Ages.Of(parcel.AcceptedAt, parcel.HeldFor, parcel.Lane.Pauses, parts.Clock.Wall),
            Stored = bodies.Content(mail, body),
        };
    }

    private async ValueTask<AcceptedRecord> FindAsync(MailId id)
    {
        if (index.Accepted(id) is { } mail)
            return mail;
        await index.CaughtUpAsync(CancellationToken.None);
        return index.Accepted(id)
            ?? throw new LedgerCorruptException($"the ledger does not know {id}, which the journal accepted");
    }
}
