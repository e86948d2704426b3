using Postroom.Api.Letters;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Api.Replays;

/// <summary>Answers <c>POST /api/v1/replays</c>: a page of what matches is handed over once more.</summary>
internal sealed class ReplayRequests(ApiDoors doors)
{
    private const int UsualMails = 200;
    private const int MostMails = 1_000;
    private const int Rows = 1_000;
    private const int AtOnce = 16;
    private const int LongestName = 40;

    private static readonly Term NoReplay = new(Field.Is, "replay", Not: true);

    private readonly Replaying _replaying = new(doors);

    // What is being handed over is in no index yet, so nobody else looks there meanwhile.
    private static readonly SemaphoreSlim One = new(1);

    public async Task ReplayAsync(Call call)
    {
        var request = await call.ReadAsync(ApiJson.Default.ReplayRequest) ?? new ReplayRequest();
        await call.WriteAsync(await ReplayAsync(request, call.Caller.Name, call.Aborted),
            ApiJson.Default.ReplayAnswer);
    }

    private async Task<ReplayAnswer> ReplayAsync(ReplayRequest request, string who, CancellationToken cancel)
    {
        var filters = FiltersOf(request);
        var order = OrderOf(request, who) with
        {
            IsNamed = request.Ids is { Count: > 0 } || filters[0].Terms.Any(static t =>
                t is { Field: Field.Id, Not: false } && MailId.TryParse(t.Value, out _)),
        };
        var most = request.Most is null or (>= 1 and <= MostMails) ? request.Most ?? UsualMails
            : throw ApiProblem.Bad("most is not a number from 1 to 1000", "Ask for several pages.");
        if (!QueueReader.TryCursor(request.After, out var after))
            throw ApiProblem.Bad("after is no cursor", "Give what \"next\" of the page before says.");
        await One.WaitAsync(cancel);
        try
        {
            await doors.Spool.Index.CaughtUpAsync(cancel);
            long? matched = after is null ? MatchedBy(filters, order) : null;
            Agrees(request, order, matched);
            var (mails, next) = request.Ids is { Count: > 0 }
                ? (filters.SelectMany(filter => PageOf(filter, null, 1).Mails).ToList(), null)
                : PageOf(filters[0], after, most);
            var done = new List<ReplayAnswer>();
            foreach (var some in mails.Chunk(AtOnce))
                done.AddRange(await Task.WhenAll(some.Select(rows => _replaying.DoAsync(rows, order, cancel))));
            return new ReplayAnswer([.. done.SelectMany(static one => one.Replayed)],
                [.. done.SelectMany(static one => one.Left)])
            {
                Matched = matched, Next = next is { } at ? AnswerOf.Cursor(at) : null,
            };
        }
        finally
        {
            One.Release();
        }
    }

    // Replays match what their originals match, and become more with every run: the number would never be the same.
    private long MatchedBy(List<Filter> filters, ReplayOrder order) => filters.Sum(filter => doors.Spool.Index.Count(
        order.IsNamed ? filter : new Filter([.. filter.Terms, NoReplay])).Total);

    private static void Agrees(ReplayRequest request, ReplayOrder order, long? matched)
    {
        if (order.IsDry || request.Ids is { Count: > 0 } || matched is null)
            return;
        if (request.Count is null)
            throw ApiProblem.Bad("a replay by filter does not say what was seen",
                "Look with \"dryRun\", and give \"count\", how many recipients match; or ids.");
        if (request.Count != matched)
            throw new ApiProblem(409, FormattableString.Invariant(
                $"{matched} recipients match now, and {request.Count} was said"),
                "Nothing was replayed. Look again, and say how many you see.");
    }

    // Mails are not divided: all of the recipients that match go on in one.
    private (List<List<RecipientRow>> Mails, Cursor? Next) PageOf(Filter filter, Cursor? after, int most)
    {
        var rows = new List<RecipientRow>();
        var mails = new HashSet<MailId>();
        Cursor? next = after;
        do
        {
            var page = doors.Spool.Index.Find(filter, next, Rows);
            rows.AddRange(page.Rows);
            mails.UnionWith(page.Rows.Select(static row => row.Mail));
            next = page.Next;
        }
        while (next is not null && mails.Count <= most);
        var whole = rows.GroupBy(static row => row.Mail).Take(most).Select(static mail => mail.ToList()).ToList();
        return (whole, mails.Count > most ? new Cursor(whole[^1][0].Mail, whole[^1][^1].Recipient) : null);
    }

    private ReplayOrder OrderOf(ReplayRequest request, string who)
    {
        if (request.By is { } by && !doors.RouteNames().Contains(by))
            throw new ApiProblem(422, $"there is no route {by}",
                $"Nothing was replayed. The routes are {string.Join(", ", doors.RouteNames())}.");
        if (request.Again is not null && string.IsNullOrWhiteSpace(request.Why))
            throw ApiProblem.Bad("a repetition has no reason",
                "What was replayed already may arrive once more: say why.");
        if (request.Again is { } name && !(name.Length is > 0 and <= LongestName
            && name.All(static c => char.IsAsciiLetterOrDigit(c) || "-_.:".Contains(c, StringComparison.Ordinal))))
            throw ApiProblem.Bad($"\"{name}\" is no name of a repetition", FormattableString.Invariant(
                $"Give one of 1 to {LongestName} letters, digits and -_.: and the same to complete the same."));
        IReadOnlyList<string>? to = request.To is { Count: > 0 } others
            ? [.. LetterWriter.EnvelopeOf("", others).Recipients.Select(static one => one.Path.Address)] : null;
        return new ReplayOrder(to, request.By, request.Again, who, request.Why) { IsDry = request.DryRun == true };
    }

    private List<Filter> FiltersOf(ReplayRequest request)
    {
        if (request.Ids is { Count: > 0 } ids)
            return !string.IsNullOrWhiteSpace(request.Filter)
                ? throw ApiProblem.Bad("a filter and ids together", "Give one or the other.")
                : ids.Count > MostMails
                ? throw ApiProblem.Bad($"{ids.Count} ids are too many", $"At most {MostMails} at once.")
                : [.. ids.Distinct(StringComparer.OrdinalIgnoreCase).Select(OfId)];
        var filter = QueueActions.ReadFilter(request.Filter, doors.Time);
        return filter.Terms.Count == 0 && !request.All
            ? throw ApiProblem.Bad("an empty filter would mean all mail",
                "Give a filter or ids, or say --all (\"all\": true) if all is meant.")
            : [filter];
    }

    private Filter OfId(string text) => MailId.TryParse(text, out var id) && doors.Spool.Index.Show(id) is not null
        ? new Filter([new Term(Field.Id, id.ToString())])
        : throw ApiProblem.NotFound($"there is no mail {text}");
}
