namespace Postroom.Mail.Status;

/// <summary>When to try again, and when to give up.</summary>
/// <remarks>
/// RFC 5321 §4.5.4.1 asks as a rule for 30 minutes or more between tries, lets a client that knows why it failed
/// do better, and for giving up no sooner than 4–5 days. A notification is read within the hour or not at all, so
/// the first waits are short; they grow past the rule.
/// </remarks>
/// <param name="First">The wait after the first failed try.</param>
/// <param name="Longest">No wait is longer than this.</param>
/// <param name="GiveUpAfter">Age at which a mail that still fails expires; time paused or held does not count.</param>
public sealed record RetrySchedule(TimeSpan First, TimeSpan Longest, TimeSpan GiveUpAfter)
{
    /// <summary>1 minute, doubling to 1 hour, for 5 days.</summary>
    public static RetrySchedule Default { get; } =
        new(First: TimeSpan.FromMinutes(1), Longest: TimeSpan.FromHours(1), GiveUpAfter: TimeSpan.FromDays(5));

    /// <summary>Doubles from <see cref="First"/> to <see cref="Longest"/>, less up to a quarter.</summary>
    /// <param name="failedTries">How many tries have failed; at least 1.</param>
    /// <param name="dice">In [0, 1). Spreads out what failed together, so that it does not come back together.</param>
    public TimeSpan WaitAfter(int failedTries, double dice)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(failedTries, 1);
        var doublings = Math.Min(failedTries - 1, 30); // 2^30 minutes is two thousand years: far past Longest.
        var wait = Math.Min(First.TotalSeconds * (1L << doublings), Longest.TotalSeconds);
        return TimeSpan.FromSeconds(wait * (1 - dice / 4));
    }

    /// <summary>The wait to which the others grow; from there on it stays.</summary>
    public TimeSpan LastWait => WaitAfter(int.MaxValue, dice: 0);

    /// <summary>The waits before <see cref="LastWait"/>, each at its longest, as far as the mail lives.</summary>
    public IReadOnlyList<TimeSpan> GrowingWaits
    {
        get
        {
            var (waits, age) = (new List<TimeSpan>(), TimeSpan.Zero);
            while (WaitAfter(waits.Count + 1, dice: 0) is var wait && wait < LastWait && IsTriedAgain(waits.Count, age))
            {
                waits.Add(wait);
                age += wait;
            }
            return waits;
        }
    }

    /// <summary>How often a mail is tried that always fails, if every wait is at its longest: the last time at the
    /// age of <see cref="GiveUpAfter"/>. Shorter waits make it more.</summary>
    public long FewestTries
    {
        get
        {
            var growing = GrowingWaits;
            var left = GiveUpAfter - growing.Aggregate(TimeSpan.Zero, (age, wait) => age + wait);
            if (LastWait <= TimeSpan.Zero || !IsTriedAgain(growing.Count, GiveUpAfter - left))
                return 1 + growing.Count;
            return 1 + growing.Count + Math.Max(1, (left.Ticks + LastWait.Ticks - 1) / LastWait.Ticks);
        }
    }

    // The first failure never ends a mail: it may have waited for us, not for the next hop.
    private bool IsTriedAgain(int waitsBefore, TimeSpan age) => waitsBefore == 0 || age < GiveUpAfter;
}
