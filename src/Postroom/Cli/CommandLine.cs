using System.CommandLine;
using System.Net.Sockets;
using Postroom.Cli.Inbox;
using Postroom.Cli.Record;
using Postroom.Cli.Watch;
using Postroom.Configuration;
using Postroom.Relay.Spool;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary>The commands there are. Each is built when it is called for, so that a list comes up at once.</summary>
public static class CommandLine
{
    internal static readonly Option<string?> Config = new("--config", "-c")
    {
        Description = "The configuration file. Default: ~/.config/postroom/postroom.toml, then "
            + "/etc/postroom/postroom.toml",
        Recursive = true,
        HelpName = "FILE",
    };

    internal static readonly Option<string?> Data = new("--data", "-d")
    {
        Description = "The data folder. Default: what the configuration says, else /var/lib/postroom or "
            + "~/.local/share/postroom",
        Recursive = true,
        HelpName = "DIR",
    };

    internal static readonly Option<bool> Json = new("--json") { Description = "One JSON object instead of a table" };

    /// <summary>Runs what the arguments say.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments, Screen screen)
    {
        var root = Build(screen);
        var result = root.Parse(arguments.Length == 0 ? ["run"] : arguments);
        var settings = new InvocationConfiguration
        {
            Output = screen.Out,
            Error = screen.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // the relay stops in its own order
        };
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
                screen.Error.WriteLine("postroom: " + SafeText.Of(error.Message));
            screen.Error.WriteLine("Try: postroom --help");
            return (int)ExitCode.Usage;
        }
        try
        {
            return await result.InvokeAsync(settings);
        }
        catch (CliException e)
        {
            screen.Error.WriteLine("postroom: " + e.Message);
            return (int)e.Code;
        }
        catch (OperationCanceledException)
        {
            return 130; // as a shell says of SIGINT
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or SocketException)
        {
            screen.Error.WriteLine("postroom: the service went away in the middle: " + e.Message);
            return (int)ExitCode.NotRunning;
        }
        catch (SpoolFailedException e) // while it was being opened; later the process sees it by itself
        {
            screen.Error.WriteLine("postroom: the disk failed: " + e.Message);
            return (int)ExitCode.DiskFailed;
        }
        catch (SpoolUnusableException e)
        {
            screen.Error.WriteLine("postroom: " + e.Message);
            return (int)(e.IsInUse ? ExitCode.FolderInUse : ExitCode.FolderUnusable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            screen.Error.WriteLine("postroom: " + e.Message);
            return (int)ExitCode.FolderInUse;
        }
    }

    /// <summary>The whole tree of commands.</summary>
    public static RootCommand Build(Screen screen) =>
        new("Postroom: the mail room of an application server. Hand it mail; it sees it through.")
    {
        Config,
        Data,
        RunCommand.Build(screen),
        QueueCommands.Build(screen),
        QueueCommands.BuildSearch(screen),
        QueueCommands.BuildWhy(screen),
        InboxCommands.Build(screen),
        Replays.ReplayCommand.Build(screen),
        ExportCommand.Build(screen),
        ConfigCommands.Build(screen),
        StatusCommands.BuildStatus(screen),
        StatusCommands.BuildReload(screen),
        ListenerCommands.Build(screen),
        SecretCommands.Build(screen),
        TokenCommands.Build(screen),
        AlarmCommands.Build(screen),
        ModeCommands.Build(screen),
        LiveCommands.Build(screen),
        TroubleCommands.Build(screen),
        StormCommands.Build(screen),
        SuppressionCommands.Build(screen),
        Record.EraseCommand.Build(screen),
        OAuthCommands.Build(screen),
        RouteCommands.Build(screen),
        CalendarCommand.Build(screen),
        AuditCommands.Build(screen),
        LogCommands.Build(screen),
        SpoolCommands.Build(screen),
        Demo.DemoCommand.Build(screen),
        Bench.BenchCommands.Build(screen),
        CompletionCommand.Build(screen),
    };

    /// <summary>The data folder that a command is about. The configuration is read only if it could say.</summary>
    internal static string DataFolderOf(ParseResult result)
    {
        if (result.GetValue(Data) is { } folder)
            return Path.GetFullPath(folder);
        if (Environment.GetEnvironmentVariable("POSTROOM__DATA") is { Length: > 0 } named)
            return Path.GetFullPath(named);
        var file = result.GetValue(Config) ?? Folders.DefaultConfiguration();
        if (file is null)
            return Folders.DefaultData();
        // A wrong configuration must not keep anybody from looking at the mail: what it says of the folder still
        // counts.
        var reading = ConfigurationReader.Read(SourceOf(file, null));
        return reading.Tables[0].Get(RootSettings.Data) is { } data ? Path.GetFullPath(data) : Folders.DefaultData();
    }

    /// <summary>Everything that the configuration is read from.</summary>
    /// <exception cref="CliException">The file cannot be read.</exception>
    internal static ConfigurationSource SourceOf(string? file, string? dataOption)
    {
        var name = file ?? Folders.DefaultConfiguration();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            environment[(string)variable.Key] = (string?)variable.Value ?? "";
        return new ConfigurationSource(name is null ? null : ReadFile(name), name ?? "built-in defaults", environment,
            Environment.MachineName, Folders.DefaultData())
        {
            DataOption = dataOption,
        };
    }

    private static string ReadFile(string name)
    {
        try
        {
            return File.ReadAllText(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that is not there, or not for us, stays so; a disk may read it at the next start.
            var isGone = e is FileNotFoundException or DirectoryNotFoundException or PathTooLongException
                or UnauthorizedAccessException;
            var code = isGone ? ExitCode.Wrong : ExitCode.DiskFailed;
            throw new CliException(code, $"{name} cannot be read: {e.Message}");
        }
    }
}
