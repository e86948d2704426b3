using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Inbox;

/// <summary><c>postroom inbox</c>, <c>inbox list</c> and <c>inbox reset</c>.</summary>
internal static class BoxCommands
{
    /// <summary>Of the group itself: its commands have their own.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = "One JSON object instead of a table" };

    private static readonly Column[] Boxes =
    [
        new("BOX", IsElastic: true), new("TOTAL", IsNumber: true), new("UNREAD", IsNumber: true),
        new("NEWEST", 1), new("AGE", 2, IsNumber: true),
    ];

    private static readonly Column[] Mails =
    [
        new("ID"), new("READ"), new("BOX", 1, IsElastic: true), new("TO", IsElastic: true),
        new("SUBJECT", 2, IsElastic: true), new("AGE", 3, IsNumber: true), new("TAGS", 4),
    ];

    private static readonly Option<int> Most = new("--most", "-n")
    {
        Description = "The most rows", DefaultValueFactory = _ => 50, HelpName = "N",
    };

    private static readonly Option<string?> After =
        new("--after") { Description = "The next page: what the page before said", HelpName = "CURSOR" };

    public static async Task<int> ListAsync(Screen screen, ParseResult result, CancellationToken cancel)
    {
        using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
        var answer = await service.GetAsync("api/v1/boxes?most=1000", ApiJson.Default.BoxesAnswer, cancel);
        var now = TimeProvider.System.GetLocalNow();
        if (result.GetValue(Json))
            QueueCommands.Write(screen, answer, ApiJson.Default.BoxesAnswer);
        else if (answer.Boxes.Count > 0)
            screen.Table(Boxes, [.. answer.Boxes.Select(box => new[]
            {
                SafeText.Of(box.Name), Number(box.Total), Number(box.Unread), box.Newest,
                Screen.Span(now - box.NewestAt),
            })]);
        else
            screen.Error.WriteLine("Nothing is captured: see postroom mode, and postroom queue list.");
        return (int)(answer.Boxes.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
    }

    public static Command BuildList(Screen screen)
    {
        var words = QueueCommands.Words("FILTER");
        var list = new Command("list", "List captured mail: box:run42 is:unread tag:checked, and all else of filters")
        {
            words, Most, After, CommandLine.Json,
        };
        list.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var query = $"api/v1/inbox?filter={Uri.EscapeDataString(QueueCommands.FilterOf(result, words))}"
                + string.Create(CultureInfo.InvariantCulture, $"&most={result.GetValue(Most)}")
                + (result.GetValue(After) is { } after ? $"&after={Uri.EscapeDataString(after)}" : "");
            var page = await service.GetAsync(query, ApiJson.Default.QueueAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, page, ApiJson.Default.QueueAnswer);
            else
                Show(screen, page);
            return (int)(page.Recipients.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    public static Command BuildReset(Screen screen)
    {
        var box = new Argument<string>("BOX") { Description = "Its name, as `postroom inbox` lists it" };
        var reset = new Command("reset", "Delete all that lies in a box, and print from where the next wait starts")
        {
            box, CommandLine.Json,
        };
        reset.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var name = result.GetValue(box) ?? "";
            var answer = await service.PostAsync($"api/v1/boxes/{Uri.EscapeDataString(name)}/reset",
                ApiJson.Default.ResetAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.ResetAnswer);
            else
                screen.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{SafeText.Of(answer.Box)}: {answer.Deleted} deleted; wait with --since {answer.Since}"));
            return (int)ExitCode.Done;
        });
        return reset;
    }

    internal static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static void Show(Screen screen, QueueAnswer page)
    {
        var now = TimeProvider.System.GetLocalNow();
        if (page.Recipients.Count == 0)
        {
            screen.Error.WriteLine("Nothing of what is captured matches. The boxes: postroom inbox");
            return;
        }

        screen.Table(Mails, [.. page.Recipients.Select(row => new[]
        {
            row.Id, row.Unread == true ? "" : "read", SafeText.Of(row.Box), SafeText.Of(row.To),
            SafeText.Of(row.Subject), Screen.Span(now - row.AcceptedAt),
            SafeText.Of(string.Join(' ', row.Tags ?? [])),
        })]);
        if (page.Next is { } next)
            screen.Error.WriteLine(
                $"… {Number(page.Total - page.Recipients.Count)} more: --most N, or --after {next}.");
        screen.Error.WriteLine($"What this list has seen: --seen {page.Seen} of inbox delete, --since of inbox wait.");
    }
}
