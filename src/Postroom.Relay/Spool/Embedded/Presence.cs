using Postroom.Mail;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>
/// Which recipients are in memory, in whatever lane: being accepted, waiting, leased, or between their settlement and
/// its place in the line. Guarded by the spool's gate.
/// </summary>
/// <remarks>
/// For what is here, memory is the truth; a page of the ledger is older than the moment at which it is taken in. It may
/// show mail that memory is about to publish, or that was leased and even delivered since the page was read: to take
/// either in would send it twice. So nothing comes in from the ledger that is here, or left while the page was read.
/// </remarks>
internal sealed class Presence
{
    // By mail; the parcels of one mail hang together, for nearly always there is one.
    private readonly Dictionary<MailId, Parcel> _first = [];
    private HashSet<(MailId, int)>? _left;

    public void Add(Parcel parcel)
    {
        if (parcel.IsPresent)
            return;
        parcel.IsPresent = true;
        parcel.Beside = _first.GetValueOrDefault(parcel.Id);
        _first[parcel.Id] = parcel;
    }

    public void Remove(Parcel parcel)
    {
        if (!parcel.IsPresent)
            return;
        parcel.IsPresent = false;
        Unlink(parcel);
        parcel.Beside = null;
        if (_left is not null)
            foreach (var recipient in parcel.Recipients)
                _left.Add((parcel.Id, recipient.Index));
    }

    /// <summary>A page is about to be asked for: who leaves from now on may still be in it.</summary>
    public void BeginPage() => _left = [];

    public void EndPage() => _left = null;

    /// <summary>Those of a row of the page that only the ledger knows.</summary>
    public ParcelRecipient[] OnlyInLedger(ParcelRow row)
    {
        var here = _first.GetValueOrDefault(row.Mail);
        return here is null && _left is not { Count: > 0 }
            ? [.. row.Recipients]
            : [.. row.Recipients.Where(r => !IsIn(here, r.Index) && _left?.Contains((row.Mail, r.Index)) != true)];
    }

    /// <summary>The recipients that are in no queue of a lane: being accepted, or leased.</summary>
    public HashSet<(MailId Mail, int Recipient)> UnderWay()
    {
        var found = new HashSet<(MailId, int)>();
        foreach (var first in _first.Values)
            for (var parcel = first; parcel is not null; parcel = parcel.Beside)
                if (parcel.IsUnderWay)
                    foreach (var recipient in parcel.Recipients)
                        found.Add((parcel.Id, recipient.Index));
        return found;
    }

    private static bool IsIn(Parcel? parcel, int recipient)
    {
        for (; parcel is not null; parcel = parcel.Beside)
            if (Array.Exists(parcel.Recipients, r => r.Index == recipient))
                return true;
        return false;
    }

    private void Unlink(Parcel parcel)
    {
        var first = _first[parcel.Id];
        if (ReferenceEquals(first, parcel))
        {
            if (parcel.Beside is { } next)
                _first[parcel.Id] = next;
            else
                _first.Remove(parcel.Id);
            return;
        }

        while (!ReferenceEquals(first.Beside, parcel))
            first = first.Beside!;
        first.Beside = parcel.Beside;
    }
}
