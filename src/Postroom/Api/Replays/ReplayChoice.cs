using Postroom.Mail.Status;

namespace Postroom.Api.Replays;

/// <summary>Who of a mail's recipients may be sent it once more.</summary>
/// <remarks>
/// To the same recipients goes what had gone, or had failed to go. What is still to go, and what a person can let go,
/// would arrive twice: once as the replay, once as itself. To others the state of the true recipients says nothing, but
/// that somebody wanted the mail to end.
/// </remarks>
internal static class ReplayChoice
{
    /// <summary>Why not; null where it may.</summary>
    /// <param name="toOthers">The mail goes to others than its recipients.</param>
    public static (string Reason, string Says)? Against(State state, bool toOthers) => (state, toOthers) switch
    {
        (State.Cancelled, _) => ("unsent", "it was cancelled: somebody wanted it not to go"),
        (_, true) or (State.Delivered or State.Failed or State.Expired, _) => null,
        (State.Captured, _) => ("captured", "it never went: postroom inbox release lets it go"),
        (State.Suppressed, _) => ("unsent", "it never went: postroom queue release lets it go"),
        (State.Held, _) => ("open", "it is held, and has still to go: postroom queue release"),
        _ => ("open", "it has still to go: postroom queue retry"),
    };
}
