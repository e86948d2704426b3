using Postroom.Mail.Status;

namespace Postroom.Relay.Queue;

/// <summary>How patient the queue is.</summary>
public sealed record QueueSettings
{
    public RetrySchedule Retry { get; init; } = RetrySchedule.Default;

    /// <summary>A closed lane is probed this often at first, because a next hop most often comes back soon…</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>…and this often at last: a next hop that is back is noticed within it.</summary>
    public TimeSpan ProbeAtMost { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Where the account was refused: knocking harder locks it out…</summary>
    public TimeSpan ProbeAccountEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>…doubling to this.</summary>
    public TimeSpan ProbeAccountAtMost { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where the fault is ours, the wait doubles from <see cref="ProbeEvery"/> to this.</summary>
    public TimeSpan ProbeOurselvesAtMost { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>A delayed report is written after this age, where DELAY was asked for (RFC 3461 §4.1).</summary>
    public TimeSpan DelayedAfter { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Mail this old in spite of all pauses raises an alarm; it never bounces (promise 4).</summary>
    public TimeSpan ParkLimit { get; init; } = TimeSpan.FromDays(30);

    /// <summary>At a stop, transactions under way have this long to come to their end.</summary>
    public TimeSpan StopWithin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Parcels of a lane in hand at once where no courier sets the pace: captured or held mail.</summary>
    public int CaptureSlots { get; init; } = 64;

    /// <summary>The address reports come from; postmaster at the relay's host name if null.</summary>
    public string? ReportsFrom { get; init; }

    /// <summary>The intervals of the probes, as the breaker takes them.</summary>
    public ProbeIntervals Probes => new(
        new ProbeInterval(ProbeEvery, ProbeAtMost),
        new ProbeInterval(ProbeAccountEvery, ProbeAccountAtMost),
        new ProbeInterval(ProbeEvery, ProbeOurselvesAtMost));
}
