using System.CommandLine;

namespace Postroom.Cli.Inbox;

/// <summary><c>postroom inbox</c>: the mail that is kept here, as its reader would see it.</summary>
internal static class InboxCommands
{
    public static Command Build(Screen screen) =>
        new("inbox", "The mail that is kept here, as its reader would see it")
    {
        ContentCommands.BuildShow(screen),
        ContentCommands.BuildParts(screen),
        FindingCommands.BuildLinks(screen),
        FindingCommands.BuildCodes(screen),
        CheckCommand.Build(screen),
    };
}
