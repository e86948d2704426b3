using Postroom.Api;
using Postroom.Relay.Spool.Disk;
using Postroom.Relay.Vault;

namespace Postroom.Notary;

/// <summary>Which installation a data folder is, and with which keys its checkpoints are signed: nothing of it is
/// secret, and nothing of it is proof. That is a copy of the key which lies elsewhere.</summary>
/// <param name="installationFile">32 hexadecimal digits.</param>
/// <param name="keyFile">PEM blocks, the key in use last.</param>
public sealed class KeyBook(string installationFile, string keyFile)
{
    /// <summary>Null where none was made yet.</summary>
    public string? Installation => Read(installationFile).Trim() is { Length: 32 } id ? id : null;

    /// <summary>All that were ever in use, the one that is last.</summary>
    public IReadOnlyList<VerifyingKey> Keys => VerifyingKey.ReadAll(Read(keyFile));

    public AuditKeyAnswer Answer => new(Keys.Count > 0 ? Keys[^1].Id : null,
        string.Concat(Keys.Select(key => key.Pem)));

    /// <summary>Makes what is not there yet.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Begin(string installation)
    {
        if (Installation is null)
            WholeFile.Replace(installationFile, installation + "\n");
    }

    /// <summary>This key is in use from now on.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Use(VerifyingKey key)
    {
        var before = Keys;
        if (before.Count == 0 || before[^1] != key)
            WholeFile.Replace(keyFile, string.Concat(before.Where(other => other != key).Append(key)
                .Select(one => one.Pem)));
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "";
        }
    }
}
