using System.CommandLine;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary><c>postroom status</c> and <c>postroom reload</c>.</summary>
internal static class StatusCommands
{
    public static Command BuildStatus(Screen screen)
    {
        var status = new Command("status",
            "How the relay stands: mode, listeners, routes, mail by state") { CommandLine.Json };
        status.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var answer = await service.GetAsync("api/v1/status", ApiJson.Default.StatusAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.StatusAnswer);
            else
                StatusView.Show(screen, answer, TimeProvider.System.GetLocalNow());
            return (int)ExitCode.Done;
        });
        return status;
    }

    public static Command BuildReload(Screen screen)
    {
        var reload = new Command("reload",
            "Take the changed configuration into use; refused whole if wrong") { CommandLine.Json };
        reload.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var answer = await service.PostAsync("api/v1/reload", new ActionRequest(), ApiJson.Default.ReloadAnswer,
                cancel);
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
        return ApiClient.TryConnect(folder)
            ?? throw new CliException(ExitCode.NotRunning,
            $"no service runs on {folder}; start one with: postroom run");
    }
}
