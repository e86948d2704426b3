using System.CommandLine;
using System.Globalization;
using System.Text;
using Postroom.Api;
using Postroom.Api.Export;
using Postroom.Host;

namespace Postroom.Cli.Record;

/// <summary><c>postroom export FILTER --as jsonl|csv|mbox|eml|maildir</c>: a whole result, for whoever needs it outside
/// of the relay.</summary>
internal static class ExportCommand
{
    private const int WrittenAtOnce = 64 * 1024;

    private static readonly Option<string> As = MakeAs();

    private static readonly Option<string> Out = new("--out", "-o")
    {
        Description = "The file to write; - is standard output. Of eml and maildir: the folder",
        HelpName = "FILE or FOLDER",
        DefaultValueFactory = _ => "-",
    };

    public static Command Build(Screen screen)
    {
        var words = QueueCommands.Words("FILTER");
        var export = new Command("export", "Write all mail that matches: as JSON lines or CSV, a line a recipient, or "
            + "with its bytes as an mbox, .eml files or a Maildir") { words, As, Out };
        export.SetAction(async (result, cancel) =>
        {
            using var source = MailSource.Open(CommandLine.DataFolderOf(result));
            var all = source.AllAsync(QueueCommands.FilterOf(result, words), cancel);
            var export = new ExportRun(screen, source, result.GetValue(Out)!);
            var code = await (result.GetValue(As) switch
            {
                "jsonl" => export.WriteLinesAsync(all, "", RecipientLines.AsJson, cancel),
                "csv" => export.WriteLinesAsync(all, RecipientLines.CsvHead, RecipientLines.AsCsv, cancel),
                "mbox" => export.WriteMboxAsync(all, cancel),
                "maildir" => export.WriteMaildirAsync(all, cancel),
                _ => export.WriteFilesAsync(all, cancel),
            });
            if (source.IsOffline)
                screen.Error.WriteLine("The service is not running: this is what the index last knew.");
            return (int)code;
        });
        return export;
    }

    private static Option<string> MakeAs()
    {
        var form = new Option<string>("--as")
        {
            Description = "jsonl, csv: what search knows; mbox, eml, maildir: the mails as they left",
            Required = true,
        };
        form.AcceptOnlyFromAmong("jsonl", "csv", "mbox", "eml", "maildir");
        return form;
    }

    /// <summary>One export.</summary>
    private sealed class ExportRun(Screen screen, MailSource source, string target)
    {
        private readonly MissingMails _missing = new();
        private long _written;

        public async Task<ExitCode> WriteLinesAsync(IAsyncEnumerable<RecipientAnswer> all, string head,
            Func<RecipientAnswer, string> line, CancellationToken cancel)
        {
            await using var into = ExportTarget.Open(target, screen);
            var text = new StringBuilder(head);
            await foreach (var one in all)
            {
                _written++;
                if (text.Append(line(one)).Length < WrittenAtOnce)
                    continue;
                await into.WriteAsync(text.ToString(), cancel);
                text.Clear();
            }

            await into.WriteAsync(text.ToString(), cancel);
            await into.KeepAsync(cancel);
            return Ended("recipients");
        }

        public async Task<ExitCode> WriteMboxAsync(IAsyncEnumerable<RecipientAnswer> all, CancellationToken cancel)
        {
            source.DemandBytes();
            await using var into = ExportTarget.Open(target, screen);
            await using var mbox = new MboxStream(into.Octets);
            await foreach (var mail in MailsOf(all))
            {
                mbox.Begin(mail.From, mail.AcceptedAt);
                if (await CopyAsync(mail, mbox, cancel))
                    await mbox.EndAsync(cancel);
            }

            await into.KeepAsync(cancel);
            return Ended("mails");
        }

        public async Task<ExitCode> WriteFilesAsync(IAsyncEnumerable<RecipientAnswer> all, CancellationToken cancel)
        {
            if (target == "-")
                throw new CliException(ExitCode.Usage, "eml is a file a mail: name a folder with --out");
            source.DemandBytes();
            Folder.Create(target);
            await foreach (var mail in MailsOf(all))
            {
                await using var into = ExportTarget.Open(Path.Combine(target, mail.Id + ".eml"), screen);
                if (await CopyAsync(mail, into.Octets, cancel))
                    await into.KeepAsync(cancel);
            }

            return Ended("mails");
        }

        public async Task<ExitCode> WriteMaildirAsync(IAsyncEnumerable<RecipientAnswer> all, CancellationToken cancel)
        {
            if (target == "-")
                throw new CliException(ExitCode.Usage, "a Maildir is a folder: name it with --out");
            source.DemandBytes();
            var maildir = MaildirTarget.Open(target);
            await foreach (var mail in MailsOf(all))
            {
                if (maildir.Has(mail))
                {
                    _written++;
                    continue;
                }

                await using var into = maildir.Begin(mail);
                if (await CopyAsync(mail, into.Octets, cancel))
                    await into.KeepAsync(cancel);
            }

            return Ended("mails");
        }

        // Its recipients stand together; one of them is enough: one that lies in a box, which knows the marks.
        private static async IAsyncEnumerable<RecipientAnswer> MailsOf(IAsyncEnumerable<RecipientAnswer> all)
        {
            RecipientAnswer? held = null;
            await foreach (var one in all)
            {
                if (held is not null && held.Id != one.Id)
                    yield return held;
                if (held?.Id != one.Id || held.Box is null)
                    held = one;
            }

            if (held is not null)
                yield return held;
        }

        private async Task<bool> CopyAsync(RecipientAnswer mail, Stream into, CancellationToken cancel)
        {
            var isThere = await source.TryCopyRawAsync(mail.Id, into, cancel);
            if (isThere)
                _written++;
            else
                _missing.Add(mail.Id);
            return isThere;
        }

        private ExitCode Ended(string what)
        {
            if (target != "-")
                screen.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{_written} {what} are in {SafeText.Of(target)}"));
            if (_missing.Count > 0)
                screen.Error.WriteLine(_missing.Says(_written));
            return _written > 0 && _missing.Count == 0 ? ExitCode.Done : ExitCode.NothingFound;
        }
    }
}
