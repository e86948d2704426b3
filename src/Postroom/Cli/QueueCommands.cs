using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Json;
using Postroom.Api;
using Postroom.Cli.Watch;
using Postroom.Host;
using Postroom.Mail;

namespace Postroom.Cli;

/// <summary><c>postroom queue …</c> and <c>postroom search</c>: looking at mail, and acting on it.</summary>
internal static class QueueCommands
{
    private static readonly Option<int> Most = new("--most", "-n")
    {
        Description = "The most rows", DefaultValueFactory = _ => 50, HelpName = "N",
    };
    private static readonly Option<string?> After =
        new("--after") { Description = "The next page: what the page before said", HelpName = "CURSOR" };
    private static readonly Option<string?> Why =
        new("--why") { Description = "The reason, for the trail", HelpName = "TEXT" };

    public static Command Build(Screen screen) => new("queue", "Look at mail and act on it")
    {
        BuildList(screen),
        BuildCount(screen),
        BuildShow(screen),
        BuildAction(screen, "retry", "Try again at once what waits"),
        BuildAction(screen, "hold", "Keep what waits until it is released"),
        BuildAction(screen, "release", "Let go what is held; with state:captured, state:failed or ids also that"),
        BuildAction(screen, "cancel", "End what waits or is held: it will not be sent"),
    };

    public static Command BuildSearch(Screen screen)
    {
        var words = Words("FILTER");
        var search = new Command("search",
            "Find mail by to: from: subject: id: route: state: reply: before: after: age: or words; all states")
        {
            words, Most, After, CommandLine.Json,
        };
        search.SetAction((result, cancel) => ListAsync(screen, result, FilterOf(result, words), cancel));
        return search;
    }

