using Postroom.Relay.Spool.Disk;

namespace Postroom.Relay.Vault;

/// <summary>Root keys in a file, one a line, the first in use. It belongs to whoever runs the relay, 0600.</summary>
/// <remarks>Outside the data folder: a copy of that alone, such as a backup, opens nothing.</remarks>
public sealed class KeyFile(string path) : IKeyRing
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly string _path = Path.GetFullPath(path);

    public string Where => $"the file {_path}";

    public IReadOnlyList<RootKey> Read()
    {
        try
        {
            if (!File.Exists(_path))
                return [];
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(_path) & Others) != 0)
                throw new VaultException($"{_path} may be read by others, and holds the key to all secrets: chmod 0600 "
                    + $"{_path}, and change the secrets if somebody may have read it");
            if (Posix.IsForeign(_path))
                throw new VaultException($"{_path} does not belong to the user who runs this: chown it, or run as its "
                    + "owner");
            return [.. File.ReadLines(_path).Where(line => line.Trim().Length > 0 && line[0] != '#')
                .Select(line => RootKey.Parse(line, Where))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"the key of the vault cannot be read: {e.Message}", e);
        }
    }

    public RootKey Add()
    {
        var fresh = RootKey.Make();
        Write([fresh, .. Read()]);
        return fresh;
    }

    public bool DropOld()
    {
        Write(Read().Take(1));
        return true;
    }

    private void Write(IEnumerable<RootKey> keys)
    {
        try
        {
            WholeFile.Replace(_path, "# The key to the secrets of Postroom. Keep a copy of it, apart from backups of "
                + "the data folder.\n" + string.Concat(keys.Select(key => key.Write() + "\n")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"the key of the vault cannot be written: {e.Message}", e);
        }
    }
}
