using System.CommandLine;
using System.Globalization;
using Postroom.Api;

namespace Postroom.Cli;

/// <summary><c>postroom status</c> and <c>postroom reload</c>.</summary>
internal static class StatusCommands
{
    private static readonly Column[] Columns =
    [
        new("ROUTE", IsElastic: true), new("WAITING", IsNumber: true), new("UNDER WAY", 2, IsNumber: true), new("STANDS"),
        new("WHY", 1, IsElastic: true),
    ];

    public static Command BuildStatus(Screen screen)
    {
        var status = new Command("status", "How the relay stands: mode, listeners, routes, mail by state") { CommandLine.Json };
        status.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var answer = await service.GetAsync("api/v1/status", ApiJson.Default.StatusAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.StatusAnswer);
            else
                Show(screen, answer, TimeProvider.System.GetLocalNow());
            return (int)ExitCode.Done;
        });
        return status;
    }

    public static Command BuildReload(Screen screen)
    {
        var reload = new Command("reload", "Take the changed configuration into use; refused whole if wrong") { CommandLine.Json };
        reload.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var answer = await service.PostAsync("api/v1/reload", new ActionRequest(), ApiJson.Default.ReloadAnswer, cancel);
            foreach (var warning in answer.Warnings)
                screen.Error.WriteLine(SafeText.Of(warning));
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.ReloadAnswer);
            else
                screen.Line($"{SafeText.Of(answer.File)} is in use.");
            return (int)ExitCode.Done;
        });
        return reload;
    }

    private static ApiClient Service(ParseResult result)
    {
        var folder = CommandLine.DataFolderOf(result);
        return ApiClient.TryConnect(folder) ?? throw new CliException(ExitCode.NotRunning, $"no service runs on {folder}; start one with: postroom run");
    }

    private static void Show(Screen screen, StatusAnswer status, DateTimeOffset now)
    {
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"{screen.Bold($"Postroom {status.Version}")} on {SafeText.Of(status.HostName)}, mode {status.Mode}, process {status.ProcessId}, up {Screen.Span(now - status.StartedAt)}"));
        screen.Line($"  listens  {SafeText.Of(string.Join(", ", status.Listeners))}");
        screen.Line($"  data     {SafeText.Of(status.DataFolder)}{(status.HasRoom ? "" : "  DISK LOW: nothing is accepted (452 4.3.1)")}");
        screen.Line("  mail     " + string.Join(", ", status.Counts.Where(c => c.Value > 0)
            .Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Value} {c.Key}")).DefaultIfEmpty("none yet")));
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
    }
}
