using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Inbox;
using Postroom.Mail;

namespace Postroom.Cli.Inbox;

/// <summary><c>postroom inbox read|unread|tag|untag|delete</c>.</summary>
internal static class MarkCommands
{
    private static readonly Option<bool> All = new("--all", "-a")
    {
        Description = "All captured mail: needed where no filter is given",
    };

    private static readonly Option<string?> Seen = new("--seen")
    {
        Description = "By a filter: what the list had seen, as it said; what came later stays", HelpName = "MARK",
    };

    private static readonly Option<long?> Count = new("--count")
    {
        Description = "By a filter, in the place of --seen: how many recipients it has to be", HelpName = "N",
    };

    private static readonly Option<bool> Unread = new("--unread")
    {
        Description = "By a filter: also what nobody has read",
    };

    internal static readonly Option<string?> Why = new("--why", "--reason")
    {
        Description = "The reason, for the trail", HelpName = "TEXT",
    };

    public static Command Build(Screen screen, string name, string manual)
    {
        var words = QueueCommands.Words("FILTER or ID");
        var command = new Command(name, manual) { words, All, CommandLine.Json };
        command.SetAction((result, cancel) =>
            DoAsync(screen, result, name, Request(result, result.GetValue(words) ?? []), cancel));
        return command;
    }

    public static Command BuildTag(Screen screen, string name, string manual)
    {
        var tag = new Argument<string>("TAG") { Description = "Letters, digits and -_.:#+; no regard to case" };
        var words = QueueCommands.Words("FILTER or ID");
        var command = new Command(name, manual) { tag, words, All, CommandLine.Json };
        command.SetAction((result, cancel) => DoAsync(screen, result, name,
            Request(result, result.GetValue(words) ?? []) with { Tags = [result.GetValue(tag) ?? ""] }, cancel));
        return command;
    }

    public static Command BuildDelete(Screen screen)
    {
        var words = QueueCommands.Words("FILTER or ID");
        var delete = new Command("delete", "Delete captured mail by ids, or by a filter what was seen and read: its "
            + "bytes go, the record stays") { words, All, Seen, Count, Unread, Why, CommandLine.Json };
        delete.SetAction((result, cancel) => DoAsync(screen, result, "delete",
            Request(result, result.GetValue(words) ?? []) with
            {
                Seen = result.GetValue(Seen), Count = result.GetValue(Count),
                Unread = result.GetValue(Unread) ? true : null,
            }, cancel));
        return delete;
    }

    /// <summary>Ids where all words are that, else a filter.</summary>
    /// <exception cref="CliException">Nothing is named.</exception>
    internal static InboxRequest Request(ParseResult result, string[] words)
    {
        var all = result.GetResult(All) is not null && result.GetValue(All);
        if (words.Length == 0 && !all)
            throw new CliException(ExitCode.Usage,
                $"{result.CommandResult.Command.Name} what? Give ids or a filter, or --all if all captured mail is "
                    + "meant");
        var why = result.GetResult(Why) is null ? null : result.GetValue(Why);
        return words.Length > 0 && words.All(static word => MailId.TryParse(word, out _))
            ? new InboxRequest(null, words, false, why)
            : new InboxRequest(FilterWords.Join(words), null, all, why);
    }

    private static async Task<int> DoAsync(
        Screen screen, ParseResult result, string action, InboxRequest request, CancellationToken cancel)
    {
        using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
        var done = await service.InboxAsync(action, request, null, cancel);
        if (result.GetValue(CommandLine.Json))
            QueueCommands.Write(screen, done, ApiJson.Default.InboxAnswer);
        else
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"{action}: {done.Changed} of {done.Matched} matching {(action == "delete" ? "recipients" : "mails")}")
                + (done.Left is { } left ? string.Create(CultureInfo.InvariantCulture,
                    $"; {left} stay: not read, or come since (--unread deletes unread mail too)") : ""));
        return (int)(done.Changed > 0 ? ExitCode.Done : ExitCode.NothingFound);
    }
}
