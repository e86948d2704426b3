namespace Postroom.Configuration;

/// <summary>Where things lie when nobody says where.</summary>
public static class Folders
{
    /// <summary>The users of AUTH, in a data folder.</summary>
    public static string Users(string dataFolder) => Path.Combine(dataFolder, "users");

    /// <summary>The socket of the command line, in a data folder.</summary>
    public static string ApiSocket(string dataFolder) => Path.Combine(dataFolder, "api.sock");

    /// <summary>The tokens of the API, in a data folder.</summary>
    public static string Tokens(string dataFolder) => Path.Combine(dataFolder, "tokens");

    /// <summary>Raised alarms and their notices, in a data folder.</summary>
    public static string Alarms(string dataFolder) => Path.Combine(dataFolder, "alarms.json");

    /// <summary>Addresses that no mail is sent to, in a data folder.</summary>
    public static string Suppressions(string dataFolder) => Path.Combine(dataFolder, "suppressions.json");

    /// <summary>How far Maildirs are, in a data folder.</summary>
    public static string Maildirs(string dataFolder) => Path.Combine(dataFolder, "maildirs");

    /// <summary>What people said of the mode, in a data folder.</summary>
    public static string Modes(string dataFolder) => Path.Combine(dataFolder, "modes.json");

    /// <summary>Canaries under way, in a data folder.</summary>
    public static string Canaries(string dataFolder) => Path.Combine(dataFolder, "canaries.json");

    /// <summary>Which application sends when, in a data folder.</summary>
    public static string Habits(string dataFolder) => Path.Combine(dataFolder, "habits.json");

    /// <summary>On which machine the installation is live, in a data folder.</summary>
    public static string Binding(string dataFolder) => Path.Combine(dataFolder, "live-on.json");

    /// <summary>From where application instances come, in a data folder.</summary>
    public static string Sources(string dataFolder) => Path.Combine(dataFolder, "sources.json");

    /// <summary>Bursts that were noticed, and what is usual, in a data folder.</summary>
    public static string Storms(string dataFolder) => Path.Combine(dataFolder, "storms.json");

    /// <summary>The index, in a data folder.</summary>
    public static string Ledger(string dataFolder) => Path.Combine(dataFolder, "ledger.db");

    /// <summary>The sealed secrets, in a data folder.</summary>
    public static string Vault(string dataFolder) => Path.Combine(dataFolder, "vault");

    /// <summary>The public keys of checkpoints, in a data folder.</summary>
    public static string CheckpointKeys(string dataFolder) => Path.Combine(dataFolder, "checkpoints.pem");

    /// <summary>Which installation it is, in a data folder.</summary>
    public static string Installation(string dataFolder) => Path.Combine(dataFolder, "installation");

    /// <summary>The key of the secrets: apart from the data folder, so that a backup of that alone opens
    /// nothing.</summary>
    public static string DefaultVaultKey() => Environment.UserName == "root"
        ? "/etc/postroom/vault.key"
        : Path.Combine(OwnFolder("XDG_CONFIG_HOME", ".config"), "postroom", "vault.key");

    /// <summary>/var/lib/postroom for root; else the user's data folder.</summary>
    public static string DefaultData() => Environment.UserName == "root"
        ? "/var/lib/postroom"
        : Path.Combine(OwnFolder("XDG_DATA_HOME", ".local/share"), "postroom");

    /// <summary>The user's own file, else the machine's; null if there is none: then the defaults hold.</summary>
    public static string? DefaultConfiguration()
    {
        string[] places = [Path.Combine(OwnFolder("XDG_CONFIG_HOME", ".config"), "postroom", "postroom.toml"),
            "/etc/postroom/postroom.toml"];
        return Array.Find(places, File.Exists);
    }

    private static string OwnFolder(string variable, string belowHome) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } folder && Path.IsPathRooted(folder)
            ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), belowHome);
}
