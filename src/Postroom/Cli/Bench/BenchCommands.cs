using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Postroom.Configuration;
using Postroom.Mail.Audit;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;

namespace Postroom.Cli.Bench;

/// <summary>
/// <c>postroom bench fill|ask</c>: an index with years of invented mail, and how fast it answers on this machine.
/// </summary>
internal static class BenchCommands
{
    private const int Batch = 2_000;

    private static readonly Option<long> Mails = new("--mails")
    {
        Description = "How many mails", DefaultValueFactory = _ => 1_000_000, HelpName = "N",
    };
    private static readonly Option<string?> Log = new("--log")
    {
        Description = "Write the same traffic as Postfix would have logged it", HelpName = "FILE",
    };
    private static readonly Option<int> Rounds = new("--rounds")
    {
        Description = "How often to ask each kind of question", DefaultValueFactory = _ => 100, HelpName = "N",
    };

    private static readonly Option<bool> Captured = new("--captured")
    {
        Description = "All of it captured, in boxes of test runs",
    };

    public static Command Build(Screen screen) =>
        new("bench", "Fill an index with invented mail, and see how fast it answers on this machine")
    {
        BuildFill(screen),
        BuildAsk(screen),
    };

    private static Command BuildFill(Screen screen)
    {
        var fill = new Command("fill", "Fill the index of an empty data folder, for questions: no service runs on it")
        {
            Mails, Log, Captured,
        };
        fill.SetAction((result, cancel) =>
        {
            var count = result.GetValue(Mails);
            if (result.GetValue(CommandLine.Data) is null)
                throw new CliException(ExitCode.Usage, "name an empty folder for the invented mail with --data");
            var folder = CommandLine.DataFolderOf(result);
            if (count is < 1 or > 100_000_000)
                throw new CliException(ExitCode.Usage, "--mails is a number from 1 to 100,000,000");
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new CliException(ExitCode.Usage,
                    $"{folder} is not empty: name an empty folder for the invented mail with --data");
            Directory.CreateDirectory(folder);
            using var log = result.GetValue(Log) is { } file ? new StreamWriter(file) : null;
            Fill(screen, Folders.Ledger(folder), new Traffic(count, result.GetValue(Captured)), log, cancel);
            return Task.FromResult((int)ExitCode.Done);
        });
        return fill;
    }

    private static void Fill(Screen screen, string file, Traffic traffic, TextWriter? log, CancellationToken cancel)
    {
        var (began, records) = (TimeProvider.System.GetTimestamp(), 0);
        var lines = log is null ? null : new MailLog(log);
        using var ledger = MailLedger.Open(file);
        var batch = new List<(Position, JournalRecord)>(Batch * 5);
        for (var i = 0L; i < traffic.Count; i++)
        {
            var sent = traffic[i];
            lines?.Write(sent);
            foreach (var record in Traffic.Records(sent))
                batch.Add((new Position(1, ++records), record));
            if ((i + 1) % Batch != 0 && i + 1 < traffic.Count)
                continue;
            cancel.ThrowIfCancellationRequested();
            ledger.Apply(batch, static (_, _, _) => "upstream");
            batch.Clear();
            if ((i + 1) % (Batch * 10) == 0)
                ledger.Checkpoint();
        }

        ledger.Checkpoint();
        var took = TimeProvider.System.GetElapsedTime(began);
        screen.Line(string.Create(CultureInfo.InvariantCulture,
            $"{traffic.Count} mails, {records} records, in {took.TotalSeconds:0} s: "
            + $"{traffic.Count / took.TotalSeconds:0} mails a second; {Screen.Size(new FileInfo(file).Length)}."));
    }

    private static Command BuildAsk(Screen screen)
    {
        var ask = new Command("ask", "Ask an index that was filled by bench fill, and say how long the answers take")
        {
            Rounds, CommandLine.Json,
        };
        ask.SetAction(result =>
        {
            var file = Folders.Ledger(CommandLine.DataFolderOf(result));
            var rounds = result.GetValue(Rounds);
            if (rounds is < 1 or > 100_000)
                throw new CliException(ExitCode.Usage, "--rounds is a number from 1 to 100,000");
            if (!File.Exists(file))
                throw new CliException(ExitCode.NothingFound,
                    $"there is no {file}: make it with postroom bench fill --data FOLDER");
            using var index = MailLedger.OpenReadOnly(file);
            var traffic = new Traffic(index.Count(Filter.All).Total, index.Boxes().Boxes.Count > 0);
            if (traffic.Count == 0)
                throw new CliException(ExitCode.NothingFound, $"{file} is empty: fill it with postroom bench fill");
            var answers = Questions.Ask(index, traffic, rounds, TimeProvider.System.GetLocalNow());
            if (result.GetValue(CommandLine.Json))
            {
                screen.Line(JsonSerializer.Serialize([.. answers], BenchJson.Default.AskedArray));
                return (int)ExitCode.Done;
            }

            screen.Line($"{"question",-36} {"p50",9} {"p99",9} {"worst",9}  rows  for example");
            foreach (var asked in answers)
                screen.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{asked.Kind,-36} {asked.Median,6:0.00} ms {asked.NinetyNine,6:0.00} ms {asked.Worst,6:0.00} ms  "
                    + $"{asked.Rows,4}  {asked.Example}"));
            return (int)ExitCode.Done;
        });
        return ask;
    }
}
