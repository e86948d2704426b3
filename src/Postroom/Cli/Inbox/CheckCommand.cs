using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Inbox;

/// <summary><c>inbox check</c>: what of a mail will not arrive, not be seen or not be trusted.</summary>
internal static class CheckCommand
{
    public static Command Build(Screen screen)
    {
        var fetch = new Option<bool>("--fetch")
        {
            Description = "The service asks where the links lead: their servers see that, and nothing within is asked",
        };
        var dns = new Option<bool>("--dns")
        {
            Description = "The service asks DNS for SPF, DKIM and DMARC, as receivers would",
        };
        var ip = new Option<string?>("--ip")
        {
            Description = "With --dns: the public address from which receivers see the mail come, for SPF",
            HelpName = "ADDRESS",
        };
        var check = new Command("check", "Say what of a mail will not arrive, not be seen or not be trusted; ends "
            + "with 1 "
            + "where something is a problem")
        {
            ContentCommands.Id, fetch, dns, ip, CommandLine.Json,
        };
        check.SetAction(async (result, cancel) =>
        {
            if (result.GetValue(ip) is not null && !result.GetValue(dns))
                throw new CliException(ExitCode.Usage, "--ip says for which address DNS is asked: give --dns too");
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            string?[] query =
            [
                result.GetValue(fetch) ? "fetch=true" : null, result.GetValue(dns) ? "dns=true" : null,
                result.GetValue(ip) is { } address ? $"ip={Uri.EscapeDataString(address)}" : null,
            ];
            var answer = await service.GetAsync($"{ContentCommands.PathOf(result)}/checks?"
                + string.Join('&', query.Where(one => one is not null)),
                ApiJson.Default.ChecksAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.ChecksAnswer);
            else
                Show(screen, answer);
            return (int)(answer.Problems == 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return check;
    }

    private static void Show(Screen screen, Api.Contents.ChecksAnswer answer)
    {
        foreach (var one in answer.Findings)
        {
            var severity = one.Severity.PadRight(7);
            screen.Line($"{(one.Severity == "problem" ? screen.Bold(severity) : screen.Faint(severity))}  "
                + $"{one.Name}: {SafeText.Of(one.What)}", hang: 9);
            if (one.Where is { } where)
                screen.Line($"         at {SafeText.Of(where)}");
            if (one.Cure.Length > 0)
                screen.Line($"         → {SafeText.Of(one.Cure)}", hang: 11);
        }

        if (answer.Results is { } results)
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"Receivers would find ({answer.Questions} questions to DNS): {SafeText.Of(results)}"), hang: 4);
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"Problems: {answer.Problems}; advice: {answer.Findings.Count(one => one.Severity == "advice")}"));
    }
}
