using Postroom.Relay.Spool.Ledger;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>How old a mail is in the eyes of the retry schedule (promise 4).</summary>
internal static class Ages
{
    /// <summary>
    /// Since acceptance, less the time held, and less the time its lane was closed or the relay not running.
    /// </summary>
    /// <param name="pauses">Not overlapping.</param>
    public static TimeSpan Of(DateTimeOffset acceptedAt, TimeSpan heldFor, IReadOnlyList<LanePause> pauses,
        DateTimeOffset now)
    {
        var age = now - acceptedAt - heldFor;
        for (var i = 0; i < pauses.Count; i++)
        {
            var pause = pauses[i];
            var from = pause.Since > acceptedAt ? pause.Since : acceptedAt;
            var to = pause.Until is { } until && until < now ? until : now;
            if (to > from)
                age -= to - from;
        }

        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }
}
