using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary><c>postroom calendar</c>: what ends by itself, and when.</summary>
internal static class CalendarCommand
{
    public static Command Build(Screen screen)
    {
        var calendar = new Command("calendar", "Secrets, certificates and consents that end by themselves, next first")
            { CommandLine.Json };
        calendar.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
            var all = service is null ? SecretCommands.ConfigurationOf(result) : null;
            var answer = all is null
                ? await service!.GetAsync("api/v1/calendar", ApiJson.Default.CalendarAnswer, cancel)
                : Expiries.Answer(all, all.Vault.Open(TimeProvider.System), TokenCommands.TokensOf(all.DataFolder));
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.CalendarAnswer);
            else
                Show(screen, answer);
            return (int)ExitCode.Done;
        });
        return calendar;
    }

    private static void Show(Screen screen, CalendarAnswer answer)
    {
        if (answer.Expiries.Count == 0)
            screen.Line("Nothing ends by itself, as far as is known here. A secret's end is told with: postroom secret "
                + "set NAME --expires DATE");
        foreach (var expiry in answer.Expiries)
        {
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"{expiry.Day:yyyy-MM-dd}  {SafeText.Of(expiry.What)}"), hang: 12);
            screen.Line($"            {SafeText.Of(expiry.Cure)}", hang: 12);
        }
    }
}
