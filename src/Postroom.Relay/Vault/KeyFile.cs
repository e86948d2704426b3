using System.Security.Cryptography;
using System.Text;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Relay.Vault;

/// <summary>Root keys in a file, one a line, the first in use. It belongs to whoever runs the relay, 0600.</summary>
/// <remarks>Outside the data folder: a copy of that alone, such as a backup, opens nothing. With a
/// <see cref="UserSeal"/> a copy of the file opens nothing either.</remarks>
public sealed class KeyFile : IKeyRing
{
    private const string Sealed = "sealed:";

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly string _path;
    private readonly UserSeal? _seal;

    public KeyFile(string path)
        : this(path, UserSeal.OfThisSystem)
    {
    }

    /// <param name="seal">Closes the lines that are written; null leaves them open.</param>
    public KeyFile(string path, UserSeal? seal) => (_path, _seal) = (Path.GetFullPath(path), seal);

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
                .Select(KeyOf)];
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
            WholeFile.Replace(_path, (_seal is null
                ? "# The key to the secrets of Postroom. Keep a copy of it, apart from backups of the data folder.\n"
                : "# The key to the secrets of Postroom. Only this user on this machine can open it.\n")
                + string.Concat(keys.Select(key => LineOf(key) + "\n")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new VaultException($"the key of the vault cannot be written: {e.Message}", e);
        }
    }

    private string LineOf(RootKey key) => _seal is null
        ? key.Write()
        : Sealed + Convert.ToBase64String(_seal.Close(Encoding.ASCII.GetBytes(key.Write())));

    // An open line counts with a seal too: whoever brings a key along writes it so. The next rotation closes it.
    private RootKey KeyOf(string line)
    {
        if (!line.StartsWith(Sealed, StringComparison.Ordinal))
            return RootKey.Parse(line, Where);
        if (_seal is null)
            throw new VaultException($"{_path} holds a key that Windows sealed: it opens only on the machine and for "
                + "the user that made it. Put the key there as `postroom secret key` printed it, or make a new one and "
                + "set the secrets anew");
        try
        {
            return RootKey.Parse(Encoding.ASCII.GetString(_seal.Open(Convert.FromBase64String(line[Sealed.Length..]))),
                Where);
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new VaultException($"the key in {_path} does not open: another user or another machine made it, or "
                + "a character of it is wrong. Run as the user that made it, or put the key there as `postroom secret "
                + $"key` printed it ({e.Message})", e);
        }
    }
}
