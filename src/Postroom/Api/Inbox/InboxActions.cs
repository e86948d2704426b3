using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Api.Inbox;

/// <summary>What a person does to captured mail: marks, tags, deletes.</summary>
internal sealed class InboxActions(ApiDoors doors)
{
    private const int Page = 1_000;

    /// <summary>The most characters of a tag.</summary>
    public const int LongestTag = 40;

    private static readonly Term Captured = new(Field.State, "captured") { States = [State.Captured] };

    /// <summary>Marks mails as read or not, or puts tags on them or takes them off.</summary>
    public async Task<InboxAnswer> MarkAsync(string action, InboxRequest request, string who, CancellationToken cancel)
    {
        var marks = MarksOf(action, request);
        await doors.Spool.Index.CaughtUpAsync(cancel);
        var (matched, changed) = (0L, 0L);
        var mails = FiltersOf(request).SelectMany(filter => Rows(filter, cancel)).DistinctBy(static row => row.Mail);
        foreach (var page in mails.Chunk(Page))
        {
            var news = page.SelectMany(row => marks.Where(mark => IsNews(row, mark))
                .Select(mark => (row.Mail, Mark: mark))).ToList();
            matched += page.Length;
            changed += news.DistinctBy(static one => one.Mail).Count();
            await NoteAsync([.. news.Select(one =>
                new TrailEvent(doors.Time.GetUtcNow(), one.Mark.Kind, one.Mail, null)
                {
                    Who = who, Text = one.Mark.Tag,
                })]);
        }

        if (changed > 0)
            await doors.Spool.Index.CaughtUpAsync(cancel);
        return new InboxAnswer(action, matched, changed);
    }

    /// <summary>Deletes what was named, or what a filter finds and the caller has seen.</summary>
    public async Task<InboxAnswer> DeleteAsync(InboxRequest request, string who, CancellationToken cancel)
    {
        await doors.Spool.Index.CaughtUpAsync(cancel);
        var filters = FiltersOf(request);
        var all = filters.SelectMany(filter => Rows(filter, cancel)).ToList();
        var doomed = request.Ids is { Count: > 0 } ? all : Seen(request, filters[0], cancel);
        if (request is { Count: { } count, Seen: null } && doomed.Count != count)
            throw new ApiProblem(409, FormattableString.Invariant(
                $"{doomed.Count} recipients would be deleted now, and {count} was said"),
                "Nothing was deleted. Look again, and say how many you see.");
        var deleted = await CancelAsync(doomed, who, request.Why, cancel);
        return new InboxAnswer("delete", all.Count, deleted)
        {
            Left = all.Count > doomed.Count ? all.Count - doomed.Count : null,
        };
    }

    /// <summary>Empties a box of all that had come by now.</summary>
    public async Task<ResetAnswer> ResetAsync(string box, string who, CancellationToken cancel)
    {
        if (box.Contains('*', StringComparison.Ordinal))
            throw ApiProblem.Bad($"{box} is no box", "One is emptied at a time, and named whole.");
        var index = doors.Spool.Index;
        await index.CaughtUpAsync(cancel);
        var mark = index.Boxes().Mark; // before the look: what comes during it is new
        var rows = Rows(new Filter([new Term(Field.Box, box), Term.CameBy(mark)]), cancel).ToList();
        return new ResetAnswer(box, await CancelAsync(rows, who, $"box {box} reset", cancel), Marks.Write(mark));
    }

    /// <summary>The filters that ids or words mean, each of captured mail alone.</summary>
    /// <exception cref="ApiProblem">Nothing is named, both are, or there is no such mail.</exception>
    public List<Filter> FiltersOf(InboxRequest request)
    {
        if (request.Ids is { Count: > 0 } ids)
            return string.IsNullOrWhiteSpace(request.Filter) ? ids.Select(OfId).ToList()
                : throw ApiProblem.Bad("a filter and ids together", "Give one or the other.");
        var filter = QueueActions.ReadFilter(request.Filter, doors.Time);
        return filter.Terms.Count == 0 && !request.All
            ? throw ApiProblem.Bad("an empty filter would mean all mail",
                "Give a filter or ids, or say --all (\"all\": true) if all is meant.")
            : [new Filter([.. filter.Terms, Captured])];
    }

