using System.CommandLine;
using Postroom.Api;
using Postroom.Api.Letters;
using Postroom.Host;
using Postroom.Relay.Vault;

namespace Postroom.Cli.Record;

/// <summary><c>postroom log word ADDRESS</c>: what to look for in a log that does not name people. Of the service where
/// one runs; else by the configuration and the vault.</summary>
internal static class LogCommands
{
    public static Command Build(Screen screen) => new("log", "What stands in the log")
    {
        BuildWord(screen),
    };

    private static Command BuildWord(Screen screen)
    {
        var address = new Argument<string>("ADDRESS");
        var word = new Command("word", "Print how an address stands in the log: what to look for there")
            { address, CommandLine.Json };
        word.SetAction(async (result, cancel) =>
        {
            var answer = await WordAsync(result, result.GetValue(address) ?? "", cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.LogWordAnswer);
            else
                screen.Line(SafeText.Of(answer.Word));
            if (answer.Addresses != "hashed")
                screen.Error.WriteLine(answer.Addresses == "masked"
                    ? "Addresses are masked in the log: others may look the same."
                    : "Addresses stand in the log as they are.");
            return (int)ExitCode.Done;
        });
        return word;
    }

    private static async Task<LogWordAnswer> WordAsync(ParseResult result, string address, CancellationToken cancel)
    {
        using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
        if (service is not null)
            return await service.LogWordAsync(new LogWordRequest(address), cancel);
        try
        {
            var all = SecretCommands.ConfigurationOf(result);
            return AddressesInLog.WordOf(LetterWriter.Address(address), AddressesInLog.Veil(all.LogAddresses,
                () => AddressKey.Open(all.Vault.Open(TimeProvider.System))));
        }
        catch (ApiProblem problem)
        {
            throw new CliException(ExitCode.Wrong, SafeText.Of($"{problem.Answer.Title}. {problem.Answer.Detail}"));
        }
        catch (VaultException e)
        {
            throw new CliException(ExitCode.Wrong, SafeText.Of(e.Message));
        }
    }
}
