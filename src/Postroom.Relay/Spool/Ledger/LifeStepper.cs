using Postroom.Mail;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>
/// Takes a recipient one step through its life, by the table and nothing else, with what follows from it.
/// </summary>
internal static class LifeStepper
{
    /// <summary>False if the table has no such step; then nothing has changed.</summary>
    public static bool TryStep(MailWork mail, RecipientWork recipient, Happening what, DateTimeOffset at, LaneOf laneOf)
    {
        var before = recipient.State;
        if (RecipientLife.After(before, what) is not { } after)
            return false;
        recipient.State = after;
        recipient.Changed = true;
        if (before == State.Held)
            Unhold(recipient, at);
        if (after == State.Held)
            recipient.HeldSince = at;
        if (!RecipientLife.IsOpen(before) && RecipientLife.IsOpen(after))
            StartAgain(mail, recipient, at);
        if (what is Happening.Released or Happening.Hurried or Happening.LeaseLost or Happening.Deferred)
            recipient.Due = at;

        // Routes may have changed while it was under way or put aside.
        if (after == State.Waiting && before != State.Waiting)
            recipient.Lane = laneOf(mail.From, recipient.To, mail.Route);
        return true;
    }

    /// <summary>The same for a verdict, with what it says beside the step.</summary>
    public static bool TrySettle(
        MailWork mail, RecipientWork recipient, Verdict verdict, DateTimeOffset at, LaneOf laneOf)
    {
        if (!TryStep(mail, recipient, verdict.What, at, laneOf))
            return false;
        if (verdict.What == Happening.Deferred)
        {
            recipient.Due = verdict.NextDue ?? at;
            if (verdict.Failure is not { IsShared: true }) // promise 4: a shared fault burns no attempt
                recipient.FailedTries++;
        }

        recipient.DelayReported |= verdict.DelayReported;
        if (verdict.What == Happening.Returned)
            return true;
        recipient.Fault = verdict.Failure?.Fault;
        recipient.Last = verdict.Reply ?? verdict.Failure?.Diagnostic ?? verdict.Text;
        return true;
    }

    private static void Unhold(RecipientWork recipient, DateTimeOffset at)
    {
        if (recipient.HeldSince is { } since && at > since)
            recipient.HeldFor += at - since;
        recipient.HeldSince = null;
    }

    /// <summary>
    /// Another life begins at the release: nothing that was before counts as age, or it would expire at once.
    /// </summary>
    private static void StartAgain(MailWork mail, RecipientWork recipient, DateTimeOffset at)
    {
        recipient.FailedTries = 0;
        recipient.DelayReported = false;
        if (at > mail.AcceptedAt)
            recipient.HeldFor = at - mail.AcceptedAt;
    }
}
