using Postroom.Api.Replays;
using Postroom.Host;

namespace Postroom.Cli.Replays;

/// <summary>What was replayed, and what was left out, for people.</summary>
internal static class ReplayView
{
    private const int Shown = 10;

    private static readonly Dictionary<string, string> Reasons = new(StringComparer.Ordinal)
    {
        ["replayed"] = "replayed already",
        ["replay"] = "copies of other mails",
        ["open"] = "still to go",
        ["captured"] = "captured: see postroom inbox release",
        ["unsent"] = "never went, by a person's or a rule's word",
        ["bytes"] = "bytes no longer kept ([[retention]] bodies says how long)",
        ["rule"] = "kept here by the rules",
        ["suppressed"] = "on the suppression list",
        ["refused"] = "not taken by this relay",
    };

    public static void Show(Screen screen, ReplayAnswer done, bool isDry)
    {
        screen.Line($"{Count(done.Matched ?? 0, "recipient")} {(done.Matched == 1 ? "matches" : "match")}. "
            + $"{(isDry ? "To be replayed" : "Replayed")}: {Count(done.Replayed.Count, "mail")} to "
            + $"{Count(done.Replayed.Sum(static one => (long)one.To.Count), "recipient")}");
        foreach (var one in done.Replayed.Take(Shown))
            screen.Line($"  {one.Of}{(one.Id is { } id ? $" → {id}" : "")}  {SafeText.Of(Names(one.To))}"
                + (one.Subject is { } subject ? screen.Faint($"  {SafeText.Of(subject)}") : ""), hang: 4);
        More(screen, done.Replayed.Count);
        foreach (var reason in done.Left.GroupBy(static one => one.Reason))
        {
            screen.Line($"Left out, {Reasons.GetValueOrDefault(reason.Key, reason.Key)}: "
                + Count(reason.Sum(static one => (long)one.To.Count), "recipient"));
            foreach (var one in reason.Take(Shown))
                screen.Line($"  {one.Of}  {SafeText.Of(Names(one.To))}: {SafeText.Of(one.Says)}", hang: 4);
            More(screen, reason.Count());
        }
    }

    private static void More(Screen screen, int count)
    {
        if (count > Shown)
            screen.Line(FormattableString.Invariant($"  … and {count - Shown} more: all of them with --json"));
    }

    private static string Names(IReadOnlyList<string> to) => to.Count == 1
        ? to[0] : FormattableString.Invariant($"{to[0]} and {to.Count - 1} more");

    private static string Count(long count, string what) =>
        FormattableString.Invariant($"{count} {what}{(count == 1 ? "" : "s")}");
}
