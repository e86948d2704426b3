using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Api.Contents;
using Postroom.Host;

namespace Postroom.Cli.Inbox;

/// <summary><c>inbox show</c> and <c>inbox parts</c>: what a mail shows, and what is in it.</summary>
internal static class ContentCommands
{
    private static readonly Column[] Columns =
    [
        new("PART", IsNumber: true), new("TYPE", 1), new("SIZE", 2, IsNumber: true), new("NAME", IsElastic: true),
        new("AS", 4),
    ];

    internal static Argument<string> Id { get; } =
        new("ID") { Description = "The mail's id, as in the 250 and in lists" };

    public static Command BuildShow(Screen screen)
    {
        var headers = new Option<bool>("--headers") { Description = "The whole header, decoded" };
        var text = new Option<bool>("--text") { Description = "The text alone; made of the HTML where there is none" };
        var html = new Option<bool>("--html") { Description = "The HTML, made safe to show" };
        var raw = new Option<bool>("--raw") { Description = "The bytes of the mail, as they leave" };
        var show = new Command("show", "Show what a mail says. Who looks is on its timeline")
        {
            Id, headers, text, html, raw, CommandLine.Json,
        };
        show.SetAction(async (result, cancel) =>
        {
            if (new[] { headers, text, html, raw, CommandLine.Json }.Count(result.GetValue) > 1)
                throw new CliException(ExitCode.Usage, "give one of --headers, --text, --html, --raw and --json");
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var path = PathOf(result);
            if (result.GetValue(raw))
            {
                await using var output = Console.OpenStandardOutput();
                await service.CopyAsync(path + "/raw", output, cancel);
                return (int)ExitCode.Done;
            }

            var mail = await service.GetAsync(path + "/content", ApiJson.Default.ContentAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, mail, ApiJson.Default.ContentAnswer);
            else if (result.GetValue(headers))
                Header(screen, mail.Fields);
            else if (result.GetValue(text))
                Text(screen, mail.Text);
            else if (result.GetValue(html))
                Text(screen, mail.Html ?? throw new CliException(ExitCode.NothingFound, "it has no HTML"));
            else
                Show(screen, mail);
            return (int)ExitCode.Done;
        });
        return show;
    }

    public static Command BuildParts(Screen screen)
    {
        var save = new Option<int?>("--save", "-s") { Description = "Save the part of this number",
            HelpName = "NUMBER" };
        var to = new Option<string?>("--to", "-o")
        {
            Description = "Where to; without it, here, under the part's name. A file that is there stays as it is",
            HelpName = "FILE",
        };
        var parts = new Command("parts", "List what is in a mail, or save a part of it")
        {
            Id, save, to, CommandLine.Json,
        };
        parts.SetAction(async (result, cancel) =>
        {
            if (result.GetValue(to) is not null && result.GetValue(save) is null)
                throw new CliException(ExitCode.Usage, "which part? Give --save NUMBER");
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var mail = await service.GetAsync(PathOf(result) + "/content", ApiJson.Default.ContentAnswer, cancel);
            if (result.GetValue(save) is { } number)
            {
                var part = mail.Parts.FirstOrDefault(one => one.Number == number)
                    ?? throw new CliException(ExitCode.NothingFound, string.Create(CultureInfo.InvariantCulture,
                        $"it has no part {number}; see: postroom inbox parts {mail.Id}"));
                var file = result.GetValue(to) ?? part.Name;
                await SaveAsync(service, $"{PathOf(result)}/parts/{number}", file, cancel);
                screen.Line($"Part {number} is in {SafeText.Of(file)}");
            }
            else if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, mail, ApiJson.Default.ContentAnswer);
            else
                Table(screen, mail);
            return (int)ExitCode.Done;
        });
        return parts;
    }

    internal static string PathOf(ParseResult result) =>
        $"api/v1/mails/{Uri.EscapeDataString(result.GetValue(Id) ?? "")}";

    // A name that a stranger gave must neither overwrite nor lead elsewhere: the service makes it safe, and a file is
    // made only where there is none. What people write to each other is for whoever asked for it alone.
    private static async Task SaveAsync(ApiClient service, string path, string file, CancellationToken cancel)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        if (Path.Exists(file))
            throw new CliException(ExitCode.Usage,
                $"{SafeText.Of(file)} is there already, and stays as it is: give another name with --to FILE");
        var isWhole = false;
        try
        {
            await using var output = new FileStream(file, options);
            await service.CopyAsync(path, output, cancel);
            isWhole = true;
        }
        finally
        {
            if (!isWhole)
                File.Delete(file);
        }
    }

    private static void Show(Screen screen, ContentAnswer mail)
    {
        foreach (var name in (string[])["From", "To", "Cc", "Date", "Subject"])
            foreach (var field in mail.Fields.Where(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                screen.Line($"{screen.Bold(name + ":")} {SafeText.Of(field.Text)}", hang: 2);
        screen.Line();
        Text(screen, mail.Text);
        if (mail.Parts.Any(part => part.IsBody is null))
        {
            screen.Line();
            Table(screen, mail);
        }

        if (mail.IsTextMade is true)
            screen.Error.WriteLine("The mail has no text: this was made of its HTML.");
        if (mail.RemoteImages is { Count: > 0 } images)
            screen.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"Images that it would fetch from elsewhere: {images.Count}, the first {SafeText.Of(images[0])}"));
        foreach (var cut in mail.Cuts)
            screen.Error.WriteLine($"Cut: {SafeText.Of(cut)}");
    }

    private static void Header(Screen screen, IReadOnlyList<FieldAnswer> fields)
    {
        foreach (var field in fields)
            screen.Line($"{screen.Bold(SafeText.Of(field.Name) + ":")} {SafeText.Of(field.Text)}", hang: 2);
    }

    private static void Text(Screen screen, string? text)
    {
        foreach (var line in (text ?? "").TrimEnd('\n').Split('\n'))
            screen.Line(SafeText.Of(line.Replace("\t", "    ", StringComparison.Ordinal)), hang: 0);
    }

    private static void Table(Screen screen, ContentAnswer mail) =>
        screen.Table(Columns, [.. mail.Parts.Select(part => new[]
        {
            part.Number.ToString(CultureInfo.InvariantCulture), SafeText.Of(part.Type), Screen.Size(part.Size),
            SafeText.Of(part.Name),
            part.IsBody is true ? "what it says" : SafeText.Of(part.Disposition ?? (part.ContentId is null ? ""
                : "inline")),
        })]);
}
