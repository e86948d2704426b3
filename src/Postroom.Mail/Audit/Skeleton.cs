namespace Postroom.Mail.Audit;

/// <summary>What stays of a timeline when the time of its details is over: where the mail got to, and when.</summary>
public static class Skeleton
{
    /// <summary>The event without what is forgotten; null where nothing of it stays. Of a skeleton, itself.</summary>
    public static TrailEvent? Of(TrailEvent happened) =>
        happened.Kind == EventKind.DuplicateOf ? happened
        : IsMark(happened.Kind) ? happened with { Who = null }
        : IsOfLife(happened.Kind) ? happened with { Who = null, Text = null, Attempt = null }
        : null;

    // The index is made from these, and says the same when it is made anew.
    private static bool IsMark(EventKind kind) =>
        kind is EventKind.Read or EventKind.Unread or EventKind.Tagged or EventKind.Untagged;

    private static bool IsOfLife(EventKind kind) => kind is EventKind.Accepted or EventKind.Trying
        or EventKind.Delivered or EventKind.Deferred or EventKind.Failed or EventKind.Expired or EventKind.Captured
        or EventKind.Held or EventKind.Released or EventKind.Cancelled or EventKind.Hurried or EventKind.Returned
        or EventKind.InDoubt or EventKind.Reported or EventKind.Revoked or EventKind.Suppressed;
}
