using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Live;
using Postroom.Host;

namespace Postroom.Cli.Watch;

/// <summary><c>postroom live</c> and <c>postroom live confirm</c>: on which machine mail is live, and a person's word
/// that it is this one.</summary>
internal static class LiveCommands
{
    private static readonly Option<string> Reason = new("--reason", "-r")
    {
        Description = "Why mail may go out from here, for the record", HelpName = "TEXT", Required = true,
    };

    private static readonly Option<string?> Source = new("--source")
    {
        Description = "That an application instance is at home where it arrives from now, as `postroom live` names it",
        HelpName = "SOURCE",
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Only show what differs, and what would go out",
    };

    public static Command Build(Screen screen)
    {
        var live = new Command("live", "On which machine mail is live, and what arrives from elsewhere")
            { CommandLine.Json, BuildConfirm(screen) };
        live.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var answer = await service.GetAsync("api/v1/live", ApiJson.Default.LiveAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.LiveAnswer);
            else
                Show(screen, answer);
            return (int)(answer.Foreign || answer.Sources.Count > 0 ? ExitCode.Refused : ExitCode.Done);
        });
        return live;
    }

    private static Command BuildConfirm(Screen screen)
    {
        var confirm = new Command("confirm", "Say that this is a real move: mail is live on this machine from now on")
            { Reason, Source, DryRun, CommandLine.Json };
        confirm.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var isJson = result.GetValue(CommandLine.Json);
            var answer = await service.GetAsync("api/v1/live", ApiJson.Default.LiveAnswer, cancel);
            if (!isJson)
                Show(screen, answer);
            if (!result.GetValue(DryRun))
            {
                answer = await service.ConfirmAsync(
                    new LiveRequest(result.GetValue(Reason), result.GetValue(Source)), cancel);
                if (!isJson)
                    Confirmed(screen, answer, result.GetValue(Source));
            }

            if (isJson)
                QueueCommands.Write(screen, answer, ApiJson.Default.LiveAnswer);
            return (int)ExitCode.Done;
        });
        return confirm;
    }

    private static void Show(Screen screen, LiveAnswer live)
    {
        screen.Line($"This machine  {SafeText.Of(live.Machine)}");
        screen.Line("Live on       "
            + (live.LiveOn is { } on ? SafeText.Of(on) : "none yet: the first mail that may leave binds it")
            + (live.Since is { } at ? string.Create(CultureInfo.InvariantCulture, $", since {at:yyyy-MM-dd}") : "")
            + (live.By is { } by ? $", confirmed by {SafeText.Of(by)}" : ""), hang: 14);
        if (live.Foreign)
            screen.Line($"{screen.State("failed")} Nothing is sent from here.", hang: 14);
        foreach (var one in live.Differs)
            screen.Line($"  {SafeText.Of(one)}", hang: 4);
        if (live.Overruled is { } overruled)
            screen.Line($"In the configuration live_on is still {SafeText.Of(overruled)}: write live_on = "
                + $"\"{SafeText.Of(live.Machine)}\"", hang: 2);
        if (live.Foreign)
            screen.Line(string.Create(CultureInfo.InvariantCulture, $"What comes in from a confirmation on is sent. "
                + $"{live.Held} held and {live.Captured} captured recipients stay so until they are released, and "
                + $"{live.Waiting} that still wait are held."), hang: 2);
        foreach (var source in live.Sources)
            screen.Line(string.Create(CultureInfo.InvariantCulture, $"{screen.State("failed")} {source.Captured} "
                + $"captured of {SafeText.Of(source.Source)}: {SafeText.Of(source.Why)}"), hang: 2);
    }

    private static void Confirmed(Screen screen, LiveAnswer live, string? source)
    {
        screen.Line();
        if (source is not null)
        {
            screen.Line($"{SafeText.Of(source)} is at home there from now on.");
            return;
        }

        screen.Line($"Live on this machine from now on. For the configuration: live_on = "
            + $"\"{SafeText.Of(live.Machine)}\"", hang: 2);
        screen.Line("What is held: postroom queue list state:held, then postroom queue release or cancel. Some of it "
            + "may have gone out from the other machine.", hang: 2);
    }
}
