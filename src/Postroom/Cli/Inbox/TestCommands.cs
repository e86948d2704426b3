using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Inbox;

/// <summary><c>postroom inbox wait</c>: what a test of an application expects.</summary>
internal static class TestCommands
{
    private static readonly Option<string?> Box =
        new("--box", "-b") { Description = "Only what lies in this box", HelpName = "BOX" };

    private static readonly Option<string> Count = new("--count")
    {
        Description = "How many recipients: 2, 1..3, 1..", DefaultValueFactory = _ => "1..", HelpName = "N",
    };

    private static readonly Option<int> Timeout = new("--timeout", "-t")
    {
        Description = "Seconds to wait, 1 to 300", DefaultValueFactory = _ => 10, HelpName = "S",
    };

    private static readonly Option<bool> None = new("--none")
    {
        Description = "None may come within the time",
    };

    private static readonly Option<string?> Since = new("--since")
    {
        Description = "Only what came after this: a mark that inbox reset or inbox list said, or an instant",
        HelpName = "MARK",
    };

    public static Command BuildWait(Screen screen)
    {
        var words = QueueCommands.Words("FILTER");
        var wait = new Command("wait", "Wait for mail: ends with 1, and says what there is instead, where it does not "
            + "come") { words, Box, Count, None, Timeout, Since, CommandLine.Json };
        wait.SetAction(async (result, cancel) =>
        {
            var count = result.GetValue(None) ? "0" : result.GetValue(Count) ?? "1..";
            var query = $"api/v1/messages/expect?filter={Uri.EscapeDataString(QueueCommands.FilterOf(result, words))}"
                + $"&count={Uri.EscapeDataString(count)}"
                + string.Create(CultureInfo.InvariantCulture, $"&within={result.GetValue(Timeout)}")
                + Named("box", result.GetValue(Box)) + Named("since", result.GetValue(Since));
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var found = await service.GetAsync(query, ApiJson.Default.ExpectAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, found, ApiJson.Default.ExpectAnswer);
            else
                foreach (var row in found.Recipients)
                    screen.Line($"{row.Id}  {SafeText.Of(row.To)}  {SafeText.Of(row.Subject)}");
            return (int)ExitCode.Done;
        });
        return wait;
    }

    private static string Named(string name, string? value) =>
        value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
}
