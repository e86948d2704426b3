namespace Postroom.Cli;

/// <summary>How the program ends: after sysexits.h where that has a word for it. docs/reference/exit-codes.md is made
/// from this.</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>Nothing matched, or there is no such mail or user; `audit verify`: something is broken; `export`: mails
    /// are missing; `replay`: something was left out; `inbox wait`: what was expected is not there.</summary>
    NothingFound = 1,

    /// <summary>The command line is wrong.</summary>
    Usage = 2,

    /// <summary>The configuration or a filter is wrong; all mistakes were printed.</summary>
    Wrong = 65,

    /// <summary>The service is not running, and this cannot be done without it.</summary>
    NotRunning = 69,

    /// <summary>A bug of ours, or the service answered what it should not. The message says what.</summary>
    Bug = 70,

    /// <summary>A listener could not be opened: the address is taken, or may not be used.</summary>
    CannotListen = 73,

    /// <summary>The disk failed. Nothing was acknowledged since; the next start recovers. Let the supervisor start it
    /// again.</summary>
    DiskFailed = 74,

    /// <summary>The data folder is in use by another process, or may not be written. Try again when that has
    /// ended.</summary>
    FolderInUse = 75,

    /// <summary>The other side refused: a route or an account does not work now.</summary>
    Refused = 76,

    /// <summary>The data folder was written by a newer version, or is not ours.</summary>
    FolderUnusable = 78,
}

/// <summary>The manual of the exit codes.</summary>
public static class ExitCodes
{
    public static IReadOnlyList<(ExitCode Code, string Manual)> All { get; } =
    [
        (ExitCode.Done, "done"),
        (ExitCode.NothingFound, "nothing matched, or there is no such mail or user; `audit verify`: something is "
            + "broken; `export`: mails are missing, because their bytes are no longer kept; `inbox check`: there "
                + "is a problem; `replay`: something was left out; `inbox wait`: what was expected is not there"),
        (ExitCode.Usage, "the command line is wrong"),
        (ExitCode.Wrong, "the configuration or a filter is wrong; all mistakes were printed"),
        (ExitCode.NotRunning, "the service is not running, and this cannot be done without it"),
        (ExitCode.Bug, "a bug, or the service answered what it should not; the message says what"),
        (ExitCode.CannotListen, "a listener could not be opened: the address is taken, or may not be used"),
        (ExitCode.DiskFailed, "the disk failed: nothing was acknowledged since, and the next start recovers; let the "
            + "supervisor start it again"),
        (ExitCode.FolderInUse, "the data folder is in use by another process, or may not be written"),
        (ExitCode.Refused, "the other side refused: a route or an account does not work now"),
        (ExitCode.FolderUnusable, "the data folder was written by a newer version, or is not ours"),
    ];

    /// <summary>docs/reference/exit-codes.md; a test holds the file to this.</summary>
    public static string Manual() => "# Exit codes\n\n| code | meaning |\n|---|---|\n"
        + string.Concat(All.Select(c => $"| {(int)c.Code} | {c.Manual} |\n"));
}

/// <summary>The command cannot go on: said in a sentence, ended with a code.</summary>
public sealed class CliException(ExitCode code, string message) : Exception(message)
{
    public ExitCode Code { get; } = code;
}
