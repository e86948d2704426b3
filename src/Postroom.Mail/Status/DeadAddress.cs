namespace Postroom.Mail.Status;

/// <summary>What became of one mail to an address.</summary>
/// <param name="At">When it was known.</param>
/// <param name="Failure">Why it failed for good; null: it was delivered.</param>
public readonly record struct AddressFate(DateTimeOffset At, Failure? Failure);

/// <summary>When an address counts as dead, and for how long nothing is sent there.</summary>
/// <param name="After">Mails that failed in a row, with none delivered between.</param>
/// <param name="Over">The least time between the first of them and the last.</param>
/// <param name="For">How long nothing is sent there; doubles each time that the next mail fails too.</param>
public sealed record DeadAddressRule(int After, TimeSpan Over, TimeSpan For)
{
    /// <summary>The longest that <see cref="For"/> doubles to.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromDays(180);

    /// <summary>How long nothing is sent there.</summary>
    /// <param name="times">How often it was found dead before, in a row.</param>
    public TimeSpan Length(int times)
    {
        var length = For;
        for (var i = 0; i < times && length < Longest; i++)
            length *= 2;
        return length < Longest ? length : For < Longest ? Longest : For;
    }
}

/// <summary>Tells an address that is gone from one that is in trouble.</summary>
public static class DeadAddress
{
    /// <summary>Whether a refusal says that there is no such mailbox, or that it is closed (RFC 3463 §3.2,
    /// §3.3).</summary>
    /// <remarks>
    /// Not: a full mailbox, a policy, a mail's content, a sender who may not write there. They are no reason to give an
    /// address up.
    /// </remarks>
    public static bool IsGone(Failure failure) => failure is { IsPermanent: true, Fault: Fault.Recipient }
        && (failure.Status.Subject, failure.Status.Detail) is (1, 0 or 1 or 2 or 3 or 6 or 10) or (2, 1);

    /// <summary>How many mails in a row found it gone; null where that is not enough to call it dead.</summary>
    /// <param name="newestFirst">What became of its mails.</param>
    /// <param name="since">What was before says nothing any more: a person let mail to it go on.</param>
    public static int? Count(IEnumerable<AddressFate> newestFirst, DeadAddressRule rule, DateTimeOffset since)
    {
        var (count, newest, oldest) = (0, DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
        foreach (var fate in newestFirst)
        {
            if (fate.At <= since || fate.Failure is null)
                break;
            if (!IsGone(fate.Failure))
                continue; // it says nothing, either way
            count++;
            newest = fate.At > newest ? fate.At : newest;
            oldest = fate.At < oldest ? fate.At : oldest;
        }

        return count >= rule.After && newest - oldest >= rule.Over ? count : null;
    }
}
