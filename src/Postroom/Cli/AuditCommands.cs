using System.CommandLine;
using Postroom.Api;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail.Audit;
using Postroom.Notary;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Spool.Journal.Check;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Cli;

/// <summary><c>postroom audit verify|checkpoints|key</c>: is the record what was written? By the service where one
/// runs, so that nobody has to stop it; else in the data folder itself.</summary>
internal static class AuditCommands
{
    private static readonly Option<string?> Kept = new("--checkpoints")
    {
        Description = "Hold the journal against the checkpoints in this file: log lines, or what `audit checkpoints` "
            + "printed; - is standard input",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Keys = new("--key")
    {
        Description = "Believe only signatures by the public keys in this file: what `audit key` printed when it was "
            + "kept elsewhere",
        HelpName = "FILE",
    };

    public static Command Build(Screen screen) => new("audit", "Prove that the record is what was written")
    {
        BuildVerify(screen, "Read everything from the first record kept: every sum, the hash chain, the checkpoints; "
            + "the service may run"),
        BuildCheckpoints(screen),
        BuildKey(screen),
    };

    /// <summary>The one way to verify; <c>spool verify</c> is another name for it.</summary>
    public static Command BuildVerify(Screen screen, string description)
    {
        var verify = new Command("verify", description) { Kept, Keys, CommandLine.Json };
        verify.SetAction(async (result, cancel) =>
        {
            var answer = await VerifyAsync(result, RequestOf(result, screen), cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.AuditAnswer);
            else
                AuditView.Show(screen, answer);
            return (int)(answer.Sound ? ExitCode.Done : ExitCode.NothingFound);
        });
        return verify;
    }

    private static Command BuildCheckpoints(Screen screen)
    {
        var list = new Command("checkpoints", "The signed checkpoints in the journal, oldest first: lines to be kept "
            + "elsewhere") { CommandLine.Json };
        list.SetAction(async (result, cancel) =>
        {
            var folder = Existing(result);
            using var service = ApiClient.TryConnect(folder);
            var answer = service is not null
                ? await service.GetAsync("api/v1/audit/checkpoints", ApiJson.Default.CheckpointsAnswer, cancel)
                : OfIndex(folder);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.CheckpointsAnswer);
            else
                foreach (var checkpoint in answer.Checkpoints)
                    screen.Out.WriteLine(checkpoint.Line); // never broken: it is to be copied
            return (int)(answer.Checkpoints.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    private static Command BuildKey(Screen screen)
    {
        var key = new Command("key", "The public key that checkpoints are signed with, as PEM: to be kept elsewhere")
            { CommandLine.Json };
        key.SetAction(async (result, cancel) =>
        {
            var folder = Existing(result);
            using var service = ApiClient.TryConnect(folder);
            var answer = service is not null
                ? await service.GetAsync("api/v1/audit/key", ApiJson.Default.AuditKeyAnswer, cancel)
                : Auditors.KeysOf(folder).Answer;
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.AuditKeyAnswer);
            else
                screen.Out.Write(answer.Pem);
            return (int)(answer.Key is not null ? ExitCode.Done : ExitCode.NothingFound);
        });
        return key;
    }

    private static async Task<AuditAnswer> VerifyAsync(
        ParseResult result, AuditRequest request, CancellationToken cancel)
    {
        var folder = Existing(result);
        using var service = ApiClient.TryConnect(folder);
        if (service is not null)
            return await service.VerifyAsync(request, cancel);
        using var mine = DataFolderLock.Take(folder);
        try
        {
            return await JournalAudit.RunAsync(
                witness => Task.FromResult(JournalCheck.Verify(new RealDisk(folder), witness)),
                Auditors.KeysOf(folder), request, isRunning: false);
        }
        catch (ApiProblem problem)
        {
            throw new CliException(ExitCode.Wrong, $"{problem.Answer.Title}. {problem.Answer.Detail}");
        }
    }

    // Of a large log only what begins like a checkpoint goes on.
    private static AuditRequest RequestOf(ParseResult result, Screen screen)
    {
        var kept = result.GetValue(Kept) is not { } file ? null
            : string.Join('\n', Lines(file, screen)
                .Where(line => line.Contains(Checkpoint.Word, StringComparison.Ordinal)));
        return new AuditRequest(kept, result.GetValue(Keys) is { } keys ? Read(keys) : null);
    }

    private static List<string> Lines(string file, Screen screen)
    {
        if (file != "-")
            return Guarded(file, () => File.ReadLines(file).ToList());
        var lines = new List<string>();
        while ((screen.Input ?? Console.In).ReadLine() is { } line)
            lines.Add(line);
        return lines;
    }

    private static string Read(string file) => Guarded(file, () => File.ReadAllText(file));

    private static T Guarded<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Wrong, $"{SafeText.Of(file)} cannot be read: {e.Message}");
        }
    }

    private static CheckpointsAnswer OfIndex(string folder)
    {
        if (!File.Exists(Folders.Ledger(folder)))
            throw new CliException(ExitCode.NotRunning,
                $"no service runs on {folder}, and no mail was ever kept there");
        using var index = MailLedger.OpenReadOnly(Folders.Ledger(folder));
        return JournalAudit.ListOf(index.RelayEvents(Auditors.MostEvents));
    }

    private static string Existing(ParseResult result)
    {
        var folder = CommandLine.DataFolderOf(result);
        return Directory.Exists(folder) ? folder
            : throw new CliException(ExitCode.NothingFound, $"there is no data folder {folder}");
    }
}
