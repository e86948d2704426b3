using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Queue;

/// <summary>When a try began, and how long it took.</summary>
internal readonly record struct TryTime(DateTimeOffset At, TimeSpan For);

/// <summary>Tells the meters, and who traces, what came of a try. Called when that is settled.</summary>
internal static class AttemptMeasure
{
    /// <param name="outcome">Null where nothing was tried.</param>
    public static void Tell(Desk desk, Lease lease, Outcome? outcome, TryTime time)
    {
        var meters = desk.Meters;
        if (outcome is null)
        {
            meters.Tried(lease.Lane, "none");
            return;
        }

        var worst = Worst(outcome.Results);
        var word = outcome.Damage is not null ? "damaged"
            : outcome.InDoubt ? "in_doubt"
            : worst is { } failure ? Words.Of(failure.Fault) : "delivered";
        meters.Tried(lease.Lane, word);
        meters.Took(lease.Lane, time.For, outcome.Attempt);
        if (IsDelivered(outcome.Results))
            meters.Delivered(lease.Lane, time.At + time.For - lease.AcceptedAt);
        if (desk.Traces.IsWatched)
            desk.Traces.Tried(
                new TriedMail(lease.Id, lease.Lane, lease.Envelope, lease.Content.Length, word) { Failure = worst },
                outcome.Attempt, (time.At, time.For));
    }

    private static bool IsDelivered(IReadOnlyList<RecipientResult> results)
    {
        for (var i = 0; i < results.Count; i++)
            if (results[i].Failure is null)
                return true;
        return false;
    }

    // What stops all mail weighs more than what stops one; of several the account's most.
    private static Failure? Worst(IReadOnlyList<RecipientResult> results)
    {
        Failure? worst = null;
        for (var i = 0; i < results.Count; i++)
            if (results[i].Failure is { } failure && (worst is null || Weight(failure.Fault) > Weight(worst.Fault)))
                worst = failure;
        return worst;
    }

    private static int Weight(Fault fault) => fault switch
    {
        Fault.Recipient => 0,
        Fault.Message => 1,
        Fault.NextHop => 2,
        Fault.Ourselves => 3,
        Fault.Account => 4,
    };
}
