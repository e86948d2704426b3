using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>A mail that a batch touches: its recipients as they will be, and the events to add to its trail.</summary>
internal sealed class MailWork(MailId id, ReversePath from, DateTimeOffset acceptedAt)
{
    public MailId Id { get; } = id;

    public ReversePath From { get; } = from;

    public DateTimeOffset AcceptedAt { get; } = acceptedAt;

    /// <summary>The route that a person named for it; null: nobody did.</summary>
    public string? Route { get; init; }

    /// <summary>Its acceptance, where that is in this batch: the row is still to be inserted.</summary>
    public AcceptedRecord? New { get; init; }

    public required RecipientWork[] Recipients { get; init; }

    public List<TrailEvent> Events { get; } = new(4);

    /// <summary>Where the first of <see cref="Events"/> stands in the journal: the key of their row.</summary>
    public Position First { get; set; }

    /// <summary>Its acceptance was withdrawn.</summary>
    public bool Revoked { get; set; }

    /// <summary>What its row says.</summary>
    public bool RevokedStored { get; init; }
}

/// <summary>A recipient as it stands while a batch is worked through.</summary>
internal sealed class RecipientWork(int index, ForwardPath to)
{
    public int Index { get; } = index;

    public ForwardPath To { get; } = to;

    public State State { get; set; } = State.Waiting;

    public string Lane { get; set; } = "";

    public DateTimeOffset Due { get; set; }

    public int FailedTries { get; set; }

    public bool DelayReported { get; set; }

    public DateTimeOffset? HeldSince { get; set; }

    public TimeSpan HeldFor { get; set; }

    public Fault? Fault { get; set; }

    public string? Last { get; set; }

    /// <summary>What its row says, for the tally; null while there is none.</summary>
    public (string Lane, State State)? Stored { get; set; }

    public bool Changed { get; set; }

    /// <summary>Where in the journal it was captured; null where it was not in this batch.</summary>
    public Position? Came { get; set; }
}
