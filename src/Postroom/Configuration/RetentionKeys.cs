using Postroom.Mail.Audit;
using Postroom.Relay.Spool;

namespace Postroom.Configuration;

/// <summary>How long what is kept of which mail.</summary>
internal static class RetentionKeys
{
    private const string T = "retention";
    private static readonly TimeSpan Least = TimeSpan.FromDays(1);

    public static readonly Setting<string?> Of = new(T, "of", SettingTypes.Text, null,
        "Which mail: `source:jira`, `app:gitlab`, `from:@erp.example`; the language of `postroom search`, and of it "
            + "`source`, `app`, `instance`, `project`, `node`, `from`, `larger`, `smaller`. Without it: all mail.");
    public static readonly Setting<TimeSpan> Bodies = new(T, "bodies", SettingTypes.Duration, TimeSpan.Zero,
        "How long the octets of a mail are kept after it was accepted, however it ended. Without it: those of "
            + "delivered and cancelled mail go at once, others after `keep_captured`.");
    public static readonly Setting<TimeSpan> Events = new(T, "events", SettingTypes.Duration, TimeSpan.Zero,
        "How long the details of its tries are kept: transcripts, steps, who looked at it, who held it and why. "
            + "Where it got to, when, and the replies stay. Without it: as long as the rest.");
    public static readonly Setting<TimeSpan> Metadata = new(T, "metadata", SettingTypes.Duration, TimeSpan.Zero,
        "How long it is kept that there was such a mail, for whom, from whom, about what, and what became of it. "
            + "Without it: for ever.");

    public static Setting[] All => [Of, Bodies, Events, Metadata];

    public static IReadOnlyList<RetentionRule> RulesOf(IEnumerable<TableValues> tables) =>
        [.. tables.Where(t => t.Name == T).Select(t => new RetentionRule(FilterOf(t, out _) ?? Filter.All)
        {
            Bodies = Written(t, Bodies), Events = Written(t, Events), Metadata = Written(t, Metadata),
        })];

    public static IEnumerable<Mistake> Check(IReadOnlyList<TableValues> tables)
    {
        TableValues? all = null;
        foreach (var t in tables.Where(t => t.Name == T))
        {
            if (all is not null)
                yield return new Mistake(t.Place, "[[retention]]: the table before this one is for all mail, and the "
                    + "first that has a mail holds", "put the one without of last");
            if (!t.IsWritten(Of))
                all = t;
            foreach (var mistake in CheckOf(t).Concat(CheckTimes(t)))
                yield return mistake;
        }
    }

    private static IEnumerable<Mistake> CheckOf(TableValues t)
    {
        if (!t.IsWritten(Of))
            yield break;
        if (FilterOf(t, out var error) is not { } filter)
            yield return new Mistake(t.PlaceOf(Of), $"of: {error}");
        else if (filter.Terms.Count == 0)
            yield return new Mistake(t.PlaceOf(Of), "of: nothing is asked for", "leave it out for all mail");
        else
            foreach (var term in filter.Terms.Where(term => Lasting.Passing(new Filter([term])) is not null))
                yield return new Mistake(t.PlaceOf(Of), $"of: {term.Field.ToString().ToLowerInvariant()} is not what "
                    + "mail is kept by", $"what never changes of a mail is: {Lasting.Names}");
    }

    private static IEnumerable<Mistake> CheckTimes(TableValues t)
    {
        if (!t.IsWritten(Bodies) && !t.IsWritten(Events) && !t.IsWritten(Metadata))
            yield return new Mistake(t.Place, "[[retention]] says no time", "write bodies, events or metadata");
        foreach (var setting in new[] { Events, Metadata })
            if (Written(t, setting) < Least)
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key}: less than a day is nothing that could be "
                    + "looked into", "write 1d or more");
        if (Written(t, Metadata) is not { } whole)
            yield break;
        foreach (var setting in new[] { Bodies, Events })
            if (Written(t, setting) > whole)
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key}: longer than metadata, and by then "
                    + "nothing is left of the mail", "write no more than metadata");
    }

    private static TimeSpan? Written(TableValues t, Setting<TimeSpan> setting) =>
        t.IsWritten(setting) ? t.Get(setting) : null;

    private static Filter? FilterOf(TableValues t, out string error)
    {
        error = "";
        if (t.Get(Of) is not { } text)
            return null;
        if (FilterParser.TryParse(text, DateTimeOffset.UnixEpoch.AddYears(100), out var filter, out var wrong))
            return filter;
        error = wrong;
        return null;
    }
}
