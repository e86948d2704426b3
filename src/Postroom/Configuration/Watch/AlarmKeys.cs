using System.Text.RegularExpressions;
using Postroom.Mail;
using Postroom.Mail.Alarms;
using Postroom.Mail.Audit;

namespace Postroom.Configuration.Watch;

/// <summary>The alarms: those that are shipped, changed here, and others.</summary>
internal static partial class AlarmKeys
{
    private const string T = "alarm";
    private const int LongestName = 40;

    private static readonly SettingType<string?> Limit = new("number, duration or percentage",
        raw => raw.Kind == RawKind.Whole ? (true, raw.Text, "") : SettingTypes.Text.Read(raw), SettingTypes.Text.Print);

    public static readonly Setting<string?> Name = new(T, "name", SettingTypes.Text, null,
        "That of a shipped alarm, to change it, or a new one: small letters, digits, hyphens.") { Required = true };
    public static readonly Setting<bool> Enabled = new(T, "enabled", SettingTypes.Switch, true,
        "`false`: it is never raised.");
    public static readonly Setting<string?> Measure = new(T, "measure", SettingTypes.Text, null,
        "What a new alarm looks at; [alarms.md](alarms.md) has them all. Without it, with `filter`: `mails`.");
    public static readonly Setting<string?> FilterText = new(T, "filter", SettingTypes.Text, null,
        "Counts recipients: `app:jira state:failed age:1h`; the same language as in `postroom search`.");
    public static readonly Setting<string?> Above = new(T, "above", Limit, null,
        "Raised over this: `100`, `\"10m\"`, `\"20%\"`, as the measure is counted.");
    public static readonly Setting<string?> Below = new(T, "below", Limit, null,
        "Raised under this.");
    public static readonly Setting<TimeSpan> For = new(T, "for", SettingTypes.Duration, TimeSpan.Zero,
        "How long that has to last first.");
    public static readonly Setting<TimeSpan> Calm = new(T, "calm", SettingTypes.Duration, TimeSpan.FromMinutes(5),
        "How long all has to be well before it is over.");
    public static readonly Setting<Severity> Level = new(T, "severity", SettingTypes.Choice<Severity>(),
        Severity.Warning, "`critical`: look at it now; `warning`: today.");
    public static readonly Setting<string?> Text = new(T, "text", SettingTypes.Text, null,
        "The sentence that is told, with `{subject}`, `{value}`, `{limit}` and `{detail}` for what was read.");
    public static readonly Setting<string?> Cure = new(T, "cure", SettingTypes.Text, null, "What to do about it.");

    public static Setting[] All => [Name, Enabled, Measure, FilterText, Above, Below, For, Calm, Level, Text, Cure];

    /// <summary>The shipped ones with what was changed, then the others.</summary>
    public static IReadOnlyList<Alarm> AlarmsOf(IEnumerable<TableValues> tables)
    {
        var alarms = ShippedAlarms.All.ToList();
        foreach (var t in tables.Where(t => t.Name == T))
        {
            var name = t.Get(Name) ?? "";
            var at = alarms.FindIndex(alarm => alarm.Name == name);
            if (!t.Get(Enabled))
                alarms.RemoveAll(alarm => alarm.Name == name);
            else if (at >= 0)
                alarms[at] = Changed(alarms[at], t);
            else if (MeasureOf(t) is { } measure)
                alarms.Add(Changed(new Alarm(name, measure, 0)
                {
                    Filter = t.Get(FilterText), Text = PlainTextOf(measure, t),
                }, t));
        }

        return alarms;
    }

    public static IEnumerable<Mistake> Check(IReadOnlyList<TableValues> tables)
    {
        foreach (var twice in CrossChecks.Twice(tables.Where(t => t.Name == T)
            .Select(t => (t.PlaceOf(Name), t.Get(Name) ?? "")), "name"))
            yield return twice;
        foreach (var t in tables.Where(t => t.Name == T))
        {
            var name = t.Get(Name) ?? "";
            var shipped = ShippedAlarms.All.FirstOrDefault(alarm => alarm.Name == name);
            if (name.Length > 0 && !IsName(name))
                yield return new Mistake(t.PlaceOf(Name), $"name: \"{name}\" is no name of an alarm",
                    $"small letters, digits and hyphens, at most {LongestName}");
            foreach (var mistake in shipped is null ? CheckNew(t, name) : CheckShipped(t, shipped))
                yield return mistake;
            if (shipped is not null && t.Get(shipped.IsBelow ? Above : Below) is not null)
                yield return new Mistake(t.PlaceOf(shipped.IsBelow ? Above : Below),
                    $"{name} is raised {(shipped.IsBelow ? "below" : "above")} its limit",
                    $"write {(shipped.IsBelow ? Below : Above).Key}");
            foreach (var wrong in PlacesOf(t.Get(Text) ?? "").Except(AlarmWords.Places))
                yield return new Mistake(t.PlaceOf(Text), $"text: nothing is known that could stand for {{{wrong}}}",
                    $"known are {string.Join(", ", AlarmWords.Places.Select(place => $"{{{place}}}"))}");
            foreach (var mistake in CheckLimit(t, shipped?.Measure ?? MeasureOf(t)))
                yield return mistake;
            if (t.Get(FilterText) is { } filter
                && !FilterParser.TryParse(filter, DateTimeOffset.UnixEpoch.AddYears(100), out _, out var error))
                yield return new Mistake(t.PlaceOf(FilterText), $"filter: {error}");
        }
    }

