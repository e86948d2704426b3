using Postroom.Mail.Status;

namespace Postroom.Relay.Queue;

/// <summary>How a lane stands at this moment: for the command line, the API and the alarms.</summary>
/// <param name="Lane">The route's name; empty for mail that no route fits.</param>
/// <param name="InFlight">Parcels under way.</param>
public sealed record LaneStatus(string Lane, int InFlight)
{
    /// <summary>No mail flows.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Since when; null while mail flows.</summary>
    public DateTimeOffset? PausedSince { get; init; }

    /// <summary>Why; null while mail flows.</summary>
    public Failure? Cause { get; init; }

    /// <summary>When it is probed next; null while mail flows or a probe is under way.</summary>
    public DateTimeOffset? NextProbe { get; init; }
}
