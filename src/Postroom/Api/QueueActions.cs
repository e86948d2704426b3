using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Api;

/// <summary>What a person can do to mail, by filter or id: retry, hold, release, cancel.</summary>
internal sealed class QueueActions(ApiDoors doors)
{
    private const int Page = 1_000;

    // Each directive lets the lanes read anew what waits in them: so few large ones, not many small.
    private const int Bite = 20_000;

    // A bare release must not send what was captured on purpose, nor revive what has long ended: that has to be said.
    private static readonly Dictionary<string, (Happening What, State[] Usual)> Known = new(StringComparer.Ordinal)
    {
        ["retry"] = (Happening.Hurried, [State.Waiting]),
        ["hold"] = (Happening.Held, [State.Waiting]),
        ["release"] = (Happening.Released, [State.Held]),
        ["cancel"] = (Happening.Cancelled, [State.Waiting, State.Held]),
    };

    public async Task<ActionAnswer> DoAsync(string action, ActionRequest request, string who, CancellationToken cancel)
    {
        if (!Known.TryGetValue(action, out var known))
            throw ApiProblem.NotFound($"there is no action \"{action}\": retry, hold, release, cancel");
        if (known.What == Happening.Hurried)
            Probe(who);
        await doors.Spool.Index.CaughtUpAsync(cancel);
        var (matched, changed) = (0L, 0L);
        var targets = new List<Target>();
        foreach (var filter in FiltersOf(request, known.What, known.Usual))
        {
            foreach (var rows in doors.Spool.Index.FindAll(filter, Page))
            {
                targets.AddRange(rows.Select(r => new Target(r.Mail, r.Recipient)));
                matched += rows.Count;
                if (targets.Count >= Bite)
                    changed += await DirectAsync();
            }
        }
        changed += await DirectAsync();
        if (changed > 0)
            await doors.Spool.Index.CaughtUpAsync(cancel);
        return new ActionAnswer(action, matched, changed);

        async Task<int> DirectAsync()
        {
            if (targets.Count == 0)
                return 0;
            var directive = new Directive(known.What, [.. targets], who, request.Why);
            targets.Clear();
            return await doors.Spool.DirectAsync(directive, cancel);
        }
    }

    // Of mail that is hurried the trail tells by itself; that a paused route is probed may be all that comes of it.
    private void Probe(string who)
    {
        var paused = doors.Status().Routes.Where(lane => lane.Paused).Select(lane => lane.Route).ToList();
        if (paused.Count > 0)
            doors.Spool.Note(new TrailEvent(doors.Time.GetUtcNow(), EventKind.Probed, null, null)
            {
                Who = who,
                Text = string.Join(", ", paused),
            });
        doors.Hurry();
    }

    private List<Filter> FiltersOf(ActionRequest request, Happening what, State[] usual)
    {
        if (request.Ids is { Count: > 0 } ids)
        {
            if (!string.IsNullOrWhiteSpace(request.Filter))
                throw ApiProblem.Bad("a filter and ids together", "Give one or the other.");
            return ids.Select(OfId).ToList();
        }
        var filter = ReadFilter(request.Filter, doors.Time);
        if (filter.Terms.Count == 0 && !request.All)
            throw ApiProblem.Bad("an empty filter would mean all mail",
                "Give a filter or ids, or say --all (\"all\": true) if all is meant.");
        if (!filter.Terms.Any(t => t.Field == Field.State))
            filter = new Filter([.. filter.Terms, StatesTerm(usual)]);
        else if (what == Happening.Cancelled)
            filter = SparingCaptured(filter);
        return [filter];
    }

    // Cancelling deletes it, and what nobody has looked at is not deleted by the way.
    private static Filter SparingCaptured(Filter filter) =>
        filter.Terms.Any(static t => t is { Field: Field.State, Not: false } && t.States.Contains(State.Captured))
            ? throw ApiProblem.Bad("captured mail is not cancelled by a filter",
                "`postroom inbox delete` does it, and asks what you have seen; or name it by id.")
            : new Filter([.. filter.Terms, StatesTerm([State.Captured]) with { Not = true }]);

    private Filter OfId(string text) =>
        MailId.TryParse(text, out var id) && doors.Spool.Index.Show(id) is not null
            ? new Filter([new Term(Field.Id, id.ToString())])
            : throw ApiProblem.NotFound($"there is no mail {text}");

    private static Term StatesTerm(State[] states) =>
        new(Field.State, string.Join(',', states.Select(AnswerOf.Name))) { States = states };

    public static Filter ReadFilter(string? text, TimeProvider time) =>
        FilterParser.TryParse(text ?? "", time.GetLocalNow(), out var filter, out var error)
            ? filter
            : throw ApiProblem.Bad("the filter is wrong: " + error,
                "The language of filters: docs/reference/filters.md");
}
