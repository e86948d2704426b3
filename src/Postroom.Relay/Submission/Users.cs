using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Postroom.Mail.Sasl;
using Postroom.Relay.Spool.Disk;
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

    /// <summary>The name under which a user is kept and compared; null if it can be none.</summary>
    public static string? PreparedName(string user) =>
        SaslPrep.TryPrepare(user, out var name) && !name.Contains(':') && !name.StartsWith('#') ? name : null;

    /// <summary>Who is in the file, in order.</summary>
    public static IReadOnlyList<string> Names(string file) =>
        [.. Lines(file).Select(NameIn).OfType<string>().Order(StringComparer.Ordinal)];

    /// <summary>Adds a user or changes the password; the file is replaced in one step.</summary>
    /// <param name="salt">16 random octets or more.</param>
    /// <exception cref="ArgumentException">The name is empty, or holds a colon or a control character.</exception>
    /// <exception cref="SaslException">The password is empty or holds control characters.</exception>
    public static void Set(string file, string user, string password, byte[] salt)
    {
        if (PreparedName(user) is not { } name)
            throw new ArgumentException(
                "a user's name is not empty, begins with no # and holds no colon or control character");
        var line = $"{name}:{StoredPassword.Hash(password, salt, StoredPassword.DefaultIterations)}";
        Replace(file, Lines(file).Where(l => NameIn(l) != name).Append(line));
    }

    /// <summary>Takes a user out; false if there was none of that name.</summary>
    public static bool Remove(string file, string user)
    {
        var (all, name) = (Lines(file), PreparedName(user));
        var others = all.Where(l => NameIn(l) is not { } known || (known != name && known != user)).ToArray();
        if (others.Length == all.Length)
            return false;
        Replace(file, others);
        return true;
    }

    private static string[] Lines(string file) => File.Exists(file) ? File.ReadAllLines(file) : [];

    // Null for a comment and for what is no user.
    private static string? NameIn(string line) =>
        !line.StartsWith('#') && line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? line[..colon]
            : null;

    private static void Replace(string file, IEnumerable<string> lines) =>
        WholeFile.Replace(file, string.Concat(lines.Select(l => l + "\n")));

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
            if (NameIn(line) is { } name && StoredPassword.TryParse(line[(name.Length + 1)..].Trim(), out var password))
                users[name] = password;
            else
                SubmissionLog.BadUser(log, number);
        }

        return users;
    }
}
