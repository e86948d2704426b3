using Postroom.Mail;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>Recipients of one mail that wait in one lane and travel together. Guarded by the spool's gate.</summary>
/// <remarks>
/// Kept small: a hundred thousand may wait. What is needed only to send it (envelope, trace block, body) is read back
/// when it is leased, unless it is fresh and still in memory.
/// </remarks>
internal sealed class Parcel(MailId id, Lane lane, string source, DateTimeOffset acceptedAt)
{
    public MailId Id { get; } = id;

    /// <summary>Where it waits; another one after a change of routes.</summary>
    public Lane Lane { get; set; } = lane;

    public string Source { get; } = source;

    public DateTimeOffset AcceptedAt { get; } = acceptedAt;

    public required ParcelRecipient[] Recipients { get; set; }

    /// <summary>When it is due, by the wall clock: its place in the order of the ledger.</summary>
    public DateTimeOffset Due { get; set; }

    /// <summary>When it is due, by the clock that never jumps.</summary>
    public long DueTicks { get; set; }

    /// <summary>Being accepted, or leased: in no queue of its lane.</summary>
    public bool IsUnderWay { get; set; }

    /// <summary>In memory: <see cref="Presence"/> knows it.</summary>
    public bool IsPresent { get; set; }

    /// <summary>Another parcel of the same mail that is in memory.</summary>
    public Parcel? Beside { get; set; }

    public TimeSpan HeldFor { get; init; }

    /// <summary>Envelope and trace block, while in memory.</summary>
    public AcceptedRecord? Record { get; set; }

    /// <summary>The body, while in memory; empty if it has to be read back.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    public DueKey Key => new(Due, Id);

    /// <summary>The slot of its mark, if it is one of those just leased.</summary>
    public int? SlotIn(List<(Parcel Parcel, int Slot)> leased)
    {
        foreach (var (candidate, slot) in leased)
            if (ReferenceEquals(candidate, this))
                return slot;
        return null;
    }

    /// <summary>Its lease ended untried.</summary>
    public SettledRecord Returned(DateTimeOffset at) => new(Id, at, Lane.Name,
        Array.ConvertAll(Recipients, static r => new Verdict(r.Index, Postroom.Mail.Status.Happening.Returned)));

    /// <summary>Lets go of what can be read back; returns the octets of body that this freed.</summary>
    public int Forget()
    {
        var freed = Body.Length;
        (Record, Body) = (null, default);
        return freed;
    }
}