    public static Command BuildWhy(Screen screen)
    {
        var words = Words("FILTER");
        var why = new Command("why", "Say in sentences what became of a mail, or why there is none: "
            + "postroom why to:alice@example.com issue:PROJ-123") { words, CommandLine.Json };
        why.SetAction(async (result, cancel) =>
        {
            var filter = FilterOf(result, words);
            if (filter.Length == 0)
                throw new CliException(ExitCode.Usage,
                    "why what? For example: postroom why to:alice@example.com issue:PROJ-123");
            using var source = MailSource.Open(CommandLine.DataFolderOf(result));
            var answer = await source.WhyAsync(filter, cancel);
            if (result.GetValue(CommandLine.Json))
                Write(screen, answer, ApiJson.Default.ReasonsAnswer);
            else
                MailView.Why(screen, answer);
            if (source.IsOffline)
                screen.Error.WriteLine("The service is not running: this is what the index last knew.");
            return (int)(answer.Recipients.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return why;
    }

    private static Command BuildList(Screen screen)
    {
        var words = Words("FILTER");
        var all = new Option<bool>("--all", "-a") { Description = "Mail that has ended too" };
        var list = new Command("list", "List open mail: waiting, trying, held") { words, all, Most, After,
            CommandLine.Json };
        list.SetAction((result, cancel) =>
        {
            var filter = FilterOf(result, words);
            return ListAsync(screen, result, result.GetValue(all) ? filter : FilterWords.OnlyOpen(filter), cancel);
        });
        return list;
    }

    private static Command BuildCount(Screen screen)
    {
        var words = Words("FILTER");
        var all = new Option<bool>("--all", "-a") { Description = "Mail that has ended too" };
        var count = new Command("count",
            "Print how many recipients match: open ones, if the filter names no state") { words, all };
        count.SetAction(async (result, cancel) =>
        {
            using var source = MailSource.Open(CommandLine.DataFolderOf(result));
            var filter = FilterOf(result, words);
            var page = await source.CountAsync(result.GetValue(all) ? filter : FilterWords.OnlyOpen(filter), cancel);
            screen.Line(page.Total.ToString(CultureInfo.InvariantCulture));
            return (int)ExitCode.Done;
        });
        return count;
    }

    private static async Task<int> ListAsync(Screen screen, ParseResult result, string filter, CancellationToken cancel)
    {
        using var source = MailSource.Open(CommandLine.DataFolderOf(result));
        var page = await source.PageAsync(filter, result.GetValue(After), result.GetValue(Most), cancel);
        if (page.ModeSet is { } said && !result.GetValue(CommandLine.Json))
            screen.Line(screen.Bold(ModeCommands.Line(said, TimeProvider.System.GetLocalNow())));
        if (result.GetValue(CommandLine.Json))
            Write(screen, page, ApiJson.Default.QueueAnswer);
        else if (page.Recipients.Count > 0 || page.LookedBackTo is not null)
            MailView.List(screen, page, TimeProvider.System.GetLocalNow());
        else
            screen.Error.WriteLine("Nothing matches. Stored: " + string.Join(", ",
                page.Counts.Where(c => c.Value > 0).Select(c => $"{c.Value} {c.Key}").DefaultIfEmpty("nothing yet")));
        if (source.IsOffline)
            screen.Error.WriteLine("The service is not running: this is what the index last knew.");
        return (int)(page.Recipients.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
    }

    private static Command BuildShow(Screen screen)
    {
        var id = new Argument<string>("ID") { Description = "The mail's id, as in the 250 and in lists" };
        var raw = new Option<bool>("--raw") { Description = "The bytes of the mail, as they leave" };
        var show = new Command("show", "Show one mail with its recipients and its timeline") { id, raw,
            CommandLine.Json };
        show.SetAction(async (result, cancel) =>
        {
            using var source = MailSource.Open(CommandLine.DataFolderOf(result));
            var name = result.GetValue(id) ?? "";
            if (result.GetValue(raw))
            {
                await using var output = Console.OpenStandardOutput();
                await source.CopyRawAsync(name, output, cancel);
                return (int)ExitCode.Done;
            }
            var mail = await source.ShowAsync(name, cancel);
            if (result.GetValue(CommandLine.Json))
                Write(screen, mail, ApiJson.Default.MailAnswer);
            else
                MailView.Show(screen, mail, TimeProvider.System.GetLocalNow());
            return (int)ExitCode.Done;
        });
        return show;
    }

    private static Command BuildAction(Screen screen, string name, string manual)
    {
        var words = Words("FILTER or ID");
        var all = new Option<bool>("--all", "-a") { Description = "All mail: needed where no filter is given" };
        var action = new Command(name, manual) { words, all, Why, CommandLine.Json };
        action.SetAction(async (result, cancel) =>
        {
            var given = Checked(result.GetValue(words) ?? []);
            var areIds = given.Length > 0 && given.All(w => MailId.TryParse(w, out _));
            if (given.Length == 0 && !result.GetValue(all))
                throw new CliException(ExitCode.Usage,
                    $"{name} what? Give ids or a filter, or --all if all mail is meant");
            var folder = CommandLine.DataFolderOf(result);
            using var service = ApiClient.TryConnect(folder)
                ?? throw new CliException(ExitCode.NotRunning,
                    $"no service runs on {folder}: mail can be looked at without it, but not changed");
            var request = new ActionRequest(areIds ? null : FilterWords.Join(given), areIds ? given : null,
                result.GetValue(all), result.GetValue(Why));
            var done = await service.PostAsync($"api/v1/queue/{name}", request, ApiJson.Default.ActionAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                Write(screen, done, ApiJson.Default.ActionAnswer);
            else
                screen.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{name}: {done.Changed} of {done.Matched} matching recipients"));
            return (int)(done.Changed > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return action;
    }

    internal static void Write<T>(Screen screen, T answer, JsonTypeInfo<T> type) =>
        screen.Line(JsonSerializer.Serialize(answer, type));

    internal static Argument<string[]> Words(string name) => new(name)
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "For example: to:alice@example.com state:held subject:\"build failed\" age:>2h -route:upstream",
    };

    internal static string FilterOf(ParseResult result, Argument<string[]> words) =>
        FilterWords.Join(Checked(result.GetValue(words) ?? []));

    // A mistyped option would otherwise be taken for a word to search for: -to:x is a term, --jsno is nothing.
    private static string[] Checked(string[] words) =>
        Array.Find(words, w => w.StartsWith("--", StringComparison.Ordinal)) is { } wrong
        ? throw new CliException(ExitCode.Usage, $"there is no option {SafeText.Of(wrong)}; try: postroom queue --help")
        : words;
}
