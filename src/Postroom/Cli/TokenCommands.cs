using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Access;
using Postroom.Configuration;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary><c>postroom token create|list|remove</c>: who may ask the API by TCP. Through the service where one runs,
/// so that it stands in the trail; else in the data folder itself.</summary>
internal static class TokenCommands
{
    private static readonly Option<string[]> Scope = new("--scope", "-s")
    {
        Description = "What it is for; several with commas: submit (hand mail over), read, operate (retry, hold, "
            + "release, cancel; reads too), administer (everything), metrics (/metrics alone)",
        HelpName = "SCOPE",
        AllowMultipleArgumentsPerToken = true,
        Required = true,
    };

    private static readonly Option<DateOnly?> Expires = new("--expires")
    {
        Description = "The last day on which it holds: 2027-01-31",
        HelpName = "DATE",
    };

    private static readonly Column[] Columns =
        [new("NAME", IsElastic: true), new("SCOPES"), new("MADE", 2), new("LAST USED", 1), new("EXPIRES")];

    public static Command Build(Screen screen) => new("token", "The tokens of programs that ask the API")
    {
        BuildCreate(screen),
        BuildList(screen),
        BuildRemove(screen),
    };

    private static Command BuildCreate(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var create = new Command("create", "Make a token, in the place of one of the same name; it is shown this once")
            { name, Scope, Expires, CommandLine.Json };
        create.SetAction(async (result, cancel) =>
        {
            var called = result.GetValue(name) ?? "";
            string[] scopes = [.. (result.GetValue(Scope) ?? []).SelectMany(one =>
                one.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
            var answer = await MakeAsync(result, called, new TokenRequest(scopes, result.GetValue(Expires)), cancel);
            if (result.GetValue(CommandLine.Json))
            {
                QueueCommands.Write(screen, answer, ApiJson.Default.NewTokenAnswer);
                return (int)ExitCode.Done;
            }

            // Alone on standard output, so that a script may catch it.
            screen.Out.WriteLine(answer.Token);
            screen.Error.WriteLine($"That is the token {called}: keep it now, it is not shown again. Send it as: "
                + "Authorization: Bearer TOKEN");
            return (int)ExitCode.Done;
        });
        return create;
    }

    private static Command BuildList(Screen screen)
    {
        var list = new Command("list", "The tokens by name: what for, made when, used when") { CommandLine.Json };
        list.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var answer = service is null
                ? TokenActions.Of(TokensOf(result))
                : await service.GetAsync("api/v1/tokens", ApiJson.Default.TokensAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.TokensAnswer);
            else if (answer.Tokens.Count > 0)
                screen.Table(Columns, [.. answer.Tokens.Select(Row)]);
            return (int)(answer.Tokens.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    private static Command BuildRemove(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var remove = new Command("remove", "Take a token away: it holds no more") { name };
        remove.SetAction(async (result, cancel) =>
        {
            var called = result.GetValue(name) ?? "";
            using var service = Service(result);
            if (service is not null)
                await service.DeleteAsync($"api/v1/tokens/{Uri.EscapeDataString(called)}",
                    ApiJson.Default.TokensAnswer, cancel);
            else if (!TokensOf(result).Remove(called))
                throw new CliException(ExitCode.NothingFound, $"there is no token {SafeText.Of(called)}");
            screen.Line($"{SafeText.Of(called)} holds no more.");
            return (int)ExitCode.Done;
        });
        return remove;
    }

    private static async Task<NewTokenAnswer> MakeAsync(
        ParseResult result, string name, TokenRequest request, CancellationToken cancel)
    {
        using var service = Service(result);
        if (service is not null)
            return await service.PutAsync($"api/v1/tokens/{Uri.EscapeDataString(name)}", request,
                ApiJson.Default.TokenRequest, ApiJson.Default.NewTokenAnswer, cancel);
        try
        {
            var scopes = TokenActions.Check(name, request, TimeProvider.System);
            Folder.Create(CommandLine.DataFolderOf(result));
            var (token, shown) = TokensOf(result).Make(name, scopes, request.Expires);
            return new NewTokenAnswer(shown, AnswerOf.Token(token, isOver: false));
        }
        catch (ApiProblem problem)
        {
            throw new CliException(ExitCode.Wrong, SafeText.Of($"{problem.Answer.Title}. {problem.Answer.Detail}"));
        }
    }

    /// <summary>The tokens of a data folder, while no service runs.</summary>
    public static ApiTokens TokensOf(string folder) => new(Folders.Tokens(folder), TimeProvider.System,
        Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private static ApiTokens TokensOf(ParseResult result) => TokensOf(CommandLine.DataFolderOf(result));

    private static ApiClient? Service(ParseResult result) => ApiClient.TryConnect(CommandLine.DataFolderOf(result));

    private static string[] Row(TokenAnswer token) =>
    [
        SafeText.Of(token.Name), string.Join(", ", token.Scopes), Day(token.MadeOn),
        token.UsedOn is { } used ? Day(used) : "never", Day(token.Expires) + (token.IsOver == true ? ", over" : ""),
    ];

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
}
