namespace Postroom.Mail.Audit;

/// <summary>The order in which the events of a mail are told.</summary>
/// <remarks>
/// The journal has them in the order in which they were written down. A mark that is noted beside the road (of the
/// duplicate guard, of a reader) may be written down a moment before or after what a courier did meanwhile, for each
/// reads the clock before it stands in the queue of the journal. What changes the state of a mail keeps the journal's
/// order, whatever the clocks say.
/// </remarks>
public static class Timeline
{
    /// <summary>What is further apart by the clock stands so because the clock was set.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    /// <summary>Puts each mark where its time is, at most a second from where it was written down, and never before
    /// the first event.</summary>
    public static void PutInOrder(IList<TrailEvent> trail)
    {
        for (var next = 2; next < trail.Count; next++)
            for (var at = next; at > 1 && AreTurned(trail[at - 1], trail[at]); at--)
                (trail[at - 1], trail[at]) = (trail[at], trail[at - 1]);
    }

    /// <summary>Whether an event says something of a mail and changes no state of it.</summary>
    public static bool IsMark(EventKind kind) => kind is EventKind.DuplicateOf or EventKind.Parked or EventKind.Opened
        or EventKind.Read or EventKind.Unread or EventKind.Tagged or EventKind.Untagged
        or EventKind.Copied or EventKind.Replayed;

    private static bool AreTurned(TrailEvent before, TrailEvent after) =>
        before.At > after.At && before.At - after.At < Moment && (IsMark(before.Kind) || IsMark(after.Kind));
}
