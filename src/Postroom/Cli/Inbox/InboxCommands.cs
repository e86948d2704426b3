using System.CommandLine;

namespace Postroom.Cli.Inbox;

/// <summary><c>postroom inbox …</c>: captured mail; alone it lists the boxes.</summary>
internal static class InboxCommands
{
    public static Command Build(Screen screen)
    {
        var inbox = new Command("inbox", "Captured mail: its boxes, what its mails show, marks; delete, release, wait")
        {
            BoxCommands.Json,
            BoxCommands.BuildList(screen),
            ContentCommands.BuildShow(screen),
            ContentCommands.BuildParts(screen),
            FindingCommands.BuildLinks(screen),
            FindingCommands.BuildCodes(screen),
            CheckCommand.Build(screen),
            MarkCommands.Build(screen, "read", "Mark mails as read, for all who look"),
            MarkCommands.Build(screen, "unread", "Mark them as not read again"),
            MarkCommands.BuildTag(screen, "tag", "Put a tag on mails: inbox tag TAG FILTER or ID"),
            MarkCommands.BuildTag(screen, "untag", "Take a tag off"),
            MarkCommands.BuildDelete(screen),
            ReleaseCommand.Build(screen),
            TestCommands.BuildWait(screen),
            BoxCommands.BuildReset(screen),
        };
        inbox.SetAction((result, cancel) => BoxCommands.ListAsync(screen, result, cancel));
        return inbox;
    }
}
