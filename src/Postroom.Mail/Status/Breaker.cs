namespace Postroom.Mail.Status;

/// <summary>Where a breaker stands. As with the electrical one, closed means that the current flows.</summary>
public enum BreakerState : byte
{
    /// <summary>Mail flows.</summary>
    Closed = 1,

    /// <summary>Nothing flows until <see cref="Breaker.ProbeAt"/>.</summary>
    Open = 2,

    /// <summary>One probe is under way, and nothing else.</summary>
    Probing = 3,
}

/// <summary>How often a lane that stands still knocks.</summary>
/// <param name="First">Before the first probe.</param>
/// <param name="Longest">Doubles from <see cref="First"/> to this.</param>
public readonly record struct ProbeInterval(TimeSpan First, TimeSpan Longest)
{
    /// <summary>The interval after <paramref name="last"/>; zero stands for none before.</summary>
    public TimeSpan After(TimeSpan last) => last < First ? First : last * 2 < Longest ? last * 2 : Longest;
}

/// <summary>How often to probe, by who was at fault.</summary>
/// <param name="NextHop">A next hop most often comes back soon, and a probe costs it a connection.</param>
/// <param name="Account">A provider counts wrong passwords: knocking harder locks the account.</param>
/// <param name="Ourselves">A bug or a full disk of ours: nobody is hurt by trying, the log is by trying often.</param>
public sealed record ProbeIntervals(ProbeInterval NextHop, ProbeInterval Account, ProbeInterval Ourselves)
{
    /// <summary>The interval of a fault that is shared by all mail of a lane.</summary>
    public ProbeInterval For(Fault fault) => fault switch
    {
        Fault.Account => Account,
        Fault.Ourselves => Ourselves,
        Fault.NextHop => NextHop,
        Fault.Recipient or Fault.Message =>
            throw new ArgumentOutOfRangeException(nameof(fault), fault, "only a shared fault stops a lane"),
    };
}

/// <summary>Whether the mail of one lane flows, as a table: a value, and each input gives the next value.</summary>
/// <remarks>
/// <code>
///             shared failure               due
///   Closed ────────────────────▶ Open ───────────▶ Probing
///     ▲                           ▲                  │  │
///     │                           └── probe failed ──┘  │
///     └──────────────── probe found all well ───────────┘
/// </code>
/// The hard choice: a success that was under way when the breaker opened does not close it. With 64 tries in flight,
/// the answers of a dying next hop arrive mixed, and each good one would send another wave after it; the probe that
/// decides is due in a second anyway, and towards an account a success of the old session proves nothing.
/// After a probe the breaker is closed <see cref="OnTrial"/> until a mail is answered: a login that works is not yet a
/// quota that is free, so a failure before that makes the next wait longer, not the first again.
/// </remarks>
public sealed record Breaker
{
    private Breaker(BreakerState state) => State = state;

    /// <summary>Mail flows, and nothing is known to the contrary.</summary>
    public static Breaker Sound { get; } = new(BreakerState.Closed);

    /// <summary>As it stood before a restart: open, and its next probe is due when it was.</summary>
    public static Breaker Resumed(Failure cause, DateTimeOffset since, TimeSpan wait, DateTimeOffset probeAt) =>
        new(BreakerState.Open) { Cause = cause, Since = since, Wait = wait, ProbeAt = probeAt };

    public BreakerState State { get; private init; }

    /// <summary>Why it is not closed, or was not until the last probe; null if sound.</summary>
    public Failure? Cause { get; private init; }

    /// <summary>When it opened; kept through probes, until it closes.</summary>
    public DateTimeOffset Since { get; private init; }

    /// <summary>When the next probe is due, while open.</summary>
    public DateTimeOffset ProbeAt { get; private init; }

    /// <summary>The wait before the last or next probe; zero if sound.</summary>
    public TimeSpan Wait { get; private init; }

    /// <summary>Closed by a probe, and no mail was answered since.</summary>
    public bool OnTrial => State == BreakerState.Closed && Cause is not null;

    /// <summary>On trial after a fault that many tries at once could make worse: let one go, and see.</summary>
    public bool OneAtATime => OnTrial && Cause!.Fault is Fault.Account or Fault.Ourselves;

    /// <summary>A try met a failure that all mail of the lane shares.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The failure is not shared.</exception>
    public Breaker Failed(Failure failure, DateTimeOffset now, ProbeIntervals intervals) => State switch
    {
        BreakerState.Closed =>
            Opened(failure, now, now, Cause?.Fault == failure.Fault ? Wait : TimeSpan.Zero, intervals),

        // Later ones of the same wave change nothing, but for a refused account: from then on knock seldom.
        _ when failure.Fault == Fault.Account && Cause!.Fault != Fault.Account =>
            Opened(failure, Since, now, TimeSpan.Zero, intervals),
        _ => this,
    };

    /// <summary>A mail was answered, well or badly, but for itself: the lane works.</summary>
    public Breaker Answered() => State == BreakerState.Closed ? Sound : this;

    /// <summary>The probe is due: ask for it now, and only once.</summary>
    public Breaker Probed() => State == BreakerState.Open ? this with { State = BreakerState.Probing } : this;

    /// <summary>The probe came back: with null if all is well.</summary>
    public Breaker ProbeEnded(Failure? failure, DateTimeOffset now, ProbeIntervals intervals) => (State, failure) switch
    {
        (BreakerState.Probing, null) => this with { State = BreakerState.Closed },
        (BreakerState.Probing, { } again) =>
            Opened(again, Since, now, Cause!.Fault == again.Fault ? Wait : TimeSpan.Zero, intervals),
        _ => this,
    };

    /// <summary>A person asked: the next probe is due now.</summary>
    public Breaker Hurried(DateTimeOffset now) =>
        State == BreakerState.Open && ProbeAt > now ? this with { ProbeAt = now } : this;

    private static Breaker Opened(
        Failure cause, DateTimeOffset since, DateTimeOffset now, TimeSpan last, ProbeIntervals intervals)
    {
        var wait = intervals.For(cause.Fault).After(last);
        return new(BreakerState.Open) { Cause = cause, Since = since, Wait = wait, ProbeAt = now + wait };
    }
}
