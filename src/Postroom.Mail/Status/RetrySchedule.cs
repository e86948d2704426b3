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
}
