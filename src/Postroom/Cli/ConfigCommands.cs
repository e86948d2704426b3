using System.CommandLine;
using System.Text;
using System.Text.Json;
using Postroom.Configuration;
using Postroom.Host;

namespace Postroom.Cli;

/// <summary><c>postroom config check|print</c>.</summary>
internal static class ConfigCommands
{
    public static Command Build(Screen screen) => new("config", "Check or print the configuration")
    {
        BuildCheck(screen),
        BuildPrint(screen),
    };

    /// <summary>Reads the configuration that the command line names.</summary>
    public static Reading Read(ParseResult result) => ConfigurationReader.Read(
        CommandLine.SourceOf(result.GetValue(CommandLine.Config), result.GetValue(CommandLine.Data)));

    /// <summary>Prints all mistakes and warnings.</summary>
    public static void Complain(Screen screen, Reading reading)
    {
        foreach (var mistake in reading.Mistakes)
            screen.Error.WriteLine(SafeText.Of(mistake.ToString()));
    }

    private static Command BuildCheck(Screen screen)
    {
        var check = new Command("check", "Say all that is wrong with the configuration, with line and column");
        check.SetAction(result =>
        {
            var reading = Read(result);
            Complain(screen, reading);
            if (reading.Configuration is not { } found)
            {
                screen.Error.WriteLine($"{reading.Mistakes.Count(m => !m.IsWarning)} to correct.");
                return (int)ExitCode.Wrong;
            }
            screen.Line($"{found.File ?? "Built-in defaults"}: right. Mode {found.Mode.ToString().ToLowerInvariant()}, "
                + $"{found.Submission.Listeners.Count} listener(s), {found.Routes.Count} route(s), data in "
                    + $"{found.DataFolder}.");
            return (int)ExitCode.Done;
        });
        return check;
    }

    private static Command BuildPrint(Screen screen)
    {
        var print = new Command("print",
            "Print the whole configuration as it holds, defaults and environment included") { CommandLine.Json };
        print.SetAction(result =>
        {
            var reading = Read(result);
            Complain(screen, reading);
            if (result.GetValue(CommandLine.Json))
                screen.Line(JsonOf(reading));
            else
            {
                screen.Out.Write(ConfigurationText.Print(reading));
                if (reading.Configuration is { } found)
                    screen.Line("\n" + ScheduleText.Comment(found.Queue.Retry));
            }
            return (int)(reading.Configuration is null ? ExitCode.Wrong : ExitCode.Done);
        });
        return print;
    }

    private static string JsonOf(Reading reading)
    {
        using var octets = new MemoryStream();
        using (var json = new Utf8JsonWriter(octets))
        {
            json.WriteStartObject();
            ConfigurationText.WriteJson(reading, json);
            if (reading.Configuration is { } found)
                ScheduleText.WriteJson(found.Queue.Retry, json);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(octets.ToArray());
    }
}
