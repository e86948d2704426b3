using Postroom.Mail.Audit;
using Postroom.Mail.Storms;

namespace Postroom.Configuration;

/// <summary>When mail that is alike is held as a burst.</summary>
internal static class StormKeys
{
    private const string T = "storm";
    private static readonly StormSettings Plain = StormSettings.Plain;

    public static readonly Setting<bool> Enabled = new(T, "enabled", SettingTypes.Switch, Plain.IsOn,
        "`false`: no burst is noticed. What is held of one stays so.");
    public static readonly Setting<int> Messages = new(T, "messages", SettingTypes.Whole(10, 100), Plain.Messages,
        "The fewest mails within `window` that are a burst.");
    public static readonly Setting<TimeSpan> Window = new(T, "window", SettingTypes.Duration, Plain.Window,
        "The time in which they come, 1m to 1h.");
    public static readonly Setting<int> Times = new(T, "times", SettingTypes.Whole(2, 100), Plain.Times,
        "How many times the most of any day of the last five weeks, of mail with the same in common.");
    public static readonly Setting<TimeSpan> Learn = new(T, "learn", SettingTypes.Duration, Plain.Learn,
        "How long a new source is only listened to, 30d at most. `0s`: not at all.");
    public static readonly Setting<IReadOnlyList<string>> Exempt = new(T, "exempt", SettingTypes.List, [],
        "Whose mail is never part of a burst: filters of fields that never change (`[\"app:jenkins\", "
            + "\"source:10.1.0.7\"]`), as `of` of `[[sandbox]]` has them; but not sizes.");

    public static Setting[] All => [Enabled, Messages, Window, Times, Learn, Exempt];

    public static StormSettings Of(TableValues? t) => t is null ? Plain
        : new StormSettings(t.Get(Enabled), t.Get(Messages), t.Get(Window), t.Get(Times), t.Get(Learn),
            [.. t.Get(Exempt).Select(text => Read(text, out var filter) is null ? filter : null).OfType<Filter>()]);

    public static IEnumerable<Mistake> Check(TableValues t)
    {
        if (t.Get(Window) < TimeSpan.FromMinutes(1) || t.Get(Window) > TimeSpan.FromHours(1))
            yield return new Mistake(t.PlaceOf(Window), "window: it must be 1m to 1h", "the default is 5m");
        if (t.Get(Learn) > TimeSpan.FromDays(30))
            yield return new Mistake(t.PlaceOf(Learn), "learn: it must be 30d or less", "the default is 7d");
        foreach (var text in t.Get(Exempt))
            if (Read(text, out _) is { } wrong)
                yield return new Mistake(t.PlaceOf(Exempt), $"exempt: \"{text}\": {wrong}",
                    $"what never changes of a mail is: {Lasting.Names}; sizes are not known in time");
    }

    // None of the fields asks for the time.
    private static string? Read(string text, out Filter filter)
    {
        var isRight = FilterParser.TryParse(text, DateTimeOffset.UnixEpoch.AddYears(100), out var read, out var wrong);
        filter = read ?? Filter.All;
        return !isRight ? wrong : filter.Terms.Count == 0 ? "nothing is asked for"
            : Lasting.Passing(filter) is { } passing ? $"{passing.ToString().ToLowerInvariant()} may change"
            : filter.Terms.Any(term => term.Field is Field.Larger or Field.Smaller) ? "a size is asked for" : null;
    }
}
