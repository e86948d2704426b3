using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Postroom.Mail;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Relay.Vault;

/// <summary>Keeps secrets sealed, each in a file of its own; the only room that sees one open.</summary>
/// <remarks>
/// Read at every use: what is set anew holds at once, whoever set it. A file is replaced in one step and durable before
/// <see cref="Put"/> returns, so a crash leaves the old secret or the new one, never none.
/// </remarks>
/// <param name="folder">Made when the first secret is set, 0700.</param>
public sealed class SecretVault(string folder, IKeyRing keys, TimeProvider time)
{
    /// <summary>The longest name.</summary>
    public const int LongestName = 64;

    private const string Ending = ".json";
    private const string UsedEnding = ".used";
    private static readonly TimeSpan NoteUseEvery = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();

    /// <summary>Small letters, digits, dot, hyphen and underscore; a letter or digit first.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= LongestName
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    /// <summary>What to say where there is none of that name.</summary>
    public static string Missing(string name) => $"there is no secret {name}: set it with `postroom secret set {name}`";

    /// <summary>Sets a secret, or changes it. It is durable when this returns.</summary>
    /// <exception cref="VaultException">There is no key, or it cannot be written.</exception>
    public void Put(string name, Secret secret, DateOnly? rotateBy = null, DateOnly? expires = null)
    {
        DemandFree(name);
        Keep(name, secret, rotateBy, expires);
    }

    /// <summary>As <see cref="Put"/>, of our own too.</summary>
    internal void Keep(string name, Secret secret, DateOnly? rotateBy, DateOnly? expires)
    {
        Demand(name);
        DemandOwner();
        lock (_gate)
        {
            var root = keys.Read() is { Count: > 0 } there ? there[0] : keys.Add();
            var content = Encoding.UTF8.GetBytes(secret.Reveal());
            try
            {
                var seal = Seal.Of(name, content, root);
                Write(new SecretFile(name, time.GetUtcNow(), seal.KeyId, seal.Key, seal.Content)
                {
                    RotateBy = rotateBy,
                    Expires = expires,
                });
            }
            finally
            {
                CryptographicOperations.ZeroMemory(content);
            }
        }
    }

    /// <summary>Changes a secret that is still what it was; false if somebody set another meanwhile.</summary>
    /// <exception cref="VaultException">It does not open, or cannot be written.</exception>
    public bool Replace(string name, Secret old, Secret fresh, DateOnly? expires)
    {
        lock (_gate)
        {
            if (Opened(Read(name)).Reveal() != old.Reveal())
                return false;
            Put(name, fresh, expires: expires);
            return true;
        }
    }

    /// <summary>Opens a secret for its use.</summary>
    /// <exception cref="VaultException">There is none of that name, or it does not open.</exception>
    public Secret Open(string name)
    {
        var secret = Opened(Read(name));
        NoteUse(name);
        return secret;
    }

    /// <summary>What is known of each secret, by name; the relay's own keys are none of them.</summary>
    public IReadOnlyList<SecretFacts> List() => [.. Names().Where(name => !OwnKeys.IsOne(name)).Select(FactsOf)];

    /// <summary>There is one of that name, whether it opens or not.</summary>
    public bool Has(string name) => File.Exists(FileOf(name));

    /// <summary>What is known of one; null if there is none of that name.</summary>
    public SecretFacts? Find(string name) => Names().Contains(name) ? FactsOf(name) : null;

    /// <summary>Forgets a secret; false if there was none of that name.</summary>
    /// <exception cref="VaultException">Its file cannot be removed.</exception>
    public bool Delete(string name)
    {
        DemandFree(name);
        DemandOwner();
        lock (_gate)
        {
            if (!File.Exists(FileOf(name)))
                return false;
            Guarded($"the secret {name} cannot be removed", () =>
            {
                var disk = new RealDisk(folder);
                disk.Remove(name + Ending);
                disk.SyncFolder("");
                File.Delete(Path.Combine(folder, name + UsedEnding));
            });
            return true;
        }
    }

    /// <summary>
    /// Seals every secret under a new root key: one that was put in front of the old, or else one that is made here.
    /// Whatever happens in between, each opens with a key that is still there; to call it again goes on.
    /// </summary>
    /// <exception cref="VaultException">A secret does not open, or somebody else has to give the new key.</exception>
    public KeyRotation Rotate()
    {
        DemandOwner();
        lock (_gate)
        {
            var all = Names().Select(Read).ToList();
            var there = keys.Read();
            var root = there.Count > 1 ? there[0] : keys.Add();
            var ring = keys.Read();
            foreach (var file in all.Where(file => file.KeyId != root.Id))
                Write(file.With(Under(file, KeyOf(file, ring), root)));
            var ofRoutes = all.Count(file => !OwnKeys.IsOne(file.Name));
            return new KeyRotation(root.Id, ofRoutes, keys.DropOld());
        }
    }

