using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Why;

/// <summary>Where an answer comes from: what the spool knows, read beside the service or without it.</summary>
/// <param name="Find">A page of recipients, newest mail first.</param>
/// <param name="Show">Everything about one mail.</param>
/// <param name="RelayEvents">The newest events of the relay itself, oldest first.</param>
/// <param name="Now">With the zone in which instants are told.</param>
public sealed record Known(
    Func<Filter, Cursor?, int, FoundPage> Find, Func<MailId, MailRecord?> Show,
    Func<int, IReadOnlyList<TrailEvent>> RelayEvents, DateTimeOffset Now)
{
    /// <summary>Why a route is paused, in a sentence; null where it is not, or nobody knows.</summary>
    public Func<string, string?> PauseOf { get; init; } = _ => null;

    /// <summary>The word that stands in the place of an address once it is erased; null where nobody can
    /// tell.</summary>
    public Func<string, string?> WordOf { get; init; } = _ => null;
}

/// <summary>The answer to "why", or "did she get it?".</summary>
/// <param name="Verdict">
/// The state of all that was found, in small letters; <c>several</c> where they differ, <c>none</c> where nothing was
/// found.
/// </param>
/// <param name="Sentences">What is so, the most important first.</param>
/// <param name="Next">Which side to look at next, and what to do there; empty where nothing has to be done.</param>
/// <param name="Found">What the answer is about, newest first.</param>
public sealed record Reasons(
    string Verdict, IReadOnlyList<string> Sentences, IReadOnlyList<string> Next, IReadOnlyList<RecipientRow> Found);
