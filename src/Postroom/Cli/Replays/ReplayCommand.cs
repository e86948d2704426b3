using System.CommandLine;
using Postroom.Api;
using Postroom.Api.Replays;
using Postroom.Mail;

namespace Postroom.Cli.Replays;

/// <summary><c>postroom replay</c>: what a filter finds, once more.</summary>
internal static class ReplayCommand
{
    private static readonly Option<string[]> To = new("--to")
    {
        Description = "To these, in the place of the recipients that match; the sandbox has to allow each",
        HelpName = "ADDRESS",
    };

    private static readonly Option<string?> By = new("--by")
    {
        Description = "By this route, whatever routes fit", HelpName = "ROUTE",
    };

    private static readonly Option<string?> Why = new("--why", "--reason")
    {
        Description = "The reason, for the timelines", HelpName = "TEXT",
    };

    private static readonly Option<string?> Again = new("--again")
    {
        Description = "Also what was replayed before, once under this name; needs --why", HelpName = "NAME",
    };

    private static readonly Option<bool> All = new("--all", "-a")
    {
        Description = "All mail: needed where no filter is given",
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Only look what would be done" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "However many match" };

    private static readonly Option<long?> Count = new("--count")
    {
        Description = "In the place of --yes: how many recipients match, as --dry-run said", HelpName = "N",
    };

    public static Command Build(Screen screen)
    {
        var words = QueueCommands.Words("FILTER or ID");
        var replay = new Command("replay", "Send what matches once more, once and not twice: to the same recipients or "
            + "to others, by its route or another")
        {
            words, To, By, Why, Again, All, DryRun, Yes, Count, CommandLine.Json,
        };
        replay.SetAction((result, cancel) => DoAsync(screen, result, Request(result, words), cancel));
        return replay;
    }

    /// <summary>Ids where all words are that, else a filter.</summary>
    private static ReplayRequest Request(ParseResult result, Argument<string[]> words)
    {
        var given = result.GetValue(words) ?? [];
        if (given.Length == 0 && !result.GetValue(All))
            throw new CliException(ExitCode.Usage, "replay what? Give ids or a filter, or --all if all mail is meant");
        var areIds = given.Length > 0 && given.All(static word => MailId.TryParse(word, out _));
        return new ReplayRequest(areIds ? null : QueueCommands.FilterOf(result, words), areIds ? given : null,
            result.GetValue(All), result.GetValue(Why))
        {
            To = result.GetValue(To) is { Length: > 0 } to ? to : null,
            By = result.GetValue(By),
            Again = result.GetValue(Again),
            Count = result.GetValue(Count),
        };
    }

    private static async Task<int> DoAsync(
        Screen screen, ParseResult result, ReplayRequest request, CancellationToken cancel)
    {
        using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
        var isSaid = request.Ids is not null || result.GetValue(Yes) || request.Count is not null;
        var isDry = result.GetValue(DryRun) || !isSaid;
        if (!isDry && request is { Ids: null, Count: null })
            request = request with
            {
                Count = (await service.ReplayAsync(request with { DryRun = true, Most = 1 }, cancel)).Matched,
            };
        var done = await WalkAsync(screen, service, request with { DryRun = isDry ? true : null }, cancel);
        if (result.GetValue(CommandLine.Json))
            QueueCommands.Write(screen, done, ApiJson.Default.ReplayAnswer);
        else
            ReplayView.Show(screen, done, isDry);
        if (isDry && !result.GetValue(DryRun))
            throw new CliException(ExitCode.Usage, FormattableString.Invariant(
                $"nothing was replayed: say --count {done.Matched}, which is how many match now, or --yes"));
        var isWhole = done.Left.All(static one => one.Reason is "replayed" or "replay");
        return (int)(isWhole && done.Replayed.Count + done.Left.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
    }

    // Cut off between two pages it is no worse than within one: the same command completes it.
    private static async Task<ReplayAnswer> WalkAsync(
        Screen screen, ApiClient service, ReplayRequest request, CancellationToken cancel)
    {
        var (replayed, left) = (new List<ReplayedAnswer>(), new List<LeftAnswer>());
        var answer = await service.ReplayAsync(request, cancel);
        var matched = answer.Matched;
        while (true)
        {
            replayed.AddRange(answer.Replayed);
            left.AddRange(answer.Left);
            if (answer.Next is null)
                return new ReplayAnswer(replayed, left) { Matched = matched };
            if (request.DryRun is null)
                screen.Error.WriteLine(FormattableString.Invariant($"… {replayed.Count} mails replayed"));
            answer = await service.ReplayAsync(request with { After = answer.Next }, cancel);
        }
    }
}
