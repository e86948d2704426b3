using System.Text.RegularExpressions;

namespace Postroom.Mail.Authentication;

/// <summary>A list of tags: <c>v=1; a=rsa-sha256</c> (RFC 6376 §3.2, which RFC 9989 §4.7 takes over).</summary>
internal static partial class TagList
{
    /// <summary>By name, in their order; values without the spaces around them.</summary>
    /// <returns>Null where it is no such list, or a tag stands there twice.</returns>
    public static IReadOnlyList<KeyValuePair<string, string>>? Of(string text)
    {
        var tags = new List<KeyValuePair<string, string>>();
        foreach (var part in text.Split(';'))
        {
            if (string.IsNullOrWhiteSpace(part))
                continue;
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var name = at < 0 ? "" : part[..at].Trim();
            if (!Name().IsMatch(name) || tags.Exists(one => one.Key == name) || tags.Count == 100)
                return null;
            tags.Add(new(name, part[(at + 1)..].Trim()));
        }

        return tags;
    }

    /// <summary>The value of a tag; null where it has none.</summary>
    public static string? Value(this IReadOnlyList<KeyValuePair<string, string>> tags, string name) =>
        tags.FirstOrDefault(one => one.Key == name).Value;

    /// <summary>A value without any space: base64 and lists may be folded anywhere (RFC 6376 §3.5).</summary>
    public static string? Squeezed(this IReadOnlyList<KeyValuePair<string, string>> tags, string name) =>
        tags.Value(name) is { } value ? string.Concat(value.Where(c => !char.IsWhiteSpace(c))) : null;

    /// <summary>Base64, squeezed; null where it is none.</summary>
    public static byte[]? Octets(string? base64)
    {
        if (base64 is null)
            return null;
        var octets = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, octets, out var count) ? octets[..count] : null;
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
