namespace Postroom.Api.Replays;

/// <summary>What is to be handed over once more: <c>POST /api/v1/replays</c>. A filter or ids, not both; an empty
/// filter only with <paramref name="All"/>.</summary>
/// <param name="Why">For the timelines.</param>
public sealed record ReplayRequest(
    string? Filter = null, IReadOnlyList<string>? Ids = null, bool All = false, string? Why = null)
{
    /// <summary>Others, in the place of the recipients that match.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>The route to go by, whatever routes fit; without it, as the routes say.</summary>
    public string? By { get; init; }

    /// <summary>The name of a repetition: what was replayed already is replayed once more, once under this
    /// name.</summary>
    public string? Again { get; init; }

    /// <summary>Only say what would be done.</summary>
    public bool? DryRun { get; init; }

    /// <summary>Of a filter: how many recipients match, as a look before said it.</summary>
    public long? Count { get; init; }

    /// <summary>Where to go on: what <c>next</c> of the answer before says.</summary>
    public string? After { get; init; }

    /// <summary>Mails of this answer, 1 to 1000; 200 without it.</summary>
    public int? Most { get; init; }
}

/// <summary>What was done with one page of what matches, newest mail first; of a dry run, what would be.</summary>
/// <param name="Replayed">The mails that were handed over.</param>
/// <param name="Left">What was not, and why.</param>
public sealed record ReplayAnswer(IReadOnlyList<ReplayedAnswer> Replayed, IReadOnlyList<LeftAnswer> Left)
{
    /// <summary>Recipients that match in all, those of replays not counted; on the first page.</summary>
    public long? Matched { get; init; }

    /// <summary>To be given as <c>after</c>; absent at the end.</summary>
    public string? Next { get; init; }
}

/// <summary>A mail that was handed over once more.</summary>
/// <param name="Of">The id of the one whose bytes it has.</param>
/// <param name="To">To whom.</param>
public sealed record ReplayedAnswer(string Of, IReadOnlyList<string> To)
{
    /// <summary>Its own id; absent of a dry run.</summary>
    public string? Id { get; init; }

    public string? Subject { get; init; }
}

/// <summary>Of which mail another is the replay.</summary>
/// <param name="Route">The route that was named for it; absent: as the routes say.</param>
/// <param name="Again">The name of the repetition; absent: it was the first.</param>
public sealed record ReplayOfAnswer(string Id, string? Route, string? Again);

/// <summary>What was left out of a mail.</summary>
/// <param name="Of">Its id.</param>
/// <param name="To">For whom.</param>
/// <param name="Reason">replay, replayed, open, captured, unsent, bytes, rule, suppressed or refused.</param>
/// <param name="Says">The reason in words.</param>
public sealed record LeftAnswer(string Of, IReadOnlyList<string> To, string Reason, string Says);