    /// <summary>All rows, newest first, a page of them in memory.</summary>
    public IEnumerable<RecipientRow> Rows(Filter filter, CancellationToken cancel)
    {
        foreach (var rows in doors.Spool.Index.FindAll(filter, Page))
        {
            cancel.ThrowIfCancellationRequested();
            foreach (var row in rows)
                yield return row;
        }
    }

    /// <summary>Writes events, in order; completes when they are on stable storage.</summary>
    public async ValueTask NoteAsync(IReadOnlyList<TrailEvent> events)
    {
        for (var i = 0; i < events.Count - 1; i++)
            doors.Spool.Note(events[i]);
        if (events.Count > 0)
            await doors.Spool.NoteAsync(events[^1]); // what is before it in the journal is there too
    }

    // By a filter nobody names a mail: so only what was read, and what was there when the caller looked.
    private List<RecipientRow> Seen(InboxRequest request, Filter filter, CancellationToken cancel)
    {
        if (request is { Seen: null, Count: null })
            throw ApiProblem.Bad("a deletion by filter does not say what was seen",
                "Give \"seen\" as the list said it, or \"count\", how many recipients are to go; or ids.");
        var terms = filter.Terms.ToList();
        if (request.Seen is { } seen)
            terms.Add(Term.CameBy(Marks.Read(seen, "seen")));
        if (request.Unread != true && !terms.Any(static t => t is { Field: Field.Is, Value: "unread", Not: false }))
            terms.Add(new Term(Field.Is, "read"));
        return Rows(new Filter(terms), cancel).ToList();
    }

    private async Task<int> CancelAsync(
        List<RecipientRow> rows, string who, string? why, CancellationToken cancel)
    {
        if (rows.Count == 0)
            return 0;
        var targets = rows.ConvertAll(static row => new Target(row.Mail, row.Recipient));
        var deleted = await doors.Spool.DirectAsync(new Directive(Happening.Cancelled, targets, who, why)
        {
            Only = State.Captured, // what somebody lets go at the same time goes
        }, cancel);
        await doors.Spool.Index.CaughtUpAsync(cancel);
        return deleted;
    }

    private Filter OfId(string text) =>
        MailId.TryParse(text, out var id) && doors.Spool.Index.Show(id) is not null
            ? new Filter([new Term(Field.Id, id.ToString()), Captured])
            : throw ApiProblem.NotFound($"there is no mail {text}");

    private static bool IsNews(RecipientRow row, (EventKind Kind, string? Tag) mark) => mark.Kind switch
    {
        EventKind.Read => row.IsUnread,
        EventKind.Unread => !row.IsUnread,
        EventKind.Tagged => !Has(row, mark.Tag!),
        _ => Has(row, mark.Tag!),
    };

    private static bool Has(RecipientRow row, string tag) =>
        row.Tags?.Split(' ').Contains(tag, StringComparer.OrdinalIgnoreCase) == true;

    private static List<(EventKind Kind, string? Tag)> MarksOf(string action, InboxRequest request)
    {
        if (action is "read" or "unread")
            return [(action == "read" ? EventKind.Read : EventKind.Unread, null)];
        var kind = action == "tag" ? EventKind.Tagged : EventKind.Untagged;
        if (request.Tags is not { Count: > 0 } tags)
            throw ApiProblem.Bad("no tag is given", "Name one or more in tags.");
        return [.. tags.Select(tag => (kind, (string?)CheckedTag(tag)))];
    }

    private static string CheckedTag(string tag) =>
        tag.Length is > 0 and <= LongestTag
            && tag.All(static c => char.IsLetterOrDigit(c) || "-_.:#+".Contains(c, StringComparison.Ordinal))
            && char.IsLetterOrDigit(tag[0])
            ? tag.ToLowerInvariant()
            : throw ApiProblem.Bad($"\"{tag}\" is no tag", FormattableString.Invariant(
                $"A tag has 1 to {LongestTag} letters, digits and -_.:#+, and begins with a letter or digit."));
}
