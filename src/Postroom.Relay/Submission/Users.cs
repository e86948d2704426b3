using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Sasl;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Submission;

/// <summary>Who may log in: the users file, one <c>name:SCRAM-SHA-256$…</c> a line (0600).</summary>
/// <remarks>Read again at the next login after it was changed; nobody watches it in between.</remarks>
public sealed class Users(string file, ILogger log)
{
    private readonly Lock _lock = new();
    private Dictionary<string, StoredPassword> _users = [];
    private (DateTime Changed, long Length) _stamp;

    /// <summary>True if anybody could log in at all.</summary>
    public bool Any => Current().Count > 0;

    /// <summary>A secret that stays while the file does: hides which users exist.</summary>
    internal byte[] Pepper { get; private set; } = new byte[32];

    public StoredPassword? Find(string name) => Current().GetValueOrDefault(name);

    /// <summary>Adds a user or changes the password; the file is replaced in one step.</summary>
    /// <param name="salt">16 random octets or more.</param>
    /// <exception cref="ArgumentException">The name is empty, or holds a colon or a control character.</exception>
    /// <exception cref="SaslException">The password is empty or holds control characters.</exception>
    public static void Set(string file, string user, string password, byte[] salt)
    {
        if (!SaslPrep.TryPrepare(user, out var name) || name.Contains(':') || name.StartsWith('#'))
            throw new ArgumentException(
                "a user's name is not empty, begins with no # and holds no colon or control character");
        var line = $"{name}:{StoredPassword.Hash(password, salt, StoredPassword.DefaultIterations)}";
        var kept = File.Exists(file) ? File.ReadAllLines(file) : [];
        var others = kept.Where(l => !l.StartsWith(name + ":", StringComparison.Ordinal));
        Replace(file, others.Append(line));
    }

    /// <summary>Takes a user out; false if there was none of that name.</summary>
    public static bool Remove(string file, string user)
    {
        var kept = File.Exists(file) ? File.ReadAllLines(file) : [];
        var others = kept.Where(l => !l.StartsWith(user + ":", StringComparison.Ordinal)).ToArray();
        if (others.Length == kept.Length)
            return false;
        Replace(file, others);
        return true;
    }

    private static void Replace(string file, IEnumerable<string> lines)
    {
        var fresh = file + ".new";
        File.Delete(fresh);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var writer = new StreamWriter(fresh, options))
        {
            foreach (var line in lines)
                writer.Write(line + "\n");
        }

        File.Move(fresh, file, overwrite: true);
    }

    private Dictionary<string, StoredPassword> Current()
    {
        lock (_lock)
        {
            try
            {
                var on = new FileInfo(file);
                var stamp = on.Exists ? (on.LastWriteTimeUtc, on.Length) : default;
                if (stamp == _stamp)
                    return _users;
                _users = on.Exists ? Read(File.ReadAllText(file)) : [];
                _stamp = stamp;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                SubmissionLog.NoUsers(log, e);
                _users = [];
            }

            return _users;
        }
    }

    private Dictionary<string, StoredPassword> Read(string text)
    {
        Pepper = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        var users = new Dictionary<string, StoredPassword>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && StoredPassword.TryParse(line[(colon + 1)..].Trim(), out var password))
                users[line[..colon]] = password;
            else
                SubmissionLog.BadUser(log, number);
        }

        return users;
    }
}
