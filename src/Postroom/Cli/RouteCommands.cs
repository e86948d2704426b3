using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Postroom.Api;
using Postroom.Host;
using Postroom.Relay.OAuth;

namespace Postroom.Cli;

/// <summary><c>postroom route test</c>: goes the way of a mail and turns back before anything is sent.</summary>
internal static class RouteCommands
{
    private static readonly Option<string?> From = new("--from")
    {
        Description = "The sender to offer; without it the account's own address",
        HelpName = "ADDRESS",
    };

    private static readonly Option<string?> SendTo = new("--send-to")
    {
        Description = "Send a small mail there if all is well",
        HelpName = "ADDRESS",
    };

    public static Command Build(Screen screen) => new("route", "The ways out")
    {
        BuildTest(screen),
    };

    /// <summary>Tries a route out: by the service where one runs, else from here.</summary>
    /// <exception cref="CliException">There is no such route, or the configuration is wrong.</exception>
    public static async Task<TrialAnswer> TryOutAsync(
        ParseResult result, string name, TrialRequest request, CancellationToken cancel)
    {
        using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
        if (service is not null)
            return await service.TryOutAsync(name, request, cancel);
        if (request.SendTo is not null)
            throw new CliException(ExitCode.NotRunning, "a mail goes by the service, and none runs: start it with "
                + "`postroom run`, or leave --send-to out");
        var all = SecretCommands.ConfigurationOf(result);
        var vault = all.Vault.Open(TimeProvider.System);
        using var tokens = new TokenBook(vault, TimeProvider.System, new Random());
        tokens.Use(all.Accounts);
        var wiring = StandardWiring.Make(NullLoggerFactory.Instance);
        try
        {
            return await Trials.RunAsync(name, request, wiring, new CourierNeeds(all, vault, tokens), cancel)
                ?? throw new CliException(ExitCode.NothingFound, $"there is no route {name}; there are: "
                    + string.Join(", ", all.Routes.Select(route => route.Name).DefaultIfEmpty("none")));
        }
        catch (ApiProblem problem)
        {
            throw new CliException(ExitCode.Usage, $"{problem.Answer.Title}. {problem.Answer.Detail}");
        }
    }

    /// <summary>Each step with its milliseconds and the other side's words.</summary>
    public static void Show(Screen screen, TrialAnswer answer)
    {
        foreach (var step in answer.Steps)
            screen.Line(string.Create(CultureInfo.InvariantCulture,
                $"  {step.Name,-9} {step.Milliseconds,8:0.0} ms  {SafeText.Of(step.Words)}"), hang: 24);
        if (answer.Failure is { } failure)
            screen.Line($"  {screen.State("failed")}    {SafeText.Of(failure.Diagnostic)}", hang: 12);
        else
            screen.Line($"A mail from {SafeText.Of(answer.From)} can go by {SafeText.Of(answer.Route)} now. "
                + (answer.Mail is { } id ? $"One was sent: postroom queue show {id}" : "Nothing was sent."));
        if (answer.Explanation is { } known)
            ExplanationView.Show(screen, known, "  ");
    }

    private static Command BuildTest(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var test = new Command("test", "Connect, log in and offer the sender, as a mail would; nothing is sent")
            { name, From, SendTo, CommandLine.Json };
        test.SetAction(async (result, cancel) =>
        {
            var request = new TrialRequest(result.GetValue(From), result.GetValue(SendTo));
            var answer = await TryOutAsync(result, result.GetValue(name)!, request, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.TrialAnswer);
            else
                Show(screen, answer);
            return (int)(answer.Failure is null ? ExitCode.Done : ExitCode.Refused);
        });
        return test;
    }
}
