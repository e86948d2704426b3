using System.Security.Cryptography;

namespace Postroom.Mail.Content.Checks;

/// <summary>A DKIM-Signature (RFC 6376 §3.5), and whether the body is still the one that was signed.</summary>
/// <param name="Domain">d=, in small letters.</param>
/// <param name="Selector">s=.</param>
/// <param name="Body">Whether bh= agrees with the octets; null where the algorithm is unknown.</param>
public sealed record DkimBody(string Domain, string Selector, bool? Body)
{
    /// <summary>Reads a signature; null where it has no d=, s= or bh=.</summary>
    public static DkimBody? Of(string field, ReadOnlySpan<byte> mail)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in field.Split(';'))
            if (tag.IndexOf('=', StringComparison.Ordinal) is > 0 and var at)
                tags[tag[..at].Trim()] = new string([.. tag[(at + 1)..].Where(c => !char.IsWhiteSpace(c))]);
        if (!tags.TryGetValue("d", out var domain) || !tags.TryGetValue("s", out var selector)
            || !tags.TryGetValue("bh", out var hash))
            return null;
        var isRelaxed = tags.GetValueOrDefault("c", "simple/simple").Split('/') is [_, "relaxed"];
        var body = Canonical(BodyOf(mail), isRelaxed);
        if (tags.TryGetValue("l", out var length) && int.TryParse(length, out var most) && most >= 0
            && most < body.Length)
            body = body[..most];
        bool? agrees = tags.GetValueOrDefault("a") switch
        {
            "rsa-sha256" or "ed25519-sha256" => Convert.ToBase64String(SHA256.HashData(body)) == hash,
            _ => null,
        };
        return new DkimBody(Printable.Of(domain).ToLowerInvariant(), Printable.Of(selector), agrees);
    }

    private static ReadOnlySpan<byte> BodyOf(ReadOnlySpan<byte> mail)
    {
        var end = mail.IndexOf("\r\n\r\n"u8);
        return end < 0 ? [] : mail[(end + 4)..];
    }

    // RFC 6376 §3.4.3, §3.4.4: empty lines at the end do not count; relaxed, neither do spaces at the end of a line,
    // and several are one.
    private static ReadOnlySpan<byte> Canonical(ReadOnlySpan<byte> body, bool isRelaxed)
    {
        var canonical = new List<byte>(body.Length + 2);
        var emptyLines = 0;
        while (!body.IsEmpty)
        {
            var end = body.IndexOf("\r\n"u8);
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? [] : body[(end + 2)..];
            if (isRelaxed)
                line = line.TrimEnd(" \t"u8);
            if (line.IsEmpty)
            {
                emptyLines++;
                continue;
            }

            for (; emptyLines > 0; emptyLines--)
                canonical.AddRange("\r\n"u8);
            if (isRelaxed)
                AddRelaxed(canonical, line);
            else
                canonical.AddRange(line);
            canonical.AddRange("\r\n"u8);
        }

        if (canonical.Count == 0 && !isRelaxed)
            canonical.AddRange("\r\n"u8);
        return canonical.ToArray();
    }

    private static void AddRelaxed(List<byte> canonical, ReadOnlySpan<byte> line)
    {
        var isSpace = false;
        foreach (var octet in line)
        {
            if (octet is (byte)' ' or (byte)'\t')
            {
                isSpace = true;
                continue;
            }

            if (isSpace)
                canonical.Add((byte)' ');
            isSpace = false;
            canonical.Add(octet);
        }
    }
}
