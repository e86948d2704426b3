using System.Globalization;
using Postroom.Api;
using Postroom.Cli.Watch;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary>How the relay stands, for people.</summary>
public static class StatusView
{
    private static readonly Column[] Columns =
    [
        new("ROUTE", IsElastic: true), new("WAITING", IsNumber: true), new("UNDER WAY", 2, IsNumber: true),
            new("STANDS"),
        new("WHY", 1, IsElastic: true),
    ];

    // Below that it is in the index before anybody has asked for it.
    private const int WorthTelling = 1_000;

    /// <summary>What runs, a table of routes, and why those that are paused are, with what to do.</summary>
    public static void Show(Screen screen, StatusAnswer status, DateTimeOffset now)
    {
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"{screen.Bold($"Postroom {status.Version}")} on {SafeText.Of(status.HostName)}, mode {status.Mode}, "
                + $"process {status.ProcessId}, up {Screen.Span(now - status.StartedAt)}"));
        if (status.Foreign is { } foreign)
            screen.Line(screen.Bold($"  NOTHING IS SENT: {SafeText.Of(foreign)}. Look with: postroom live"), hang: 2);
        if (status.ModeSet is { } said)
            screen.Line(screen.Bold(ModeCommands.Line(said, now)));
        screen.Line($"  listens  {SafeText.Of(string.Join(", ", status.Listeners))}");
        screen.Line($"  api      {SafeText.Of(status.Api ?? "api.sock alone")}");
        screen.Line($"  data     {SafeText.Of(status.DataFolder)}"
            + (status.HasRoom ? "" : "  DISK LOW: nothing is accepted (452 4.3.1)"));
        screen.Line("  mail     " + string.Join(", ", status.Counts.Where(c => c.Value > 0)
            .Select(c => string.Create(CultureInfo.InvariantCulture,
                $"{c.Value} {c.Key}")).DefaultIfEmpty("none yet")));
        if (status.IndexBehind >= WorthTelling)
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"  index    {status.IndexBehind} records behind: lists and searches do not know them yet"));
        foreach (var raised in status.Alarms ?? []) // of a service that is older than this program
            AlarmCommands.Show(screen, raised, now);
        if (status.Routes.Count == 0)
            return;
        screen.Line();
        screen.Table(Columns, [.. status.Routes.Select(r => new[]
        {
            r.Route.Length == 0 ? "(none matches)" : SafeText.Of(r.Route),
            r.Waiting.ToString(CultureInfo.InvariantCulture), r.InFlight.ToString(CultureInfo.InvariantCulture),
            r.Paused ? $"paused {(r.PausedSince is { } since ? Screen.Span(now - since) : "")}".TrimEnd() : "open",
            r.Cause is { } cause ? $"{cause.Fault}: {SafeText.Of(cause.Diagnostic)}" : "",
        })]);
        foreach (var known in status.Routes.Where(r => r is { Paused: true, Explanation: not null })
            .GroupBy(r => r.Explanation!))
        {
            screen.Line();
            screen.Line(screen.Bold(SafeText.Of(string.Join(", ", known.Select(r => r.Route)))));
            ExplanationView.Show(screen, known.Key, "  ");
        }
    }
}
