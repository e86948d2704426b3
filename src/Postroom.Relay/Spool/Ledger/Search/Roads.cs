using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Ledger.Boxes;

namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>A way to the rows, newest mail first.</summary>
/// <param name="Way">By which table or index.</param>
/// <param name="Own">The way's own parameter: a state's number, or a question to the index of terms.</param>
internal readonly record struct Road(Way Way, object? Own = null);

public enum Way
{
    /// <summary>All there is: by recipients where the filter says something of them, for that table is the smaller
    /// one.</summary>
    Table,

    /// <summary>Those in one state.</summary>
    State,

    /// <summary>By words of the subject, addresses, application, item.</summary>
    Words,

    /// <summary>By words of what was said in the end.</summary>
    Said,

    /// <summary>All that is captured.</summary>
    Inbox,

    /// <summary>What of it nobody has read.</summary>
    Unread,

    /// <summary>What lies in one box.</summary>
    Box,

    /// <summary>What of that nobody has read.</summary>
    BoxUnread,

    /// <summary>What people gave a tag.</summary>
    Tag,

    /// <summary>What came into a box after a mark.</summary>
    Came,
}

/// <summary>Chooses the way with the fewest rows on it that match nothing.</summary>
internal static class Roads
{
    /// <summary>To count a longer list would take as long as to walk it.</summary>
    private const int Most = 100_000;

    /// <summary>What is delivered has no fault any more.</summary>
    private static readonly State[] Faulty = [.. Enum.GetValues<State>().Where(state => state != State.Delivered)];

    /// <summary>What is told to these changes: it is in no list, and looked for on the roads of their states.</summary>
    public static readonly State[] Open = [State.Waiting, State.Trying, State.Held];

    /// <summary>
    /// Roads that have all rows that match, and none twice; of several the newest row is always the next.
    /// </summary>
    public static IReadOnlyList<Road> Of(Database database, Filter filter)
    {
        var narrowing = Narrowing.Of(database, filter);
        if (narrowing.IsEmpty)
            return [];
        var choices = Choices(narrowing, filter);
        if (choices.Count < 2)
            return choices.Count == 1 ? choices[0] : [new Road(Way.Table)];

        var (best, least) = (choices[0], (long)Most);
        foreach (var roads in choices)
            if (roads.Sum(road => Length(database, road, least)) is var length && length < least)
                (best, least) = (roads, length);
        return best;
    }

    /// <summary>What is left of the states when every term on them is met; null where none is asked for.</summary>
    private static State[]? StatesOf(Filter filter)
    {
        var asked = filter.Terms.Where(static term => term is { Field: Field.State, Not: false }).ToArray();
        if (asked.Length == 0)
            return filter.Terms.Any(static term => term is { Field: Field.Fault, Not: false }) ? Faulty : null;
        return [.. asked[0].States.Where(state => asked.All(term => term.States.Contains(state)))];
    }

    private static List<IReadOnlyList<Road>> Choices(Narrowing narrowing, Filter filter)
    {
        var states = StatesOf(filter);
        var choices = new List<IReadOnlyList<Road>>();
        if (states is not null && !states.Contains(State.Delivered))
            choices.Add([.. states.Select(static state => new Road(Way.State, (long)state))]);
        if (narrowing.Words is { } words)
            choices.Add([new Road(Way.Words, words)]);
        if (narrowing.Said is { } said)
            choices.Add([new Road(Way.Said, said), .. Open.Where(state => states?.Contains(state) ?? true)
                .Select(static state => new Road(Way.State, (long)state))]);
        if (filter.Terms.FirstOrDefault(static t => t is { Field: Field.Came, Value: "after", Not: false }) is { } came)
            choices.Add([new Road(Way.Came, came.Octets)]);
        if (Boxful.Road(filter) is { } boxed)
            choices.Add([boxed]);
        return choices;
    }

    /// <summary>Not counted further than to <paramref name="most"/>.</summary>
    private static long Length(Database database, Road road, long most)
    {
        switch (road.Way)
        {
            case Way.Inbox or Way.Unread: return BoxShelf.Count(database, null, road.Way == Way.Unread ? true : null);
            case Way.Box or Way.BoxUnread:
                return BoxShelf.Count(database, (string)road.Own!, road.Way == Way.BoxUnread ? true : null);
            case Way.Came:
                return database.Number(FormattableString.Invariant(
                    $"SELECT count(*) FROM (SELECT 1 FROM inbox WHERE came > {road.Own} LIMIT {most})"));
            default: break; // counted here
        }

        if (road.Own is not string question)
            return database.Number(FormattableString.Invariant($"SELECT sum(n) FROM tally WHERE state = {road.Own}"));
        var of = road.Way switch
        {
            Way.Words => "words WHERE words MATCH", Way.Tag => "tag WHERE tag =", _ => "said WHERE said MATCH",
        };
        using var rows = database.Prepare($"SELECT count(*) FROM (SELECT 1 FROM {of} ?1 LIMIT ?2)");
        return rows.Bind(1, question).Bind(2, most).Step() ? rows.Long(0) : 0;
    }
}
