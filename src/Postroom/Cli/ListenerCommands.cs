using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Postroom.Configuration;
using Postroom.Mail.Sasl;

namespace Postroom.Cli;

/// <summary><c>postroom listener user set|list|remove</c>: who may log in to hand mail over.</summary>
/// <remarks>
/// The file has a line a user, <c>name:SCRAM-SHA-256$…</c>, mode 0600; it is replaced whole, so a listener that reads it at
/// that moment sees the old or the new.
/// </remarks>
internal static class ListenerCommands
{
    public static Command Build(Screen screen) => new("listener", "The users who may log in at listeners")
    {
        new Command("user", "Set, list or remove users") { BuildSet(screen), BuildList(screen), BuildRemove(screen) },
    };

    private static Command BuildSet(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var set = new Command("set", "Add a user or change its password: asked for, or the first line of standard input") { name };
        set.SetAction(result =>
        {
            var user = result.GetValue(name) ?? "";
            if (user.Length == 0 || user.Any(c => c == ':' || char.IsControl(c)))
                throw new CliException(ExitCode.Usage, "a user's name is not empty and holds neither a colon nor a control character");
            var password = Console.IsInputRedirected ? Console.In.ReadLine() ?? "" : Ask(screen, $"Password for {user}: ");
            if (!Console.IsInputRedirected && Ask(screen, "Once more: ") != password)
                throw new CliException(ExitCode.Usage, "the two are not the same; nothing was changed");
            Change(result, users => users[user] = Hash(password));
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
            var users = Read(Folders.Users(CommandLine.DataFolderOf(result)));
            foreach (var user in users.Keys)
                screen.Line(SafeText.Of(user));
            return (int)(users.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    private static Command BuildRemove(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var remove = new Command("remove", "Remove a user") { name };
        remove.SetAction(result =>
        {
            var user = result.GetValue(name) ?? "";
            var found = false;
            Change(result, users => found = users.Remove(user));
            if (!found)
                throw new CliException(ExitCode.NothingFound, $"there is no user {SafeText.Of(user)}");
            screen.Line($"{SafeText.Of(user)} may no longer log in.");
            return (int)ExitCode.Done;
        });
        return remove;
    }

    private static string Hash(string password)
    {
        try
        {
            return StoredPassword.Hash(password, RandomNumberGenerator.GetBytes(16), StoredPassword.DefaultIterations).ToString();
        }
        catch (SaslException e)
        {
            throw new CliException(ExitCode.Usage, e.Message);
        }
    }

    private static void Change(ParseResult result, Action<SortedDictionary<string, string>> change)
    {
        var file = Folders.Users(CommandLine.DataFolderOf(result));
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var users = Read(file);
        change(users);
        var lines = users.Select(u => $"{u.Key}:{u.Value}\n");
        var fresh = file + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(fresh, options))
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(lines)));
        File.Move(fresh, file, overwrite: true);
    }

    private static SortedDictionary<string, string> Read(string file)
    {
        var users = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
                users[line[..colon]] = line[(colon + 1)..];
        return users;
    }

    // Without echo. Backspace takes one back; Enter ends.
    private static string Ask(Screen screen, string prompt)
    {
        screen.Error.Write(prompt);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        screen.Error.WriteLine();
        return typed.ToString();
    }
}
