using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>What is the same for all recipients of one try.</summary>
/// <param name="Age">Age that counts towards expiry.</param>
/// <param name="Now">When the outcome was known.</param>
/// <param name="Dice">Rolled once a try: the recipients of one parcel come back, and travel, together.</param>
/// <param name="MetBefore">This mail met a shared failure, a probe then found all well, and here it is again.</param>
internal readonly record struct Circumstances(
    TimeSpan Age, RetrySchedule Retry, DateTimeOffset Now, double Dice, bool MetBefore);

/// <summary>
/// Turns what the next hop said about one recipient into a verdict: the fault decides who waits (promise 4).
/// </summary>
internal static class Ruling
{
    /// <remarks>
    /// A shared failure says nothing about the mail: it goes back as it was. But a mail after which the connection
    /// breaks each time, while every probe finds all well, would stop its lane once a second for ever: the second time,
    /// it waits for itself like any other that failed. It cannot expire by that: a shared failure never expires a mail.
    /// </remarks>
    public static Verdict Of(LeasedRecipient recipient, RecipientResult result, Circumstances at)
    {
        if (result.Failure is not { } failure)
            return new Verdict(recipient.Index, Happening.Accepted) { Reply = result.Reply };
        if (failure.IsPermanent)
            return new Verdict(recipient.Index, Happening.Refused) { Failure = failure };
        if (failure.IsShared)
            return at.MetBefore ? Deferred(recipient, failure, at) : Returned(recipient, failure);

        // The first try of an old mail never expires it: it may have waited for us, not for the next hop.
        return at.Age >= at.Retry.GiveUpAfter && recipient.FailedTries > 0
            ? new Verdict(recipient.Index, Happening.Expired) { Failure = failure }
            : Deferred(recipient, failure, at);
    }

    public static Verdict Returned(LeasedRecipient recipient, Failure? failure) =>
        new(recipient.Index, Happening.Returned) { Failure = failure };

    private static Verdict Deferred(LeasedRecipient recipient, Failure failure, Circumstances at) =>
        new(recipient.Index, Happening.Deferred)
        {
            Failure = failure,
            NextDue = at.Now + at.Retry.WaitAfter(Math.Max(recipient.FailedTries, 0) + 1, at.Dice),
        };
}
