using Postroom.Mail.Status;

namespace Postroom.Relay.Queue;

/// <summary>How patient the queue is.</summary>
public sealed record QueueSettings
{
    public RetrySchedule Retry { get; init; } = RetrySchedule.Default;

    /// <summary>A closed lane is probed this often at first, because a next hop most often comes back soon…</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>…and this often where the account was refused: knocking harder locks it out.</summary>
    public TimeSpan ProbeAccountEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A delayed report is written after this age, where DELAY was asked for (RFC 3461 §4.1).</summary>
    public TimeSpan DelayedAfter { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Mail this old in spite of all pauses raises an alarm; it never bounces (promise 4).</summary>
    public TimeSpan ParkLimit { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The address reports come from; postmaster at the relay's host name if null.</summary>
    public string? ReportsFrom { get; init; }
}
