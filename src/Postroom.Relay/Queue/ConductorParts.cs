using Microsoft.Extensions.Logging;
using Postroom.Mail.Routing;
using Postroom.Mail.Sandbox;
using Postroom.Mail.Status;
using Postroom.Mail.Trouble;
using Postroom.Relay.Delivery;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Queue;

/// <summary>What a conductor is built from.</summary>
public sealed record ConductorParts
{
    public required ISpool Spool { get; init; }

    /// <summary>Replaced at run time by <see cref="Conductor.ReloadAsync"/>, as are the next two.</summary>
    public required RouteTable Routes { get; init; }

    public required SandboxPolicy Policy { get; init; }

    public required QueueSettings Settings { get; init; }

    /// <summary>
    /// Makes the courier of a route, once: when its lane first flows in live mode, so in capture mode never.
    /// </summary>
    public required Func<Route, ICourier> CourierFor { get; init; }

    /// <summary>
    /// The account of a lane was refused in the life before, and nothing changed since: it is not knocked at before its
    /// time. Null for any other lane.
    /// </summary>
    public Func<string, StandingRefusal?> RefusalOf { get; init; } = _ => null;

    /// <summary>Keeps that for the next life; null once the lane flows.</summary>
    public Action<string, StandingRefusal?> KeepRefusal { get; init; } = (_, _) => { };

    /// <summary>Why a mail is not sent to a recipient; null where it is. Asked for each recipient at each
    /// try.</summary>
    public Func<Lease, LeasedRecipient, ValueTask<Suppression?>> SuppressedBy { get; init; } =
        static (_, _) => ValueTask.FromResult<Suppression?>(null);

    /// <summary>What the clone guard says of a mail to a recipient; null: nothing. Asked first, for each recipient at
    /// each try.</summary>
    public Func<Lease, LeasedRecipient, ValueTask<Keeping?>> KeptBy { get; init; } =
        static (_, _) => ValueTask.FromResult<Keeping?>(null);

    /// <summary>What is made to go wrong at a recipient's turn, on purpose; null: nothing. Asked where no guard holds
    /// the mail.</summary>
    /// <remarks>The second says whether the mail would go to whom it is addressed.</remarks>
    public Func<Occasion, bool, Made?> Meddle { get; init; } = static (_, _) => null;

    /// <summary>The name this relay goes by: Reporting-MTA, and the domain of our Message-IDs.</summary>
    public required string HostName { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Rolled under a lock: it need not be safe for several threads.</summary>
    public required Random Dice { get; init; }

    public required ILogger Log { get; init; }

    /// <summary>Counts what goes out.</summary>
    public RelayMeters Meters { get; init; } = RelayMeters.Unwatched;
}

/// <summary>Why a mail is not sent to a recipient.</summary>
/// <param name="Why">In a sentence, for the trail and, if there is one, the report.</param>
/// <param name="IsReported">The sender is told as of a refusal. Not so where the mail arrives all the same.</param>
public sealed record Suppression(string Why, bool IsReported);

/// <summary>An account that is refused, as it outlives the process. All instants are the wall clock's.</summary>
/// <param name="Cause">In the other side's words.</param>
/// <param name="Since">When it was first refused.</param>
/// <param name="Wait">The wait before the next probe, from which the one after it follows.</param>
/// <param name="ProbeAt">When it is tried next.</param>
public sealed record StandingRefusal(Failure Cause, DateTimeOffset Since, TimeSpan Wait, DateTimeOffset ProbeAt);

/// <summary>What holds at this moment; swapped whole, so that a try sees the old or the new, never a mixture.</summary>
internal sealed record Orders(RouteTable Routes, SandboxPolicy Policy, QueueSettings Settings)
{
    public ProbeIntervals Probes { get; } = Settings.Probes;
}
