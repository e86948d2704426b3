using Postroom.Api;
using Postroom.Mail;
using Postroom.Relay.Duplicates;
using Postroom.Relay.Queue;
using Postroom.Relay.Spool;
using Postroom.Relay.Submission;
using Postroom.Relay.Suppression;

namespace Postroom.Host;

/// <summary>The duplicate guard's place in the house: it sees what comes in, and is asked before something goes
/// out.</summary>
internal static class Doubles
{
    /// <summary>Remembers the last life before the first mail comes.</summary>
    public static async Task<DuplicateGuard> OpenAsync(
        DuplicateSettings settings, ISpool spool, Wiring wiring, CancellationToken cancel)
    {
        var log = wiring.Logs.CreateLogger("postroom.duplicates");
        var guard = new DuplicateGuard(settings, spool, wiring.Time, log) { Meters = wiring.Meters };
        await guard.RecallAsync(cancel);
        return guard;
    }

    public static Onlooker Seen(DuplicateGuard guard, Action<AppFacts?> heard) =>
        new() { Heard = heard, Offered = guard.Offered, Answered = guard.Answered };

    /// <summary>Dead addresses are told to the sender; a duplicate to nobody, for the mail arrives all the
    /// same.</summary>
    public static Func<Lease, LeasedRecipient, ValueTask<Suppression?>> KeptBack(
        SuppressionList list, DuplicateGuard guard, CancellationToken closing) => async (lease, to) =>
    {
        if (list.Find(to.Recipient.Path.Address) is { } dead)
            return new Suppression(SuppressionActions.Says(dead), IsReported: true);
        return await guard.FindAsync(lease, to, closing) is { } duplicate
            ? new Suppression(DuplicateGuard.Says(duplicate), IsReported: false) : null;
    };
}
