using System.CommandLine;
using System.Globalization;
using Postroom.Api;
using Postroom.Configuration;
using Postroom.Host;
using Postroom.Mail;
using Postroom.Relay.Vault;

namespace Postroom.Cli;

/// <summary><c>postroom secret set|list|delete|import|rotate|key</c>: what routes log in with. Through the service
/// where one runs, so that its user keeps them; else in the data folder itself.</summary>
internal static class SecretCommands
{
    private static readonly Option<DateOnly?> RotateBy = new("--rotate-by")
    {
        Description = "The day by which you mean to change it: 2027-01-31",
        HelpName = "DATE",
    };

    private static readonly Option<DateOnly?> Expires = new("--expires")
    {
        Description = "The day on which it ends by itself",
        HelpName = "DATE",
    };

    private static readonly Option<string?> WholeFile = new("--file")
    {
        Description = "Keep this whole file, of several lines too: a private key, a service account's key",
        HelpName = "FILE",
    };

    private static readonly Column[] Columns =
        [new("NAME", IsElastic: true), new("SET"), new("LAST USED", 2), new("ROTATE BY", 1), new("EXPIRES"),
            new("TROUBLE", IsElastic: true)];

    public static Command Build(Screen screen) => new("secret", "The secrets that routes log in with; none comes out")
    {
        BuildSet(screen),
        BuildList(screen),
        BuildDelete(screen),
        BuildImport(screen),
        BuildRotate(screen),
        BuildKey(screen),
    };

    private static Command BuildSet(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var set = new Command("set", "Keep a secret or change it: asked for, or the first line of standard input")
            { name, WholeFile, RotateBy, Expires };
        set.SetAction(async (result, cancel) =>
        {
            var called = NameOf(result.GetValue(name));
            var value = result.GetValue(WholeFile) is { } file ? await File.ReadAllTextAsync(file, cancel)
                : screen.Input is { } input ? input.ReadLine() ?? ""
                : screen.AskTwice($"Value of {called}: ");
            if (value.Length == 0)
                throw new CliException(ExitCode.Usage, "a secret is not empty; nothing was changed");
            await SetAsync(result, called,
                new SecretRequest(value, result.GetValue(RotateBy), result.GetValue(Expires)), cancel);
            screen.Line($"{called} is kept. A route uses it with: password = \"secret:{called}\"");
            return (int)ExitCode.Done;
        });
        return set;
    }

