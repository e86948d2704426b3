using System.CommandLine;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary><c>postroom run</c>: the relay itself, and what happens when no command is given.</summary>
internal static class RunCommand
{
    public static Command Build(Screen screen)
    {
        var run = new Command("run", "Run the relay (also without any command)");
        run.SetAction(async (result, cancel) =>
        {
            var reading = ConfigCommands.Read(result);
            ConfigCommands.Complain(screen, reading);
            if (reading.Configuration is not { } configuration)
                return (int)ExitCode.Wrong;
            var addresses = new AddressesInLog(configuration.LogAddresses);
            using var logs = LineLog.Factory(screen.Error, screen.Width is not null, TimeProvider.System, addresses);
            return (int)await RelayProcess.RunAsync(configuration, () => ConfigCommands.Read(result),
                StandardWiring.Make(logs, addresses), screen, cancel);
        });
        return run;
    }
}
