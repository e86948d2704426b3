using System.CommandLine;
using Postroom.Api;
using Postroom.Api.Modes;
using Postroom.Host;
using Postroom.Mail.Audit;

namespace Postroom.Cli.Watch;

/// <summary><c>postroom mode</c>, <c>mode set</c>, <c>mode clear</c>: what becomes of mail, and who said so.</summary>
internal static class ModeCommands
{
    private static readonly Column[] Columns =
    [
        new("MODE"), new("FOR", IsElastic: true), new("UNTIL"), new("BY", 1), new("WHY", 2, IsElastic: true),
    ];

    private static readonly Option<string?> For = new("--for")
    {
        Description = "Which mail, in the language of filters: \"app:jira instance:staging\"; without it, all mail",
        HelpName = "FILTER",
    };

    private static readonly Option<string?> Rule = new("--rule")
    {
        Description = "The rule of the configuration in whose place it stands", HelpName = "NAME",
    };

    public static Command Build(Screen screen)
    {
        var mode = new Command("mode", "What becomes of mail, for what, until when, why, and who said so")
        {
            CommandLine.Json,
            BuildSet(screen),
            BuildClear(screen),
        };
        mode.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            Show(screen, result, await service.GetAsync("api/v1/mode", ApiJson.Default.ModeAnswer, cancel));
            return (int)ExitCode.Done;
        });
        return mode;
    }

    /// <summary>A mode that a person set for all mail, in a line.</summary>
    public static string Line(OverrideAnswer said, DateTimeOffset now) =>
        $"MODE SET: {said.Mode} for {SafeText.Of(said.For)} "
            + (said.Until is { } until ? $"until {Screen.Time(until, now)}" : "until cleared")
            + $", by {SafeText.Of(said.Who)}: {SafeText.Of(said.Reason)}";

    private static Command BuildSet(Screen screen)
    {
        var mode = new Argument<string>("MODE") { Description = "live, capture, hold, redirect or discard" };
        mode.AcceptOnlyFromAmong("live", "capture", "hold", "redirect", "discard");
        var reason = new Option<string>("--reason", "-r")
        {
            Description = "Why, for whoever asks later", HelpName = "TEXT", Required = true,
        };
        var until = new Option<string?>("--until")
        {
            Description = "When it ends by itself: 2027-01-31T18:00, or 2h from now; without it, when it is cleared",
            HelpName = "TIME",
        };
        var set = new Command("set", "Say what becomes of mail, in the place of the configuration")
        {
            mode, For, Rule, reason, until, CommandLine.Json,
        };
        set.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var request = new ModeRequest(result.GetValue(mode), result.GetValue(reason),
                EndOf(result.GetValue(until), TimeProvider.System.GetLocalNow()), result.GetValue(Rule),
                result.GetValue(For));
            Show(screen, result, await service.PutAsync("api/v1/mode", request, ApiJson.Default.ModeRequest,
                ApiJson.Default.ModeAnswer, cancel));
            return (int)ExitCode.Done;
        });
        return set;
    }

    private static Command BuildClear(Screen screen)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Everything that was set" };
        var clear = new Command("clear", "Take back what was set: the configuration says again what becomes of mail")
        {
            For, Rule, all, CommandLine.Json,
        };
        clear.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var path = result.GetValue(all) ? "api/v1/mode?all=true"
                : $"api/v1/mode?rule={Uri.EscapeDataString(result.GetValue(Rule) ?? "")}"
                    + $"&filter={Uri.EscapeDataString(result.GetValue(For) ?? "")}";
            Show(screen, result, await service.DeleteAsync(path, ApiJson.Default.ModeAnswer, cancel));
            return (int)ExitCode.Done;
        });
        return clear;
    }

    private static void Show(Screen screen, ParseResult result, ModeAnswer answer)
    {
        if (result.GetValue(CommandLine.Json))
        {
            QueueCommands.Write(screen, answer, ApiJson.Default.ModeAnswer);
            return;
        }

        var now = TimeProvider.System.GetLocalNow();
        List<string[]> rows = [.. answer.Overrides.Select(said => new[]
        {
            said.Mode, SafeText.Of(said.For), said.Until is { } until ? Screen.Time(until, now) : "cleared",
            SafeText.Of(said.Who), SafeText.Of(said.Reason),
        })];
        rows.AddRange(answer.Rules.Select(rule => new[]
        {
            rule.Mode, $"rule \"{SafeText.Of(rule.Name)}\"", "", "configuration",
            rule is { Mode: "redirect", RedirectTo: { } to } ? $"to {SafeText.Of(to)}" : "",
        }));
        rows.Add([answer.Configured, "all other mail", "", "configuration",
            answer is { Configured: "redirect", RedirectTo: { } mailbox } ? $"to {SafeText.Of(mailbox)}" : ""]);
        screen.Line("The first that fits a mail decides. What was captured or held stays so until it is released.");
        screen.Table(Columns, rows);
    }

    // A length from now, or an instant in the zone of this machine.
    internal static DateTimeOffset? EndOf(string? text, DateTimeOffset now)
    {
        if (text is null)
            return null;
        if (FilterParser.TryParse($"before:{text}", now, out var instant, out _))
            return instant.Terms[0].Instant;
        if (FilterParser.TryParse($"age:>{text}", now, out var length, out _))
            return now + (now - length.Terms[0].Instant);
        throw new CliException(ExitCode.Usage,
            $"--until {SafeText.Of(text)} is no time; write 2027-01-31T18:00, or 2h, 30m, 3d from now");
    }

    private static ApiClient Service(ParseResult result)
    {
        var folder = CommandLine.DataFolderOf(result);
        return ApiClient.TryConnect(folder)
            ?? throw new CliException(ExitCode.NotRunning,
                $"no service runs on {folder}; start one with: postroom run");
    }
}
