using System.Text;
using System.Text.Unicode;

namespace Postroom.Mail.Content;

/// <summary>Octets of a text in the charset that its part names, or in what it is.</summary>
internal static class PartText
{
    // The charsets of old mail programs are there only for who asks the runtime for them.
    static PartText() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Decodes; what is no character becomes U+FFFD. Line ends are LF, NUL is gone.</summary>
    /// <param name="charset">As the part names it; an unknown one, or none, is UTF-8 where that fits, else
    /// Windows-1252, which is what such mail is as a rule.</param>
    public static string Of(ReadOnlySpan<byte> octets, string? charset)
    {
        var encoding = Named(charset) ?? (Utf8.IsValid(octets) ? Encoding.UTF8 : Encoding.GetEncoding(1252));
        // A mark of the order of octets says more than a label.
        if (octets.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
            encoding = Encoding.UTF8;
        return encoding.GetString(octets).TrimStart('\uFEFF').Replace("\0", "", StringComparison.Ordinal)
            .ReplaceLineEndings("\n");
    }

    /// <summary>Null where a charset is unknown, or not to be used.</summary>
    public static Encoding? Named(string? charset)
    {
        if (string.IsNullOrWhiteSpace(charset) || charset.Length > 40)
            return null;
        try
        {
            // UTF-7 hides tags from who looks for them, and US-ASCII is what UTF-8 is called by mistake.
            return Encoding.GetEncoding(charset.Trim().Trim('"', '\'')) is { CodePage: not (65000 or 20127) } known
                ? known : null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
