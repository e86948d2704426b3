using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Record;

/// <summary><c>postroom erase</c>: takes a person out of all records.</summary>
internal static class EraseCommand
{
    private static readonly Option<string?> Reason = new("--reason", "-r")
    {
        Description = "For the record: the number of the request, say; not the address", HelpName = "TEXT",
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "Only look what there is",
    };

    public static Command Build(Screen screen)
    {
        var name = new Argument<string>("ADDRESS");
        var erase = new Command("erase", "Erase all records about an address; that something was erased stays, and can "
            + "be proved") { name, Reason, DryRun, CommandLine.Json };
        erase.SetAction(async (result, cancel) =>
        {
            var folder = CommandLine.DataFolderOf(result);
            using var service = ApiClient.TryConnect(folder) ?? throw new CliException(ExitCode.NotRunning,
                $"no service runs on {folder}, and it does the erasing: start it");
            var request = new ErasureRequest(result.GetValue(name), result.GetValue(Reason), DryRun: true);
            var answer = await service.EraseAsync(request, cancel);
            if (!result.GetValue(DryRun) && answer.Open.Count == 0)
                answer = await service.EraseAsync(request with { DryRun = false }, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.ErasureAnswer);
            else
                Show(screen, answer, SafeText.Of(result.GetValue(name)!));
            return (int)(answer.Done || (result.GetValue(DryRun) && !IsNothing(answer))
                ? ExitCode.Done : ExitCode.NothingFound);
        });
        return erase;
    }

    private static bool IsNothing(ErasureAnswer answer) => answer is
        { Mails: 0, Places: 0, Events: 0, Suppressed: false, Notices: 0, Open.Count: 0 };

    private static void Show(Screen screen, ErasureAnswer answer, string address)
    {
        if (IsNothing(answer))
        {
            screen.Line($"Nothing is known of {address}. (It may stand in a user or a list of another system.)");
            return;
        }

        screen.Line($"{(answer.Done ? "Erased" : "There are")}: {Count(answer.Mails, "mail")} of {address} alone, "
            + $"{Count(answer.Places, "place")} among several recipients, {Count(answer.Events, "event")}, "
            + $"{Count(answer.Notices, "notice")} of alarms"
            + (answer.Suppressed ? ", and it was on the suppression list." : "."));
        if (answer.Open.Count > 0)
            screen.Line($"Nothing was erased: {Count(answer.Open.Count, "mail")} of this address "
                + $"{(answer.Open.Count == 1 ? "has" : "have")} not ended. Cancel with: postroom queue cancel "
                + $"\"state:open addressed:{address}\", and wait for none that is being tried.");
        if (!answer.Done)
            return;
        screen.Line($"In the record it is {answer.Address} from now on.");
        screen.Line(answer.Complete
            ? "All files were gone through."
            : "Somebody is handing over a mail just now: the last files are gone through by itself within minutes.");
        if (answer.Checkpoint is { } line)
        {
            screen.Line("The proof, to be kept elsewhere:");
            screen.Out.WriteLine(line);
        }
    }

    private static string Count(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");
}
