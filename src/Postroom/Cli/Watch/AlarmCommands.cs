using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Watch;

/// <summary><c>postroom alarm list|notices|test</c>: what is wrong, and whether those in charge are told.</summary>
internal static class AlarmCommands
{
    private static readonly Column[] KnownColumns =
        [new("ALARM"), new("RAISED WHEN", IsElastic: true), new("SEVERITY", 1)];

    private static readonly Column[] NoticeColumns =
    [
        new("WHEN"), new("RECEIVER"), new("STATE"), new("TRIES", 2, IsNumber: true), new("ABOUT", IsElastic: true),
        new("LAST WORD", 1, IsElastic: true),
    ];

    private static readonly Option<bool> Known = new("--known")
    {
        Description = "Every alarm that there is, and when it is raised",
    };

    public static Command Build(Screen screen) => new("alarm", "What is wrong, and who is told of it")
    {
        BuildList(screen),
        BuildNotices(screen),
        BuildTest(screen),
    };

    private static Command BuildList(Screen screen)
    {
        var list = new Command("list", "The alarms that are raised now, the oldest first") { Known, CommandLine.Json };
        list.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var answer = await service.GetAsync("api/v1/alarms", ApiJson.Default.AlarmsAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.AlarmsAnswer);
            else if (result.GetValue(Known))
                screen.Table(KnownColumns, [.. answer.Known.Select(one =>
                    new[] { SafeText.Of(one.Name), SafeText.Of(one.Condition), one.Severity })]);
            else
                Show(screen, answer, DateTimeOffset.UtcNow);
            return (int)(answer.Raised.Count > 0 || result.GetValue(Known) ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    private static Command BuildNotices(Screen screen)
    {
        var notices = new Command("notices", "What receivers are told, and how that goes; oldest first")
            { CommandLine.Json };
        notices.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var answer = await service.GetAsync("api/v1/notices", ApiJson.Default.NoticesAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.NoticesAnswer);
            else if (answer.Notices.Count > 0)
                screen.Table(NoticeColumns, [.. answer.Notices.Select(Row)]);
            return (int)(answer.Notices.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return notices;
    }

    private static Command BuildTest(Screen screen)
    {
        var name = new Argument<string>("NAME");
        name.Description = "The receiver, as the configuration names it";
        var test = new Command("test", "Tell a receiver that this is a test, and show what it answers")
            { name, CommandLine.Json };
        test.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var answer = await service.PostAsync(
                $"api/v1/receivers/{Uri.EscapeDataString(result.GetValue(name)!)}/test",
                ApiJson.Default.ReceiverTestAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.ReceiverTestAnswer);
            else
                screen.Line(answer.Told
                    ? $"{SafeText.Of(answer.Receiver)} took it: {SafeText.Of(answer.Words)}"
                    : $"{screen.State("failed")} {SafeText.Of(answer.Receiver)}: {SafeText.Of(answer.Words)}", hang: 2);
            return (int)(answer.Told ? ExitCode.Done : ExitCode.Refused);
        });
        return test;
    }

    private static void Show(Screen screen, AlarmsAnswer answer, DateTimeOffset now)
    {
        if (answer.Raised.Count == 0)
            screen.Line("No alarm is raised.");
        foreach (var raised in answer.Raised)
            Show(screen, raised, now);
        if (answer.Receivers.Count == 0)
            screen.Line("Nobody is told of alarms: add a [[receiver]] to the configuration.");
    }

    /// <summary>An alarm in three lines at most: what, how it stands now, and what to do.</summary>
    public static void Show(Screen screen, RaisedAnswer raised, DateTimeOffset now)
    {
        screen.Line($"{screen.State(raised.Severity.PadRight(8))}  "
            + $"{screen.Bold(SafeText.Of(raised.Alarm))} for {Screen.Span(now - raised.Since)}: "
            + SafeText.Of(raised.Now), hang: 10);
        if (raised.Cure.Length > 0)
            screen.Line($"          {SafeText.Of(raised.Cure)}", hang: 10);
    }

    private static string[] Row(NoticeAnswer notice) =>
    [
        notice.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        SafeText.Of(notice.Receiver), notice.State, notice.Tries.ToString(CultureInfo.InvariantCulture),
        SafeText.Of($"{(notice.Raised ? "" : "over: ")}{notice.Alarm} {notice.Subject}".TrimEnd()),
        SafeText.Of(notice.Last ?? ""),
    ];
}
