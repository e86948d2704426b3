namespace Postroom.Api.Inbox;

/// <summary>The boxes that captured mail lies in: <c>GET /api/v1/boxes</c>.</summary>
/// <param name="Boxes">The one with the newest mail first.</param>
/// <param name="All">How many there are.</param>
/// <param name="Seen">What this list has seen: to be given to a deletion, or as <c>since</c>.</param>
public sealed record BoxesAnswer(IReadOnlyList<BoxAnswer> Boxes, long All, string Seen);

/// <summary>One box.</summary>
/// <param name="Name">As in <c>box:</c>.</param>
/// <param name="Total">Recipients that lie in it.</param>
/// <param name="Unread">Those of them whose mail nobody has read.</param>
/// <param name="Newest">The id of its newest mail.</param>
/// <param name="NewestAt">When that was accepted.</param>
public sealed record BoxAnswer(string Name, long Total, long Unread, string Newest, DateTimeOffset NewestAt);

/// <summary>What to do to captured mail: a filter or ids, not both; an empty filter only with
/// <paramref name="All"/>.</summary>
public sealed record InboxRequest(
    string? Filter = null, IReadOnlyList<string>? Ids = null, bool All = false, string? Why = null)
{
    /// <summary>Of a deletion by filter: the <c>seen</c> of the list that it goes by. What came later stays.</summary>
    public string? Seen { get; init; }

    /// <summary>Of a deletion by filter, in the place of <see cref="Seen"/>: how many recipients go.</summary>
    public long? Count { get; init; }

    /// <summary>Of a deletion by filter: unread mail too.</summary>
    public bool? Unread { get; init; }

    /// <summary>Of tag and untag: which.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Of a release: others, in the place of the true recipients.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Of a release to others: whom failures go to; without it, nobody.</summary>
    public string? From { get; init; }
}

/// <summary>What was done.</summary>
/// <param name="Matched">Of delete and release recipients, else mails.</param>
/// <param name="Changed">Those of them of which something changed.</param>
public sealed record InboxAnswer(string Action, long Matched, long Changed)
{
    /// <summary>Of a deletion: recipients that match and stay: nobody has read them, or they came later.</summary>
    public long? Left { get; init; }

    /// <summary>Of a release: what the rules would let become of them now.</summary>
    public IReadOnlyList<OutlookAnswer>? Outlook { get; init; }

    /// <summary>Of a release to others: the mails that were handed over.</summary>
    public IReadOnlyList<CopyAnswer>? Copies { get; init; }
}

/// <summary>What the sandbox would let become of some recipients, were their turn now.</summary>
/// <param name="Becomes">A mode: live, capture, hold, redirect, discard.</param>
/// <param name="Rule">Which rule says so.</param>
/// <param name="Recipients">How many, of the first thousand.</param>
public sealed record OutlookAnswer(string Becomes, string Rule, int Recipients);

/// <summary>A mail that was handed over with the bytes of another.</summary>
/// <param name="Id">The new one.</param>
/// <param name="Of">The captured one.</param>
public sealed record CopyAnswer(string Id, string Of)
{
    /// <summary>True where it had been handed over before, under the same key.</summary>
    public bool? Repeated { get; init; }
}

/// <summary>An emptied box: <c>POST /api/v1/boxes/{box}/reset</c>.</summary>
/// <param name="Deleted">Recipients that lay in it.</param>
/// <param name="Since">From where the next wait starts: nothing that comes from now on is before it.</param>
public sealed record ResetAnswer(string Box, long Deleted, string Since);

/// <summary>What was expected is there: <c>GET /api/v1/messages/expect</c>.</summary>
/// <param name="Found">Recipients that match.</param>
/// <param name="Recipients">Newest first, the first fifty.</param>
/// <param name="Seen">From where a next wait or expectation may start.</param>
public sealed record ExpectAnswer(string Expected, long Found, IReadOnlyList<RecipientAnswer> Recipients, string Seen);

/// <summary>What was expected is not so, and what there is instead: a problem of RFC 9457 §3 with members of its
/// own.</summary>
public sealed record UnmetAnswer(string Title, int Status, string Detail)
{
    public string Type { get; init; } = "about:blank";
    public required string Expected { get; init; }
    public required long Found { get; init; }

    /// <summary>What matches, newest first, the first fifty.</summary>
    public required IReadOnlyList<RecipientAnswer> Recipients { get; init; }

    /// <summary>What would match without one of the terms.</summary>
    public required IReadOnlyList<NearAnswer> Nearest { get; init; }
}

/// <param name="Without">The term that keeps them out.</param>
/// <param name="Recipients">The newest five.</param>
public sealed record NearAnswer(string Without, long Found, IReadOnlyList<RecipientAnswer> Recipients);
