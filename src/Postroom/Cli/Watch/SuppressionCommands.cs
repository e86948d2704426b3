using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Export;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Relay.Suppression;

namespace Postroom.Cli.Watch;

/// <summary><c>postroom suppression list|add|remove|import|export</c>: the addresses that no mail is sent to. Through
/// the service where one runs, so that it stands in the trail; else in the data folder itself.</summary>
internal static class SuppressionCommands
{
    private const int MostAtOnce = 10_000;

    private static readonly Column[] Columns =
    [
        new("ADDRESS", IsElastic: true), new("SINCE", 1), new("UNTIL"), new("FAILED", 2, IsNumber: true),
        new("LAST ABOUT", 3), new("REASON", IsElastic: true),
    ];

    private static readonly Option<string?> Reason = new("--reason", "-r")
    {
        Description = "Why, for whoever asks later", HelpName = "TEXT",
    };

    private static readonly Option<DateOnly?> Until = new("--until")
    {
        Description = "The day on which mail goes there again: 2027-01-31; without it, when somebody takes it off",
        HelpName = "DATE",
    };

    public static Command Build(Screen screen) => new("suppression", "The addresses that no mail is sent to")
    {
        BuildList(screen),
        BuildAdd(screen),
        BuildRemove(screen),
        BuildImport(screen),
        BuildExport(screen),
    };

    private static Command BuildList(Screen screen)
    {
        var list = new Command("list", "Each with the reason and until when") { CommandLine.Json };
        list.SetAction(async (result, cancel) =>
        {
            var answer = await ListAsync(result, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.SuppressionsAnswer);
            else if (answer.Suppressions.Count > 0)
                screen.Table(Columns, [.. answer.Suppressions.Select(Row)]);
            return (int)(answer.Suppressions.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    private static Command BuildAdd(Screen screen)
    {
        var addresses = new Argument<string[]>("ADDRESS") { Arity = ArgumentArity.OneOrMore };
        var add = new Command("add", "Send nothing to an address any more") { addresses, Reason, Until };
        add.SetAction(async (result, cancel) =>
        {
            await AddAsync(result, result.GetValue(addresses) ?? [], cancel);
            foreach (var address in result.GetValue(addresses) ?? [])
                screen.Line($"No mail is sent to {SafeText.Of(address)} any more.");
            return (int)ExitCode.Done;
        });
        return add;
    }

    private static Command BuildRemove(Screen screen)
    {
        var name = new Argument<string>("ADDRESS");
        var remove = new Command("remove", "Let mail go there again; what was suppressed is sent after `queue release`")
            { name };
        remove.SetAction(async (result, cancel) =>
        {
            var address = result.GetValue(name) ?? "";
            using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
            if (service is not null)
                await service.DeleteAsync($"api/v1/suppressions/{Uri.EscapeDataString(address)}",
                    ApiJson.Default.SuppressionsAnswer, cancel);
            else if (!ListOf(result).Remove(address))
                throw new CliException(ExitCode.NothingFound, $"{SafeText.Of(address)} is not suppressed");
            screen.Line($"Mail goes to {SafeText.Of(address)} again. What was suppressed: postroom queue release "
                + $"\"state:suppressed to:{SafeText.Of(address)}\"");
            return (int)ExitCode.Done;
        });
        return remove;
    }

    private static Command BuildImport(Screen screen)
    {
        var file = new Argument<string>("FILE")
        {
            Description = "An address a line, or CSV whose first column has it; - for standard input",
        };
        var import = new Command("import", "Put all addresses of a file on the list") { file, Reason, Until };
        import.SetAction(async (result, cancel) =>
        {
            var named = result.GetValue(file)!;
            try
            {
                using var reader = named == "-" ? Console.In : new StreamReader(named);
                List<string> addresses = [];
                while (await reader.ReadLineAsync(cancel) is { } line)
                    if (line.Split(',')[0].Trim().Trim('"') is { Length: > 0 } address
                        && (addresses.Count > 0 || address.Contains('@', StringComparison.Ordinal))) // not a heading
                        addresses.Add(address);
                foreach (var some in addresses.Chunk(MostAtOnce))
                    await AddAsync(result, some, cancel);
                screen.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{addresses.Count} addresses are suppressed."));
                return (int)(addresses.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException(ExitCode.NothingFound, $"{SafeText.Of(named)} cannot be read: {e.Message}");
            }
        });
        return import;
    }

    private static Command BuildExport(Screen screen)
    {
        var export = new Command("export", "All of them as CSV, for whoever runs the user directory");
        export.SetAction(async (result, cancel) =>
        {
            screen.Out.Write("address,since,until,failures,application,item,by,reason" + Csv.End);
            foreach (var one in (await ListAsync(result, cancel)).Suppressions)
                screen.Out.Write(Csv.Line(one.Address, Instant(one.Since), Instant(one.Until),
                    one.Failures.ToString(CultureInfo.InvariantCulture), one.App, one.Item, one.Who, one.Reason)
                    + Csv.End);
            return (int)ExitCode.Done;
        });
        return export;
    }

    private static async Task<SuppressionsAnswer> ListAsync(ParseResult result, CancellationToken cancel)
    {
        using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
        return service is null
            ? SuppressionActions.Of(ListOf(result))
            : await service.GetAsync("api/v1/suppressions", ApiJson.Default.SuppressionsAnswer, cancel);
    }

    private static async Task AddAsync(ParseResult result, string[] addresses, CancellationToken cancel)
    {
        var until = result.GetValue(Until) is { } day
            ? new DateTimeOffset(day.ToDateTime(default), TimeSpan.Zero) : (DateTimeOffset?)null;
        var request = new SuppressionRequest(addresses, result.GetValue(Reason), until);
        using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
        if (service is not null)
        {
            await service.AddSuppressionsAsync(request, cancel);
            return;
        }

        try
        {
            Folder.Create(CommandLine.DataFolderOf(result));
            SuppressionActions.Add(ListOf(result), request, Environment.UserName, TimeProvider.System);
        }
        catch (ApiProblem problem)
        {
            throw new CliException(ExitCode.Wrong, SafeText.Of($"{problem.Answer.Title}. {problem.Answer.Detail}"));
        }
    }

    private static SuppressionList ListOf(ParseResult result) =>
        new(Folders.Suppressions(CommandLine.DataFolderOf(result)), TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    private static string[] Row(SuppressionAnswer one) =>
    [
        SafeText.Of(one.Address), Day(one.Since), one.Until is { } until ? Day(until) : "no end",
        one.Failures.ToString(CultureInfo.InvariantCulture), SafeText.Of($"{one.App} {one.Item}".Trim()),
        SafeText.Of(one.Who is { } who ? $"{who}: {one.Reason}" : one.Reason),
    ];

    private static string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Instant(DateTimeOffset? at) => at?.ToString("O", CultureInfo.InvariantCulture) ?? "";
}
