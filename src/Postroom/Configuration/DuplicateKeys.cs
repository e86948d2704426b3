using Postroom.Relay.Duplicates;

namespace Postroom.Configuration;

/// <summary>What becomes of mail that is handed over a second time.</summary>
internal static class DuplicateKeys
{
    private const string T = "duplicates";
    private static readonly DuplicateSettings Plain = DuplicateSettings.Plain;

    public static readonly Setting<TimeSpan> Window = new(T, "window", SettingTypes.Duration, Plain.Window,
        "How long a mail is remembered, a day at most: the same one handed over again within that time is marked as a "
            + "duplicate. `0s`: none is.");
    public static readonly Setting<int> Remember = new(T, "remember", SettingTypes.Whole(1_000, 1_000_000), Plain.Most,
        "The most recipients of mails that are remembered (about 300 octets each); then the oldest are forgotten.");
    public static readonly Setting<IReadOnlyList<string>> Suppress =
        new(T, "suppress", SettingTypes.List, Plain.Suppress,
        "Whose duplicates are not sent: names of applications as `app:` finds them (`[\"jira\"]`), or of sources as "
            + "`source:` does (who logs in, or a client's address). Without it, or empty: all are sent, and marked.");

    public static Setting[] All => [Window, Remember, Suppress];

    public static DuplicateSettings Of(TableValues? t) => t is null ? Plain
        : new DuplicateSettings(t.Get(Window), t.Get(Remember), t.Get(Suppress));

    public static IEnumerable<Mistake> Check(TableValues t)
    {
        if (t.Get(Window) > TimeSpan.FromDays(1))
            yield return new Mistake(t.PlaceOf(Window), "window: it must be a day or less",
                "an application tries for minutes: the default is 1h");
        if (t.Get(Suppress).Any(string.IsNullOrWhiteSpace))
            yield return new Mistake(t.PlaceOf(Suppress), "suppress: a name is empty",
                "write names as app: or source: finds them: [\"jira\"]");
        if (t.Get(Window) == TimeSpan.Zero && t.Get(Suppress).Count > 0)
            yield return new Mistake(t.PlaceOf(Suppress), "suppress: with a window of 0s no duplicate is known",
                "leave window out, or take suppress away");
    }
}
