using Postroom.Relay.Spool;

namespace Postroom.Configuration;

/// <summary>How long what is kept of which mail.</summary>
internal static class RetentionKeys
{
    private const string T = "retention";
    private static readonly TimeSpan Least = TimeSpan.FromDays(1);

    private static readonly SettingType<TimeSpan?> Span = new(SettingTypes.Duration.Name,
        raw => SettingTypes.Duration.Read(raw) is (true, var span, _)
            ? (true, span, "") : (false, null, SettingTypes.Duration.Read(raw).Wrong),
        span => span is { } time ? SettingTypes.Duration.Print(time) : SettingTypes.Text.Print(null));

    public static readonly Setting<string?> Of = new(T, "of", SettingTypes.Text, null,
        "Which mail: `source:jira`, `app:gitlab`, `from:@erp.example`; the language of `postroom search`, and of it "
            + "`source`, `app`, `instance`, `project`, `node`, `from`, `larger`, `smaller`. Without it: all mail.");
    public static readonly Setting<TimeSpan?> Bodies = new(T, "bodies", Span, null,
        "How long the octets of a mail are kept after it was accepted, however it ended. Without it: those of "
            + "delivered and cancelled mail go at once, others after `keep_captured`.");
    public static readonly Setting<TimeSpan?> Events = new(T, "events", Span, null,
        "How long the details of its tries are kept: transcripts, steps, who looked at it, who held it and why. "
            + "Where it got to, when, and the replies stay. Without it: as long as the rest.");
    public static readonly Setting<TimeSpan?> Metadata = new(T, "metadata", Span, null,
        "How long it is kept that there was such a mail, for whom, from whom, about what, and what became of it. "
            + "Without it: for ever.");

    public static Setting[] All => [Of, Bodies, Events, Metadata];

    public static IReadOnlyList<RetentionRule> RulesOf(IEnumerable<TableValues> tables) =>
        [.. tables.Where(t => t.Name == T).Select(t => new RetentionRule(RuleFilter.Of(t, Of))
        {
            Bodies = t.Get(Bodies), Events = t.Get(Events), Metadata = t.Get(Metadata),
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
            foreach (var mistake in RuleFilter.Check(t, Of).Concat(CheckTimes(t)))
                yield return mistake;
        }
    }

    private static IEnumerable<Mistake> CheckTimes(TableValues t)
    {
        if (!t.IsWritten(Bodies) && !t.IsWritten(Events) && !t.IsWritten(Metadata))
            yield return new Mistake(t.Place, "[[retention]] says no time", "write bodies, events or metadata");
        foreach (var setting in new[] { Events, Metadata })
            if (t.Get(setting) < Least)
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key}: less than a day is nothing that could be "
                    + "looked into", "write 1d or more");
        if (t.Get(Metadata) is not { } whole)
            yield break;
        foreach (var setting in new[] { Bodies, Events })
            if (t.Get(setting) > whole)
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key}: longer than metadata, and by then "
                    + "nothing is left of the mail", "write no more than metadata");
    }
}
