using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>A parcel under way.</summary>
internal sealed class ParcelLease(Parcel parcel, AcceptedRecord mail, int slot, WireMarks marks) : Lease
{
    private LeasedRecipient[]? _recipients;

    public Parcel Parcel { get; } = parcel;

    public AcceptedRecord Mail { get; } = mail;

    public int Slot { get; } = slot;

    public override MailId Id => Parcel.Id;

    public override string Lane => Parcel.Lane.Name;

    public override Envelope Envelope => Mail.Envelope;

    public override Origin Origin => Mail.Origin;

    public override HeaderFacts Header => Mail.Header;

    public override DateTimeOffset AcceptedAt => Parcel.AcceptedAt;

    public required TimeSpan AgeAtLease { get; init; }

    public override TimeSpan Age => AgeAtLease;

    public required MailContent Stored { get; init; }

    public override MailContent Content => Stored;

    public override IReadOnlyList<LeasedRecipient> Recipients => _recipients ??= Leased();

    public override void MarkAtWire() => marks.Set(Slot, Id);

    /// <summary>The verdicts with one for each recipient: who was given none goes back untried.</summary>
    public IReadOnlyList<Verdict> WithReturned(IReadOnlyList<Verdict> given)
    {
        if (given.Count == Parcel.Recipients.Length)
            return given;
        var all = new List<Verdict>(given);
        foreach (var recipient in Parcel.Recipients)
            if (!given.Any(v => v.Index == recipient.Index))
                all.Add(new Verdict(recipient.Index, Happening.Returned));
        return all;
    }

    private LeasedRecipient[] Leased()
    {
        var leased = new LeasedRecipient[Parcel.Recipients.Length];
        for (var i = 0; i < leased.Length; i++)
        {
            var r = Parcel.Recipients[i];
            leased[i] = new LeasedRecipient(r.Index, Mail.Envelope.Recipients[r.Index], r.FailedTries, r.DelayReported);
        }

        return leased;
    }
}
