using Postroom.Mail;

namespace Postroom.Relay.Spool;

/// <summary>What the relay has taken responsibility for (RFC 5321 §2.1), and what became of it.</summary>
/// <remarks>
/// <para>The contract, in the order of a mail's life; the compliance suite holds every implementation to it.</para>
/// <list type="number">
/// <item><see cref="OpenBody"/>, then <see cref="AcceptAsync"/>: an <see cref="Acceptance"/> with a receipt means the
/// mail is on stable storage. No receipt, no responsibility.</item>
/// <item>
/// <see cref="LeaseAsync"/>: parcels whose lease is on stable storage; so a try is never unknown to a restart.
/// </item>
/// <item><see cref="Lease.MarkAtWire"/> just before the final dot, <see cref="SettleAsync"/> after it.</item>
/// <item>What a person does comes in through <see cref="DirectAsync"/>; what happens to a lane through
/// <see cref="PauseAsync"/> and <see cref="ResumeAsync"/>.</item>
/// </list>
/// <para>After a failed write or sync nothing is acknowledged any more: every call from then on fails with
/// <see cref="SpoolFailedException"/>, and <see cref="Failed"/> completes with it. The process then ends; the next
/// start recovers (promise 1).</para>
/// </remarks>
public interface ISpool : IAsyncDisposable
{
    /// <summary>Never completes while the spool is sound; faults with the reason once it has failed.</summary>
    Task Failed { get; }

    /// <summary>Reading: lists, searches, timelines.</summary>
    ISpoolIndex Index { get; }

    /// <summary>True while the disk is above its floor; false makes every acceptance a 452 4.3.1.</summary>
    bool HasRoom { get; }

    /// <summary>Begins a body. Dispose the writer if the mail is not accepted in the end.</summary>
    BodyWriter OpenBody();

    /// <summary>
    /// Takes a mail in. Completes when it is on stable storage, or was refused; never later than 8 s.
    /// </summary>
    ValueTask<Acceptance> AcceptAsync(Draft draft, CancellationToken cancel);

    /// <summary>
    /// Leases up to <paramref name="most"/> parcels of a lane that are due: waits until there is at least one, returns
    /// what is due then. Fresh mail (accepted while somebody waits here) is leased in the very commit that accepts it.
    /// Within a lane: fresh before backlog (a share is kept for the backlog), sources in turn, then by due time.
    /// </summary>
    /// <exception cref="OperationCanceledException">Cancelled; nothing stays leased by this call.</exception>
    ValueTask<IReadOnlyList<Lease>> LeaseAsync(string lane, int most, CancellationToken cancel);

    /// <summary>
    /// Records what became of a lease: states, attempt, events and reports in one commit. Written at once; completes
    /// when on stable storage, which it does not hurry (it rides with the next commit, a few milliseconds at most).
    /// </summary>
    ValueTask SettleAsync(Settlement settlement);

    /// <summary>Stops the clock of a lane: mail in it does not age towards expiry until it is resumed.</summary>
    ValueTask PauseAsync(string lane, Postroom.Mail.Status.Failure why);

    ValueTask ResumeAsync(string lane);

    /// <summary>
    /// Does what a person asked for, to each target whose state allows it. Durable when it completes.
    /// </summary>
    /// <returns>How many targets were changed.</returns>
    ValueTask<int> DirectAsync(Directive directive, CancellationToken cancel);

    /// <summary>Writes an event of the relay itself into the trail; does not wait for the disk.</summary>
    void Note(Postroom.Mail.Audit.TrailEvent happened);

    /// <summary>As <see cref="Note"/>; completes when it is on stable storage: for what must not happen without a
    /// record of it.</summary>
    /// <exception cref="SpoolFailedException">The disk failed.</exception>
    ValueTask NoteAsync(Postroom.Mail.Audit.TrailEvent happened);

    /// <summary>The lanes that hold open mail, and how much: for the conductor to know what to pump.</summary>
    IReadOnlyList<LaneCount> Lanes { get; }

    /// <summary>Completes when a lane appears that was not in <see cref="Lanes"/> when last read.</summary>
    ValueTask LanesChangedAsync(CancellationToken cancel);

    /// <summary>Routes have changed: open mail is sorted into its lanes anew.</summary>
    ValueTask RouteByAsync(LaneOf laneOf, CancellationToken cancel);
}

/// <summary>How much open mail a lane holds.</summary>
/// <param name="Waiting">Parcels waiting or being tried.</param>
public readonly record struct LaneCount(string Lane, long Waiting);

/// <summary>The store broke: a write or sync failed, and nothing can be promised any more.</summary>
public sealed class SpoolFailedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The store cannot be opened: in use, of a newer format, not ours. The message says what to do.</summary>
public sealed class SpoolUnusableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Another process has it open: the one reason that passes by itself.</summary>
    public bool IsInUse { get; init; }
}
