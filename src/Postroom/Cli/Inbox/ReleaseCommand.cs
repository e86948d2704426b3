using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Inbox;
using Postroom.Host;

namespace Postroom.Cli.Inbox;

/// <summary><c>postroom inbox release</c>: to the true recipients, or as copies to others.</summary>
internal static class ReleaseCommand
{
    private static readonly Option<string[]> To = new("--to")
    {
        Description = "Hand the mail to these instead, as a new one; the sandbox has to allow each",
        HelpName = "ADDRESS",
    };

    private static readonly Option<string?> From = new("--from")
    {
        Description = "With --to: whom failures go to; without it, nobody", HelpName = "ADDRESS",
    };

    private static readonly Option<string?> Key = new("--key")
    {
        Description = "With --to: what was asked under the same key is done once", HelpName = "TEXT",
    };

    public static Command Build(Screen screen)
    {
        var words = QueueCommands.Words("FILTER or ID");
        var release = new Command("release", "Let captured mail go to its recipients, or with --to to others")
        {
            words, To, From, Key, MarkCommands.Why, CommandLine.Json,
        };
        release.SetAction(async (result, cancel) =>
        {
            var request = MarkCommands.Request(result, result.GetValue(words) ?? []) with
            {
                To = result.GetValue(To) is { Length: > 0 } to ? to : null, From = result.GetValue(From),
            };
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var done = await service.InboxAsync("release", request, result.GetValue(Key), cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, done, ApiJson.Default.InboxAnswer);
            else
                Show(screen, done);
            return (int)(done.Changed > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return release;
    }

    private static void Show(Screen screen, InboxAnswer done)
    {
        if (done.Copies is { } copies)
        {
            foreach (var copy in copies)
                screen.Line($"{copy.Of} → {copy.Id}{(copy.Repeated == true ? ", as before" : "")}");
            return;
        }

        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"release: {done.Changed} of {done.Matched} matching recipients"));
        foreach (var one in done.Outlook ?? [])
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"  as the rules are now, {one.Recipients}: {one.Becomes}, by {SafeText.Of(one.Rule)}"), hang: 4);
    }
}
