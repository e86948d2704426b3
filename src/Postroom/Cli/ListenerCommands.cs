using System.CommandLine;
using System.Security.Cryptography;
using Postroom.Api;
using Postroom.Configuration;
using Postroom.Mail.Sasl;
using Postroom.Host;
using Postroom.Relay.Submission;

namespace Postroom.Cli;

/// <summary><c>postroom listener user set|list|remove</c>: who may log in to hand mail over.</summary>
internal static class ListenerCommands
{
    public static Command Build(Screen screen) => new("listener", "The users who may log in at listeners")
    {
        new Command("user", "Set, list or remove users") { BuildSet(screen), BuildList(screen), BuildRemove(screen) },
    };

    private static Command BuildSet(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var set = new Command("set", "Add a user or change its password: asked for, or the first line of standard "
            + "input") { name };
        set.SetAction(async (result, cancel) =>
        {
            if (Users.PreparedName(result.GetValue(name) ?? "") is not { } user)
                throw new CliException(ExitCode.Usage,
                    "a user's name is not empty, begins with no # and holds neither a colon nor a control character");
            var password = PasswordFor(user, screen);
            using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
            if (service is null)
                Set(Folders.Users(CommandLine.DataFolderOf(result)), user, password);
            else
                await service.PutAsync($"api/v1/listener-users/{Uri.EscapeDataString(user)}",
                    new ListenerUserRequest(password), ApiJson.Default.ListenerUserRequest,
                    ApiJson.Default.ListenerUserAnswer, cancel);
            screen.Line($"{user} may log in.");
            return (int)ExitCode.Done;
        });
        return set;
    }

    private static Command BuildList(Screen screen)
    {
        var list = new Command("list", "List the users");
        list.SetAction(result =>
        {
            var users = Users.Names(Folders.Users(CommandLine.DataFolderOf(result)));
            foreach (var user in users)
                screen.Line(SafeText.Of(user));
            return (int)(users.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    private static Command BuildRemove(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var remove = new Command("remove", "Remove a user") { name };
        remove.SetAction(async (result, cancel) =>
        {
            var user = result.GetValue(name) ?? "";
            using var service = ApiClient.TryConnect(CommandLine.DataFolderOf(result));
            if (service is not null)
                await service.DeleteAsync($"api/v1/listener-users/{Uri.EscapeDataString(user)}",
                    ApiJson.Default.ListenerUserAnswer, cancel);
            else if (!Users.Remove(Folders.Users(CommandLine.DataFolderOf(result)), user))
                throw new CliException(ExitCode.NothingFound, $"there is no user {SafeText.Of(user)}");
            screen.Line($"{SafeText.Of(user)} may no longer log in.");
            return (int)ExitCode.Done;
        });
        return remove;
    }

    private static void Set(string file, string user, string password)
    {
        try
        {
            Users.Set(file, user, password, RandomNumberGenerator.GetBytes(16));
        }
        catch (SaslException e)
        {
            throw new CliException(ExitCode.Usage, e.Message);
        }
    }

    private static string PasswordFor(string user, Screen screen)
    {
        if (screen.Input is { } input)
            return input.ReadLine() ?? "";
        return screen.AskTwice($"Password for {user}: ");
    }
}