    private SecretFacts FactsOf(string name)
    {
        var used = new FileInfo(Path.Combine(folder, name + UsedEnding));
        try
        {
            var file = Read(name);
            return new SecretFacts(name, file.SetAt, file.KeyId)
            {
                UsedAt = used.Exists ? new DateTimeOffset(used.LastWriteTimeUtc) : null,
                RotateBy = file.RotateBy,
                Expires = file.Expires,
                Trouble = TroubleOf(file),
            };
        }
        catch (VaultException e)
        {
            return new SecretFacts(name, default, "") { Trouble = e.Message };
        }
    }

    private string? TroubleOf(SecretFile file)
    {
        try
        {
            Opened(file);
            return null;
        }
        catch (VaultException e)
        {
            return e.Message;
        }
    }

    private Secret Opened(SecretFile file)
    {
        try
        {
            var content = file.Seal.Open(file.Name, KeyOf(file, keys.Read()));
            var secret = new Secret(Encoding.UTF8.GetString(content));
            CryptographicOperations.ZeroMemory(content);
            return secret;
        }
        catch (CryptographicException e)
        {
            throw Broken(file.Name, e);
        }
    }

    private Seal Under(SecretFile file, RootKey old, RootKey fresh)
    {
        try
        {
            return file.Seal.Under(file.Name, old, fresh);
        }
        catch (CryptographicException e)
        {
            throw Broken(file.Name, e);
        }
    }

    private RootKey KeyOf(SecretFile file, IReadOnlyList<RootKey> ring) =>
        ring.FirstOrDefault(key => key.Id == file.KeyId) ?? throw new VaultException(
            $"the secret {file.Name} is sealed with the key {file.KeyId}, which is not in {keys.Where}: put that key "
            + $"back there, or set the secret anew with `postroom secret set {file.Name}`");

    private SecretFile Read(string name)
    {
        Demand(name);
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(FileOf(name)), VaultJson.Default.SecretFile);
            if (file is not { Version: <= SecretFile.Newest, Key: not null, Content: not null } || file.Name != name)
                throw Broken(name, null);
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new VaultException(Missing(name), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"the secret {name} cannot be read: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw Broken(name, e);
        }
    }

    private VaultException Broken(string name, Exception? why) => new(
        $"the secret {name} does not open: {FileOf(name)} is damaged, or was put under another name; set it anew with "
        + $"`postroom secret set {name}`", why);

    private void Write(SecretFile file) => Guarded($"the secret {file.Name} cannot be written", () =>
        WholeFile.Replace(FileOf(file.Name), JsonSerializer.Serialize(file, VaultJson.Default.SecretFile) + "\n"));

    // To the hour, by the time of an empty file: a login must not cost a sync, nor wait for a full disk.
    private void NoteUse(string name)
    {
        var mark = Path.Combine(folder, name + UsedEnding);
        var now = time.GetUtcNow().UtcDateTime;
        try
        {
            if (File.Exists(mark) && now - File.GetLastWriteTimeUtc(mark) < NoteUseEvery)
                return;
            if (!File.Exists(mark))
                File.WriteAllBytes(mark, []);
            File.SetLastWriteTimeUtc(mark, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // it is only a note
        }
    }

    private static void Guarded(string what, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VaultException($"{what}: {e.Message}", e);
        }
    }

    private IEnumerable<string> Names() => !Directory.Exists(folder)
        ? []
        : Directory.EnumerateFiles(folder, "*" + Ending).Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Where(IsName).Order(StringComparer.Ordinal);

    private string FileOf(string name) => Path.Combine(folder, name + Ending);

    // What root writes beside the service, the service could not read.
    private void DemandOwner()
    {
        var there = Directory.Exists(folder) ? folder : Path.GetDirectoryName(Path.GetFullPath(folder))!;
        if (Posix.IsForeign(there))
            throw new VaultException($"{there} belongs to another user: do this as that user, or while the relay runs");
    }

    private static void DemandFree(string name)
    {
        Demand(name);
        if (OwnKeys.IsOne(name))
            throw new VaultException($"{name} is the name of a key of the relay's own: take another");
    }

    private static void Demand(string name)
    {
        if (!IsName(name))
            throw new VaultException("the name of a secret has small letters, digits, dots, hyphens and underscores, "
                + "begins with a letter or digit, and is at most 64 characters long");
    }
}

/// <summary>What a new root key changed.</summary>
/// <param name="KeyId">The key in use now.</param>
/// <param name="Secrets">How many are sealed with it.</param>
/// <param name="OldIsGone">False: whoever gave the old keys has to take them away.</param>
public sealed record KeyRotation(string KeyId, int Secrets, bool OldIsGone);
