namespace Postroom.Mail.Status;

/// <summary>Where one recipient of one mail stands: promise 2, every accepted recipient is in exactly one.</summary>
public enum State : byte
{
    /// <summary>Its turn comes: at once, after the wait of a retry, or when its lane is open again.</summary>
    Waiting = 1,

    /// <summary>Leased: a courier is at it.</summary>
    Trying = 2,

    /// <summary>A person, a rule or the lack of a route keeps it until it is released.</summary>
    Held = 3,

    /// <summary>The next hop took it, and its words are recorded.</summary>
    Delivered = 4,

    /// <summary>Kept here on purpose: this machine is not to mail it.</summary>
    Captured = 5,

    /// <summary>Refused for good, and reported where a report was due.</summary>
    Failed = 6,

    /// <summary>Given up after the retry schedule's end, and reported where a report was due.</summary>
    Expired = 7,

    /// <summary>A named person or rule ended it.</summary>
    Cancelled = 8,

    /// <summary>Not sent because its address is on the suppression list.</summary>
    Suppressed = 9,
}

/// <summary>What can happen to a recipient.</summary>
public enum Happening : byte
{
    Leased = 1,

    /// <summary>The lease was given back before anything was tried: no attempt is burnt.</summary>
    Returned = 2,

    /// <summary>The process died, or the lease lapsed, with the outcome unknown.</summary>
    LeaseLost = 3,

    Accepted = 4,
    Deferred = 5,
    Refused = 6,
    Expired = 7,
    Captured = 8,
    Suppressed = 9,
    Held = 10,
    Released = 11,

    /// <summary>A person asked for the next try at once.</summary>
    Hurried = 12,

    Cancelled = 13,

    /// <summary>A rule of the sandbox ended it: nothing of it is kept but the record.</summary>
    Discarded = 14,
}

/// <summary>The life of one recipient, as a table. Nothing else in the product decides what may follow what.</summary>
/// <remarks>
/// <code>
///                leased               accepted
///   Waiting ───────────────▶ Trying ──────────▶ Delivered
///     │ ▲ ▲                   │ │ │ refused / expired / captured / suppressed
///     │ │ └───────────────────┘ │ └───────────▶ Failed, Expired, Captured, Suppressed
///     │ │  deferred, returned,  │ held                │ │
///     │ │  lease lost           ▼                     │ │ released
///     │ └────── released ───── Held                   │ │
///     │ └──────────────────────────────────────────── ┘ ┘
///     └── held, cancelled, expired                      Trying ── discarded ──▶ Cancelled
///                                                    Captured ── cancelled ──▶ Cancelled
/// </code>
/// A lost lease leads back to Waiting although the peer may already have taken the mail: after our 250 it may not be
/// lost (RFC 5321 §6.1), and between a duplicate (RFC 1047) and a loss we choose the duplicate.
/// </remarks>
public static class RecipientLife
{
    /// <summary>The state after <paramref name="what"/>, or null if that cannot happen here.</summary>
    public static State? After(State state, Happening what) => (state, what) switch
    {
        (State.Waiting, Happening.Leased) => State.Trying,
        (State.Waiting, Happening.Held) => State.Held,
        (State.Waiting, Happening.Hurried) => State.Waiting,
        (State.Waiting, Happening.Expired) => State.Expired,
        (State.Waiting, Happening.Cancelled) => State.Cancelled,

        (State.Trying, Happening.Accepted) => State.Delivered,
        (State.Trying, Happening.Deferred) => State.Waiting,
        (State.Trying, Happening.Returned) => State.Waiting,
        (State.Trying, Happening.LeaseLost) => State.Waiting,
        (State.Trying, Happening.Refused) => State.Failed,
        (State.Trying, Happening.Expired) => State.Expired,
        (State.Trying, Happening.Captured) => State.Captured,
        (State.Trying, Happening.Discarded) => State.Cancelled,
        (State.Trying, Happening.Suppressed) => State.Suppressed,
        (State.Trying, Happening.Held) => State.Held,

        (State.Held, Happening.Released) => State.Waiting,
        (State.Held, Happening.Cancelled) => State.Cancelled,

        // Deleted by a person: its octets go, the record stays.
        (State.Captured, Happening.Cancelled) => State.Cancelled,

        // An operator may give another life to what did not arrive; to a delivered or cancelled one never.
        (State.Failed or State.Expired or State.Captured or State.Suppressed, Happening.Released) => State.Waiting,

        _ => null,
    };

    /// <summary>As <see cref="After"/>, for callers to whom the impossible is a bug.</summary>
    /// <exception cref="InvalidOperationException">The table has no such step.</exception>
    public static State Next(State state, Happening what) =>
        After(state, what) ?? throw new InvalidOperationException($"a recipient that is {state} cannot be {what}");

    /// <summary>True for the states in which a mail still has something before it.</summary>
    public static bool IsOpen(State state) => state is State.Waiting or State.Trying or State.Held;
}
