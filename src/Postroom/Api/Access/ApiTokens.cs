using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Postroom.Relay.Spool.Disk;

namespace Postroom.Api.Access;

/// <summary>What may be known of a token. The token itself is shown once, when it is made.</summary>
/// <param name="Name">What it is called in the trail: <c>token:NAME</c>.</param>
/// <param name="Digest">SHA-256 of it in small hexadecimal digits.</param>
public sealed record ApiToken(string Name, Scopes Scopes, DateOnly MadeOn, string Digest)
{
    /// <summary>The last day on which it holds, UTC; null: until it is removed.</summary>
    public DateOnly? Expires { get; init; }

    /// <summary>The last day on which it was used, UTC; null: never.</summary>
    public DateOnly? UsedOn { get; init; }
}

/// <summary>The bearer tokens of the API (RFC 6750): the file <c>tokens</c> (0600), one a line.</summary>
/// <remarks>
/// <para>A token is 32 octets of chance, so its digest is kept without salt or stretching: nobody guesses it, and who
/// reads the file has nothing to show.</para>
/// <para>Read again where the file was changed: the command line changes it while no service runs.</para>
/// </remarks>
public sealed class ApiTokens(string file, TimeProvider time, ILogger log)
{
    /// <summary>How each begins: whoever finds one lying about knows whose it is.</summary>
    public const string Prefix = "postroom_";

    private const int Octets = 32;

    private readonly Lock _lock = new();
    private Dictionary<string, ApiToken> _byDigest = [];
    private (DateTime Changed, long Length) _stamp;

    /// <summary>All there are, by name.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public IReadOnlyList<ApiToken> List()
    {
        lock (_lock)
            return [.. Current().Values.OrderBy(token => token.Name, StringComparer.Ordinal)];
    }

    /// <summary>The token that somebody shows; null if it is none of ours. It counts as used.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ApiToken? Find(string shown)
    {
        var digest = DigestOf(shown);
        lock (_lock)
        {
            if (!Current().TryGetValue(digest, out var token) || IsOver(token))
                return token;
            if (token.UsedOn != Today)
                NoteUse(token);
            return token;
        }
    }

    /// <summary>Whether its day has passed.</summary>
    public bool IsOver(ApiToken token) => token.Expires < Today;

    /// <summary>Makes a token, in the place of one of the same name.</summary>
    /// <returns>What is known of it, and the token itself, which comes back from nowhere.</returns>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public (ApiToken Token, string Shown) Make(string name, Scopes scopes, DateOnly? expires)
    {
        var shown = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Octets));
        var token = new ApiToken(name, scopes, Today, DigestOf(shown)) { Expires = expires };
        lock (_lock)
            Write(Current().Values.Where(one => one.Name != name).Append(token));
        return (token, shown);
    }

    /// <summary>Takes one away; false if there was none of that name.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public bool Remove(string name)
    {
        lock (_lock)
        {
            var others = Current().Values.Where(one => one.Name != name).ToList();
            if (others.Count == _byDigest.Count)
                return false;
            Write(others);
            return true;
        }
    }

    // Once a day. A disk that is full keeps nobody from looking at the mail.
    private void NoteUse(ApiToken token)
    {
        try
        {
            Write(_byDigest.Values.Select(one => one == token ? one with { UsedOn = Today } : one));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ApiLog.UseNotNoted(log, token.Name, e.Message);
        }
    }

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    private static string DigestOf(string shown) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(shown)));

    private void Write(IEnumerable<ApiToken> tokens)
    {
        var lines = new StringBuilder("# name, scopes, made, expires, last used, SHA-256; see: postroom token\n");
        foreach (var one in tokens.OrderBy(token => token.Name, StringComparer.Ordinal))
            lines.Append(CultureInfo.InvariantCulture, $"{one.Name} {string.Join(',', ScopeNames.Of(one.Scopes))} ")
                .Append(CultureInfo.InvariantCulture, $"{Day(one.MadeOn)} {Day(one.Expires)} {Day(one.UsedOn)} ")
                .Append(one.Digest).Append('\n');
        WholeFile.Replace(file, lines.ToString());
        _stamp = default;
        Current();
    }

    private Dictionary<string, ApiToken> Current()
    {
        var on = new FileInfo(file);
        var stamp = on.Exists ? (on.LastWriteTimeUtc, on.Length) : default;
        if (stamp == _stamp)
            return _byDigest;
        _byDigest = on.Exists ? Read(File.ReadAllLines(file)) : [];
        _stamp = stamp;
        return _byDigest;
    }

    private Dictionary<string, ApiToken> Read(string[] lines)
    {
        var tokens = new Dictionary<string, ApiToken>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0 || lines[i][0] == '#')
                continue;
            if (TryRead(lines[i]) is { } token)
                tokens[token.Digest] = token;
            else
                ApiLog.BadToken(log, i + 1, file);
        }

        return tokens;
    }

    private static ApiToken? TryRead(string line) =>
        line.Split(' ') is [var name, var scopes, var made, var expires, var used, { Length: 64 } digest]
        && ScopeNames.TryRead(scopes.Split(','), out var may)
        && TryDay(made, out var madeOn) && TryDay(expires, out var end) && TryDay(used, out var usedOn)
            ? new ApiToken(name, may, madeOn ?? default, digest) { Expires = end, UsedOn = usedOn }
            : null;

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-";

    private static bool TryDay(string text, out DateOnly? day)
    {
        day = null;
        if (text == "-")
            return true;
        var isDay = DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None,
            out var read);
        day = read;
        return isDay;
    }
}
