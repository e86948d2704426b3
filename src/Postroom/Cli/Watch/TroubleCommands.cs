using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Trouble;
using Postroom.Host;

namespace Postroom.Cli.Watch;

/// <summary><c>postroom trouble</c>, <c>trouble set</c>, <c>trouble clear</c>: what is made to go wrong, on
/// purpose.</summary>
internal static class TroubleCommands
{
    private static readonly Column[] Columns =
    [
        new("RULE", IsElastic: true), new("AT"), new("WHAT", IsElastic: true), new("%"), new("MADE"), new("UNTIL"),
        new("BY", 1),
    ];

    public static Command Build(Screen screen)
    {
        var trouble = new Command("trouble", "What is made to go wrong on purpose, and how often it did")
        {
            CommandLine.Json, BuildSet(screen), BuildClear(screen),
        };
        trouble.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            Show(screen, result, await service.GetAsync("api/v1/trouble", ApiJson.Default.TroubleAnswer, cancel));
            return (int)ExitCode.Done;
        });
        return trouble;
    }

    private static Command BuildSet(Screen screen)
    {
        var name = new Argument<string>("NAME") { Description = "Its name, in the trail and in the reply" };
        var stage = new Option<string>("--stage")
        {
            Description = "connect, hello, login, mail, rcpt, data or delivery", HelpName = "STAGE", Required = true,
        };
        stage.AcceptOnlyFromAmong("connect", "hello", "login", "mail", "rcpt", "data", "delivery");
        var code = new Option<int?>("--code") { Description = "The code of the reply: 451, 550", HelpName = "CODE" };
        var status = new Option<string?>("--status")
            { Description = "The enhanced status of the reply: 4.7.1", HelpName = "STATUS" };
        var text = new Option<string?>("--text") { Description = "The text of the reply", HelpName = "TEXT" };
        var delay = new Option<double?>("--delay")
            { Description = "How late the answer is, in seconds", HelpName = "SECONDS" };
        var disconnect = new Option<bool>("--disconnect") { Description = "The connection ends without an answer" };
        var percent = new Option<double?>("--percent")
            { Description = "How often of all that it fits; without it, always", HelpName = "PERCENT" };
        var filter = new Option<string?>("--for")
            { Description = "Which mail, in the language of filters: \"app:jira\"", HelpName = "FILTER" };
        var to = new Option<string[]>("--to")
            { Description = "Which recipients: an address, @domain or a pattern; or several", HelpName = "TO" };
        var listener = new Option<string[]>("--listener")
            { Description = "At which listener, by name; several if you like", HelpName = "NAME" };
        var until = new Option<string?>("--until")
        {
            Description = "When it ends by itself: 2027-01-31T18:00, or 2h from now; without it, in an hour",
            HelpName = "TIME",
        };
        var inLive = new Option<bool>("--in-live")
            { Description = "Also mail that would go out to whom it is addressed" };
        var set = new Command("set", "Have something go wrong from now on, for a while")
        {
            name, stage, code, status, text, delay, disconnect, percent, filter, to, listener, until, inLive,
            CommandLine.Json,
        };
        set.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var request = new TroubleRequest(result.GetValue(stage), result.GetValue(code), result.GetValue(status),
                result.GetValue(text))
            {
                Delay = result.GetValue(delay), Disconnect = result.GetValue(disconnect),
                Percent = result.GetValue(percent), Filter = result.GetValue(filter),
                To = result.GetValue(to) is { Length: > 0 } some ? some : null,
                Listeners = result.GetValue(listener) is { Length: > 0 } names ? names : null,
                Until = ModeCommands.EndOf(result.GetValue(until), TimeProvider.System.GetLocalNow()),
                InLive = result.GetValue(inLive),
            };
            Show(screen, result, await service.PutAsync(PathOf(result.GetValue(name)!), request,
                ApiJson.Default.TroubleRequest, ApiJson.Default.TroubleAnswer, cancel));
            return (int)ExitCode.Done;
        });
        return set;
    }

    private static Command BuildClear(Screen screen)
    {
        var name = new Argument<string?>("NAME")
            { Description = "Which; without it, all that was set", Arity = ArgumentArity.ZeroOrOne };
        var clear = new Command("clear", "Take back what was set; what the configuration says stays")
            { name, CommandLine.Json };
        clear.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            Show(screen, result, await service.DeleteAsync(
                result.GetValue(name) is { } one ? PathOf(one) : "api/v1/trouble", ApiJson.Default.TroubleAnswer,
                cancel));
            return (int)ExitCode.Done;
        });
        return clear;
    }

    private static string PathOf(string name) => $"api/v1/trouble/{Uri.EscapeDataString(name)}";

    private static void Show(Screen screen, ParseResult result, TroubleAnswer answer)
    {
        if (result.GetValue(CommandLine.Json))
        {
            QueueCommands.Write(screen, answer, ApiJson.Default.TroubleAnswer);
            return;
        }

        var now = TimeProvider.System.GetLocalNow();
        if (answer.Rules.Count > 0)
            screen.Table(Columns, [.. answer.Rules.Select(rule => new[]
            {
                SafeText.Of(rule.Name), rule.Stage, What(rule),
                rule.Percent.ToString("0.##", CultureInfo.InvariantCulture),
                rule.Made.ToString(CultureInfo.InvariantCulture),
                rule.Until is { } until ? Screen.Time(until, now) : "", SafeText.Of(rule.Who ?? "configuration"),
            })]);
        screen.Line(answer.Addresses
            ? string.Create(CultureInfo.InvariantCulture, $"Addresses such as bob+451@example.com make trouble by "
                + $"themselves, where mail to them would not leave: {answer.MadeByAddresses} times since the start.")
            : "Addresses make no trouble: trouble_addresses = false.", hang: 2);
    }

    private static string What(TroubleRuleAnswer rule)
    {
        var what = rule.Reply is { } reply ? SafeText.Of(reply) : rule.Disconnect == true ? "cut off" : "late";
        return (rule.Delay is { } delay
            ? string.Create(CultureInfo.InvariantCulture, $"{what}, after {delay:0.###} s") : what)
            + (rule.InLive == true ? "; live mail too" : "");
    }
}
