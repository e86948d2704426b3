using System.CommandLine;
using System.Text;
using System.Text.Json;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail.Sandbox;
using Postroom.Relay.Identity;

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
            foreach (var advice in Unguarded(found))
                screen.Error.WriteLine(SafeText.Of($"{found.File ?? "Built-in defaults"}: warning: {advice}"));
            screen.Line($"{found.File ?? "Built-in defaults"}: right. Mode {found.Mode.ToString().ToLowerInvariant()}, "
                + $"{found.Submission.Listeners.Count} listener(s), {found.Routes.Count} route(s), data in "
                    + $"{found.DataFolder}.");
            return (int)ExitCode.Done;
        });
        return check;
    }

    // Only where it matters: mail is live, and there is something to be copied, or a machine that will not last.
    private static IEnumerable<string> Unguarded(RelayConfiguration all)
    {
        if (all.Mode != Mode.Live || all.Identity is not null)
            yield break;
        if (ThisMachine.IsContainer)
            yield return "a container that is made anew is another machine, and captures all mail; give it an "
                + "identity, as POSTROOM__IDENTITY (docs/clone-guard.md)";
        if (all.LiveOn is null && BindingFile.Read(Folders.Binding(all.DataFolder)).Binding.Machine is { } machine)
            yield return "copied elsewhere without its data folder, this file sends mail from there; add live_on = "
                + $"\"{machine.Name}\"";
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
