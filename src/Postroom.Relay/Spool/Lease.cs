using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool;

/// <summary>A parcel under way: the recipients of one mail that wait in one lane, leased for one try.</summary>
public abstract class Lease
{
    public abstract MailId Id { get; }

    public abstract string Lane { get; }

    public abstract Envelope Envelope { get; }

    public abstract Origin Origin { get; }

    public abstract HeaderFacts Header { get; }

    public abstract DateTimeOffset AcceptedAt { get; }

    /// <summary>Age that counts towards expiry: since acceptance, less all time paused, held, or not running.</summary>
    public abstract TimeSpan Age { get; }

    /// <summary>The recipients this lease is for, a part or all of the envelope's.</summary>
    public abstract IReadOnlyList<LeasedRecipient> Recipients { get; }

    /// <summary>What goes out: the trace block, then the body as it came.</summary>
    public abstract MailContent Content { get; }

    /// <summary>
    /// To be called just before the final dot (or BDAT LAST) leaves: a mark that outlives the process, though not the
    /// power, and tells the next start that this outcome is in doubt (promise 3). Costs a store to memory.
    /// </summary>
    public abstract void MarkAtWire();
}

/// <param name="Index">Its place in the envelope, from 0.</param>
/// <param name="Recipient">Path and DSN parameters.</param>
/// <param name="FailedTries">Tries that failed so far and counted.</param>
/// <param name="DelayReported">A delayed report was already written for it.</param>
public readonly record struct LeasedRecipient(int Index, Recipient Recipient, int FailedTries, bool DelayReported);

/// <summary>The bytes of a mail as they leave: trace block and body in one run.</summary>
public abstract class MailContent
{
    /// <summary>Octets in all.</summary>
    public abstract long Length { get; }

    /// <summary>
    /// The whole, where it is in memory anyway; else empty, and <see cref="ReadAsync"/> gives it piece by piece.
    /// </summary>
    public abstract IReadOnlyList<ReadOnlyMemory<byte>> InMemory { get; }

    /// <summary>Reads at an offset; 0 at the end.</summary>
    /// <exception cref="DamagedBodyException">What is stored is not what was accepted. It must not be sent.</exception>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel);
}

/// <summary>The stored bytes do not match their checksum: the mail is to be held, never sent.</summary>
public sealed class DamagedBodyException(string message) : Exception(message);

/// <summary>What became of one recipient of a lease.</summary>
/// <param name="Index">Its place in the envelope.</param>
/// <param name="What">Accepted, Deferred, Returned, Refused, Expired, Captured, Suppressed, Held or
/// Discarded.</param>
public sealed record Verdict(int Index, Happening What)
{
    /// <summary>The whole final reply, where the next hop took it.</summary>
    public string? Reply { get; init; }

    public Failure? Failure { get; init; }

    /// <summary>When it is due again, of a deferral.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>For the trail: the rule that decided.</summary>
    public string? Text { get; init; }

    /// <summary>A delayed report was written in this settlement.</summary>
    public bool DelayReported { get; init; }
}

/// <summary>
/// The end of a lease. Recipients without a verdict go back to waiting, as <see cref="Happening.Returned"/>.
/// </summary>
/// <param name="Reports">Delivery reports to accept in the same commit.</param>
public sealed record Settlement(Lease Lease, IReadOnlyList<Verdict> Verdicts, AttemptFacts? Attempt,
    IReadOnlyList<Draft> Reports)
{
    /// <summary>More events for the trail of this mail: <see cref="EventKind.ReportKept"/> and the like.</summary>
    public IReadOnlyList<TrailEvent> Events { get; init; } = [];
}

/// <summary>What a person asked for: <see cref="Happening.Held"/>, Released, Hurried or Cancelled.</summary>
/// <param name="Who">The person, for the trail.</param>
/// <param name="Why">The reason given; may be null.</param>
public sealed record Directive(Happening What, IReadOnlyList<Target> Targets, string Who, string? Why)
{
    /// <summary>Only of whoever is in this state still: others may have been at them since they were looked up. Null:
    /// whatever their state allows.</summary>
    public State? Only { get; init; }
}

/// <param name="Recipient">Its place in the envelope.</param>
public readonly record struct Target(MailId Mail, int Recipient);
