using System.Globalization;
using System.Text;

namespace Postroom.Mail.Content;

/// <summary>The name of a part as a file may be called on any system: no folders, nothing that steers a screen, no name
/// of a device (RFC 2183 §2.3 says why).</summary>
public static class PartName
{
    private const int Longest = 120;

    private static readonly HashSet<string> Devices = new(
    [
        "CON", "PRN", "AUX", "NUL", .. Enumerable.Range(0, 10).Select(n => $"COM{n}"),
        .. Enumerable.Range(0, 10).Select(n => $"LPT{n}"), "CONIN$", "CONOUT$", "CLOCK$",
    ], StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<string, string> Endings = new(StringComparer.OrdinalIgnoreCase)
    {
        ["text/plain"] = "txt", ["text/html"] = "html", ["text/calendar"] = "ics", ["text/csv"] = "csv",
        ["text/vcard"] = "vcf", ["message/rfc822"] = "eml", ["image/png"] = "png", ["image/jpeg"] = "jpg",
        ["image/gif"] = "gif", ["image/webp"] = "webp", ["image/svg+xml"] = "svg", ["application/pdf"] = "pdf",
        ["application/zip"] = "zip", ["application/json"] = "json", ["application/xml"] = "xml",
        ["application/ics"] = "ics", ["application/ms-tnef"] = "dat",
    };

    /// <summary>A safe name.</summary>
    /// <param name="written">As the mail gives it, decoded; null or empty where it gives none.</param>
    /// <returns>Never empty, at most 120 characters.</returns>
    public static string Safe(string? written, string type, int number)
    {
        var name = Clean(written ?? "");
        if (name.Length == 0)
            name = string.Create(CultureInfo.InvariantCulture,
                $"part-{number}.{Endings.GetValueOrDefault(type, "bin")}");
        return Devices.Contains(name.Split('.')[0].Trim()) ? "_" + name : name;
    }

    private static string Clean(string written)
    {
        // What is a folder to some system is none of the name's business.
        var from = written.LastIndexOfAny(['/', '\\']) + 1;
        var clean = new StringBuilder();
        for (var i = from; i < written.Length; i++)
            if (char.IsHighSurrogate(written[i]) && i + 1 < written.Length && char.IsLowSurrogate(written[i + 1]))
                clean.Append(written[i]).Append(written[++i]);
            else
                clean.Append(Safe(written[i]));
        var name = clean.ToString().Trim('.', ' ', '\u00A0');
        if (name.Length <= Longest)
            return name;
        var dot = name.LastIndexOf('.');
        var ending = dot > 0 && name.Length - dot <= 12 ? name[dot..] : "";
        var cut = Longest - ending.Length;
        return name[..(char.IsHighSurrogate(name[cut - 1]) ? cut - 1 : cut)].TrimEnd('.', ' ') + ending;
    }

    // Format characters are those that nobody sees: marks and overrides of direction, joiners, byte order marks.
    private static char Safe(char c) => char.GetUnicodeCategory(c) switch
    {
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned => '_',
        _ => c is '<' or '>' or ':' or '"' or '|' or '?' or '*' or '%' or '$' or '`' ? '_' : c,
    };
}