    private static Command BuildList(Screen screen)
    {
        var list = new Command("list", "The secrets by name: set when, used when, to be changed when")
            { CommandLine.Json };
        list.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var answer = service is null
                ? new SecretsAnswer([.. VaultOf(result).List().Select(AnswerOf.Secret)])
                : await service.GetAsync("api/v1/secrets", ApiJson.Default.SecretsAnswer, cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.SecretsAnswer);
            else if (answer.Secrets.Count > 0)
                screen.Table(Columns, [.. answer.Secrets.Select(Row)]);
            return (int)(answer.Secrets.Count > 0 ? ExitCode.Done : ExitCode.NothingFound);
        });
        return list;
    }

    private static Command BuildDelete(Screen screen)
    {
        var name = new Argument<string>("NAME");
        var delete = new Command("delete", "Forget a secret") { name };
        delete.SetAction(async (result, cancel) =>
        {
            var called = NameOf(result.GetValue(name));
            using var service = Service(result);
            if (service is not null)
                await service.DeleteAsync($"api/v1/secrets/{called}", ApiJson.Default.SecretsAnswer, cancel);
            else if (!Guarded(() => VaultOf(result).Delete(called)))
                throw new CliException(ExitCode.NothingFound, $"there is no secret {called}");
            screen.Line($"{called} is forgotten.");
            return (int)ExitCode.Done;
        });
        return delete;
    }

    private static Command BuildImport(Screen screen)
    {
        var file = new Argument<string>("FILE");
        var import = new Command("import", "Keep every secret of a file of NAME=VALUE lines; delete the file then")
            { file };
        import.SetAction(async (result, cancel) =>
        {
            var path = result.GetValue(file)!;
            var all = SecretLines.Read(path, await File.ReadAllLinesAsync(path, cancel));
            foreach (var (name, value) in all)
                await SetAsync(result, name, new SecretRequest(value), cancel);
            screen.Line(string.Create(CultureInfo.InvariantCulture, $"{all.Count} kept. {SafeText.Of(path)} still "
                + $"holds them in the clear: delete it now, and where it was backed up."));
            return (int)ExitCode.Done;
        });
        return import;
    }

    private static Command BuildRotate(Screen screen)
    {
        var rotate = new Command("rotate", "Seal all secrets with a new key; nothing has to stop") { CommandLine.Json };
        rotate.SetAction(async (result, cancel) =>
        {
            using var service = Service(result);
            var answer = service is null
                ? AnswerOf.Rotation(Guarded(() => VaultOf(result).Rotate()))
                : await service.PostAsync("api/v1/secrets/rotate", new ActionRequest(), ApiJson.Default.RotationAnswer,
                    cancel);
            if (result.GetValue(CommandLine.Json))
                QueueCommands.Write(screen, answer, ApiJson.Default.RotationAnswer);
            else
                screen.Line(string.Create(CultureInfo.InvariantCulture,
                    $"{answer.Secrets} sealed with the key {answer.Key}. ") + (answer.OldIsGone
                    ? "Keep a copy of its file apart from your backups; the old one opens nothing any more."
                    : "Take the old key away now where you keep them."));
            return (int)ExitCode.Done;
        });
        return rotate;
    }

    private static Command BuildKey(Screen screen)
    {
        var key = new Command("key", "Print a new key, to be given by a systemd credential or the environment");
        key.SetAction(_ =>
        {
            screen.Line(RootKey.MakeLine());
            return (int)ExitCode.Done;
        });
        return key;
    }

    /// <summary>Keeps a secret: by the service where one runs, else in the data folder.</summary>
    public static async Task SetAsync(ParseResult result, string name, SecretRequest request, CancellationToken cancel)
    {
        using var service = Service(result);
        if (service is not null)
            await service.PutAsync($"api/v1/secrets/{name}", request, ApiJson.Default.SecretRequest,
                ApiJson.Default.SecretAnswer, cancel);
        else
            Guarded(() =>
            {
                VaultOf(result).Put(name, new Secret(request.Value), request.RotateBy, request.Expires);
                return true;
            });
    }

    private static ApiClient? Service(ParseResult result) => ApiClient.TryConnect(CommandLine.DataFolderOf(result));

    /// <exception cref="CliException">It is wrong.</exception>
    public static RelayConfiguration ConfigurationOf(ParseResult result) => ConfigCommands.Read(result).Configuration
        ?? throw new CliException(ExitCode.Wrong, "the configuration is wrong; see: postroom config check");

    private static SecretVault VaultOf(ParseResult result)
    {
        var configuration = ConfigurationOf(result);
        Folder.Create(configuration.DataFolder);
        return configuration.Vault.Open(TimeProvider.System);
    }

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (VaultException e)
        {
            throw new CliException(ExitCode.Wrong, SafeText.Of(e.Message));
        }
    }

    private static string NameOf(string? name) => SecretVault.IsName(name ?? "")
        ? name!
        : throw new CliException(ExitCode.Usage, "the name of a secret has small letters, digits, dots, hyphens and "
            + "underscores, begins with a letter or digit, and is at most 64 characters long");

    private static string[] Row(SecretAnswer secret) =>
    [
        secret.Name, Day(secret.SetAt), secret.UsedAt is { } used ? Day(used) : "never", Day(secret.RotateBy),
        Day(secret.Expires), SafeText.Of(secret.Trouble ?? ""),
    ];

    private static string Day(DateTimeOffset at) =>
        at == default ? "" : at.ToLocalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";
}
