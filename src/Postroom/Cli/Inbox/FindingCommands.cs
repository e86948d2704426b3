using System.CommandLine;
using Postroom.Api;
using Postroom.Host;

namespace Postroom.Cli.Inbox;

/// <summary><c>inbox links</c> and <c>inbox codes</c>: what is looked for in a mail as a rule.</summary>
internal static class FindingCommands
{
    private static readonly Column[] LinkColumns = [new("TEXT", IsElastic: true), new("LINK")];
    private static readonly Column[] CodeColumns = [new("CODE"), new("AROUND", IsElastic: true)];

    public static Command BuildLinks(Screen screen)
    {
        var links = new Command("links", "List the links of a mail, in order") { ContentCommands.Id, CommandLine.Json };
        links.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var found = await service.GetAsync(ContentCommands.PathOf(result) + "/links",
                ApiJson.Default.LinksAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, found, ApiJson.Default.LinksAnswer);
            else if (found.Links.Count > 0)
                screen.Table(LinkColumns, [.. found.Links.Select(link => new[]
                {
                    link.In == "text" ? "" : SafeText.Of(link.Text), SafeText.Of(link.Url),
                })]);
            else
                screen.Error.WriteLine("It has no links.");
            return (int)(found.Links.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return links;
    }

    public static Command BuildCodes(Screen screen)
    {
        var first = new Option<bool>("--first", "-1") { Description = "The most probable alone, and nothing else" };
        var codes = new Command("codes", "Find what looks like a one-time code, the most probable first")
        {
            ContentCommands.Id, first, CommandLine.Json,
        };
        codes.SetAction(async (result, cancel) =>
        {
            using var service = ApiClient.Connect(CommandLine.DataFolderOf(result));
            var found = await service.GetAsync(ContentCommands.PathOf(result) + "/codes",
                ApiJson.Default.CodesAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, found, ApiJson.Default.CodesAnswer);
            else if (found.Codes.Count == 0)
                screen.Error.WriteLine("Nothing in it looks like a one-time code.");
            else if (result.GetValue(first))
                screen.Line(SafeText.Of(found.Codes[0].Code));
            else
                screen.Table(CodeColumns, [.. found.Codes.Select(one => new[]
                {
                    SafeText.Of(one.Code), SafeText.Of(one.Around),
                })]);
            return (int)(found.Codes.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return codes;
    }
}