    private static IEnumerable<string> PlacesOf(string text) =>
        Place().Matches(text).Select(match => match.Groups[1].Value).Distinct();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Place();

    /// <summary>Whether a text can be the name of an alarm or a receiver.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= LongestName && char.IsAsciiLetterLower(text[0])
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static IEnumerable<Mistake> CheckShipped(TableValues t, Alarm shipped)
    {
        foreach (var setting in new[] { Measure, FilterText })
            if (t.IsWritten(setting))
                yield return new Mistake(t.PlaceOf(setting),
                    $"{setting.Key}: {shipped.Name} is a shipped alarm, about {shipped.Measure.Name}",
                    "leave it out, or give yours another name");
    }

    private static IEnumerable<Mistake> CheckNew(TableValues t, string name)
    {
        var hint = Nearest.To(name, ShippedAlarms.All.Select(alarm => alarm.Name));
        if (!t.Get(Enabled))
            yield return new Mistake(t.PlaceOf(Enabled), $"enabled: there is no shipped alarm {name}",
                hint is null ? "leave the table out" : $"did you mean {hint}?");
        if (t.Get(Measure) is { } measure && Measures.Named(measure) is null)
            yield return new Mistake(t.PlaceOf(Measure), $"measure: there is no measure {measure}",
                Nearest.To(measure, Measures.All.Select(one => one.Name)) is { } near ? $"did you mean {near}?"
                    : "docs/reference/alarms.md has them all");
        else if (t.Get(Enabled) && MeasureOf(t) is null)
            yield return new Mistake(t.Place, $"[[alarm]] {name} looks at nothing",
                hint is null ? "give it a measure, or a filter" : $"did you mean the shipped {hint}?");
        if (MeasureOf(t) is { } looked && (looked == Measures.Mails) != t.IsWritten(FilterText))
            yield return new Mistake(t.Place, $"[[alarm]] {name}: filter goes with the measure mails alone",
                "leave one of them out");
        if (MeasureOf(t) is not null && !t.IsWritten(Above) && !t.IsWritten(Below))
            yield return new Mistake(t.Place, $"[[alarm]] {name} has no limit", "give it above or below");
    }

    private static IEnumerable<Mistake> CheckLimit(TableValues t, Measure? measure)
    {
        if (t.IsWritten(Above) && t.IsWritten(Below))
            yield return new Mistake(t.PlaceOf(Below), "above and below: an alarm has one limit", "make it two alarms");
        foreach (var setting in new[] { Above, Below })
            if (measure is not null && t.Get(setting) is { } text && LimitOf(measure.Unit, text) is null)
                yield return new Mistake(t.PlaceOf(setting), $"{setting.Key}: \"{text}\" is no limit of "
                    + $"{measure.Name}", measure.Unit switch
                    {
                        Unit.Duration => "write it like \"10m\", \"2h\" or \"14d\"",
                        Unit.Share => "write it like \"20%\"",
                        _ => "write a number, like \"100\"",
                    });
    }

    private static Alarm Changed(Alarm alarm, TableValues t)
    {
        var limit = t.Get(Above) ?? t.Get(Below);
        return alarm with
        {
            Limit = limit is null ? alarm.Limit : LimitOf(alarm.Measure.Unit, limit) ?? alarm.Limit,
            IsBelow = limit is null ? alarm.IsBelow : t.Get(Above) is null,
            For = t.IsWritten(For) ? t.Get(For) : alarm.For,
            Calm = t.IsWritten(Calm) ? t.Get(Calm) : alarm.Calm,
            Severity = t.IsWritten(Level) ? t.Get(Level) : alarm.Severity,
            Text = t.Get(Text) ?? alarm.Text,
            Cure = t.Get(Cure) ?? alarm.Cure,
        };
    }

    private static string PlainTextOf(Measure measure, TableValues t) => measure == Measures.Mails
        ? $"{{value}} recipients match {t.Get(FilterText)}."
        : $"{measure.Name}{(measure.Subject.Length > 0 ? " of {subject}" : "")} is {{value}}: {{detail}}";

    private static Measure? MeasureOf(TableValues t) =>
        t.Get(Measure) is { } name ? Measures.Named(name) : t.IsWritten(FilterText) ? Measures.Mails : null;

    private static double? LimitOf(Unit unit, string text) => unit switch
    {
        Unit.Duration => SettingTypes.Duration.Read(new RawValue(RawKind.Text, text)) is (true, var span, _)
            ? span.TotalSeconds : null,
        Unit.Share => text.EndsWith('%') && Number(text[..^1]) is { } percent and <= 100 ? percent / 100 : null,
        _ => Number(text),
    };

    private static double? Number(string text) => double.TryParse(text.Trim(),
        System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture,
        out var number) ? number : null;
}
