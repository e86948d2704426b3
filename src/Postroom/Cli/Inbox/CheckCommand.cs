using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Inbox;

/// <summary><c>inbox check</c>: what of a mail will not arrive, not be seen or not be trusted.</summary>
internal static class CheckCommand
{
    public static Command Build(Screen screen)
    {
        var fetch = new Option<bool>("--fetch")
        {
            Description = "The service asks where the links lead: their servers see that, and nothing within is asked",
        };
        var check = new Command("check", "Say what of a mail will not arrive, not be seen or not be trusted; ends "
            + "with 1 "
            + "where something is a problem")
        {
            ContentCommands.Id, fetch, CommandLine.Json,
        };
        check.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var answer = await service.GetAsync(ContentCommands.PathOf(result)
                + (result.GetValue(fetch) ? "/checks?fetch=true" : "/checks"),
                ApiJson.Default.ChecksAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.ChecksAnswer);
            else
                Show(screen, answer);
            return (int)(answer.Problems == 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return check;
    }

    private static void Show(Screen screen, Api.Contents.ChecksAnswer answer)
    {
        foreach (var one in answer.Findings)
        {
            var severity = one.Severity.PadRight(7);
            screen.Line($"{(one.Severity == "problem" ? screen.Bold(severity) : screen.Faint(severity))}  "
                + $"{one.Name}: {SafeText.Of(one.What)}", hang: 9);
            if (one.Where is { } where)
                screen.Line($"         at {SafeText.Of(where)}");
            if (one.Cure.Length > 0)
                screen.Line($"         → {SafeText.Of(one.Cure)}", hang: 11);
        }

        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"Problems: {answer.Problems}; advice: {answer.Findings.Count(one => one.Severity == "advice")}"));
    }
}
