using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;

namespace Postroom.Relay.Spool;

/// <summary>
/// Reads what the spool knows. May lag behind the truth by a bounded tail; <see cref="CaughtUpAsync"/> waits for it.
/// </summary>
public interface ISpoolIndex
{
    /// <summary>
    /// Records that are durable and not yet in the index: a handful, but under a load that it cannot keep up with.
    /// Intake slows down where more than <see cref="SpoolSettings.IndexLag"/> wait to be taken.
    /// </summary>
    long Behind { get; }

    /// <summary>Completes when everything that was durable at the call is in the index.</summary>
    ValueTask CaughtUpAsync(CancellationToken cancel);

    /// <summary>
    /// A page of recipients that match, after a cursor: newest mail first, recipients in the order of the envelope.
    /// Looks for half a second at most, so a page can be short and not be the last.
    /// </summary>
    /// <param name="most">1 to 1,000.</param>
    FoundPage Find(Filter filter, Cursor? after, int most);

    /// <summary>A page, and how many match in all, both of one moment.</summary>
    /// <param name="most">1 to 1,000.</param>
    /// <param name="patience">How long to count at most; null: to the end.</param>
    (FoundPage Page, FoundCount Count) FindAndCount(Filter filter, Cursor? after, int most, TimeSpan? patience);

    /// <summary>
    /// How many recipients are in each state, of those that match; states without any are left out. Counts to the end.
    /// </summary>
    FoundCount Count(Filter filter);

    /// <summary>Everything about one mail; null if there is none of that id.</summary>
    MailRecord? Show(MailId id);

    /// <summary>That there was such a mail, and who forgot it; null where there was none, or it is there.</summary>
    ForgottenNote? Forgotten(MailId id);

    /// <summary>The newest mail that a submitter handed over under its own key; null if there is none.</summary>
    /// <param name="source">The submitter: <see cref="Origin.Source"/>.</param>
    /// <param name="key">The text of its <see cref="OwnKey"/>.</param>
    MailId? FindKey(string source, string key);

    /// <summary>The boxes that captured mail lies in, the one with the newest first.</summary>
    BoxList Boxes();

    /// <summary>The newest mails that have a fingerprint and were not revoked, newest first.</summary>
    IReadOnlyList<PrintedMail> Printed(DateTimeOffset since, int most);

    /// <summary>The newest events of the relay itself, oldest first.</summary>
    IReadOnlyList<TrailEvent> RelayEvents(int most);

    /// <summary>
    /// Tells what happens from now on, to mails and to the relay itself, in order, when it is in the index.
    /// </summary>
    /// <param name="told">Called by who writes the index: must be quick, and not throw.</param>
    /// <returns>To be disposed of when it is enough.</returns>
    IDisposable Watch(Action<IReadOnlyList<TrailEvent>> told);

    /// <summary>The bytes of a mail as they leave or left; null if the body is no longer kept.</summary>
    MailContent? Content(MailId id);
}

/// <summary>Asks to the end.</summary>
public static class WholeAnswers
{
    /// <summary>All pages of an answer, each as it is by the time it is asked for.</summary>
    public static IEnumerable<IReadOnlyList<RecipientRow>> FindAll(this ISpoolIndex index, Filter filter, int page) =>
        Pages(after => index.Find(filter, after, page));

    /// <param name="find">A page after a cursor.</param>
    public static IEnumerable<IReadOnlyList<RecipientRow>> Pages(Func<Cursor?, FoundPage> find)
    {
        var found = find(null);
        yield return found.Rows;
        while (found.Next is { } next)
        {
            found = find(next);
            yield return found.Rows;
        }
    }
}

/// <summary>A page of an answer.</summary>
/// <param name="Next">Where to go on; null at the end.</param>
public sealed record FoundPage(IReadOnlyList<RecipientRow> Rows, Cursor? Next)
{
    /// <summary>
    /// The time was over before the page was full: what is older than <see cref="Next"/> was not looked at.
    /// </summary>
    public bool IsCut { get; init; }

    /// <summary>How far the index was: what was captured later came after this mark.</summary>
    public long Mark { get; init; }
}

/// <summary>How many match.</summary>
/// <param name="IsWhole">False: the time was over, and there may be more.</param>
public sealed record FoundCount(IReadOnlyDictionary<State, long> ByState, bool IsWhole)
{
    public long Total => ByState.Values.Sum();

    /// <summary>Of rows that are all there are.</summary>
    internal static FoundCount Of(IEnumerable<RecipientRow> rows) => new(
        rows.GroupBy(static row => row.State).ToDictionary(static s => s.Key, static s => s.LongCount()),
        IsWhole: true);
}

/// <summary>All that is left of a mail.</summary>
/// <param name="Who">A person, or <see cref="RetentionRule.Name"/>.</param>
public sealed record ForgottenNote(DateTimeOffset At, string Who, string? Why);

/// <summary>Where a page ended.</summary>
public readonly record struct Cursor(MailId Mail, int Recipient);

/// <summary>One recipient of one mail, for a list.</summary>
public sealed record RecipientRow(MailId Mail, int Recipient, State State, string To, string From)
{
    public DateTimeOffset AcceptedAt { get; init; }
    public string? Subject { get; init; }
    public string Lane { get; init; } = "";
    public int FailedTries { get; init; }
    public DateTimeOffset? NextDue { get; init; }
    public long Size { get; init; }
    public string Source { get; init; } = "";

    /// <summary>Which application sent it; null where it was not recognised.</summary>
    public string? App { get; init; }

    /// <summary>What it is about: <see cref="AppFacts.Item"/>.</summary>
    public string? Item { get; init; }

    /// <summary>The last word: the next hop's reply, or why it failed; null before the first try.</summary>
    public string? Last { get; init; }

    /// <summary>The box it lies in while it is captured: <see cref="Postroom.Mail.Audit.Box"/>.</summary>
    public string? Box { get; init; }

    /// <summary>It lies in a box, and nobody has read the mail.</summary>
    public bool IsUnread { get; init; }

    /// <summary>What people put on the captured mail, with spaces between; null where that is nothing.</summary>
    public string? Tags { get; init; }

    /// <summary>The route that a person named for the mail; null where nobody did.</summary>
    public string? NamedRoute { get; init; }
}

/// <summary>A box of captured mail.</summary>
/// <param name="Total">Recipients that lie in it.</param>
/// <param name="Unread">Those of them whose mail nobody has read.</param>
/// <param name="Newest">The mail that was accepted last.</param>
public sealed record BoxRow(string Name, long Total, long Unread, MailId Newest);

/// <summary>All boxes.</summary>
/// <param name="Mark">How far the index was: <see cref="FoundPage.Mark"/>.</param>
public sealed record BoxList(IReadOnlyList<BoxRow> Boxes, long Mark);

/// <summary>By what a mail is known when it is sent again.</summary>
/// <param name="App">Which application sent it; null where it was not recognised.</param>
public sealed record PrintedMail(MailId Id, Envelope Envelope, string? App, Fingerprint Print);

/// <summary>One mail with its recipients and its trail.</summary>
public sealed record MailRecord(MailId Id, DateTimeOffset AcceptedAt, Origin Origin, HeaderFacts Header, string From)
{
    public long Size { get; init; }
    public string? EnvelopeId { get; init; }
    public required IReadOnlyList<RecipientRow> Recipients { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public required IReadOnlyList<TrailEvent> Trail { get; init; }
}
