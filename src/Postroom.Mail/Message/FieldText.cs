using System.Text;
using MimeKit.Utils;

namespace Postroom.Mail.Message;

/// <summary>The value of a header field, as people read it.</summary>
internal static class FieldText
{
    private const int Longest = 500;

    // The charsets of old mail programs (koi8-r, windows-1252…) are there only for who asks the runtime for them.
    static FieldText() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>Unfolded (RFC 5322 §2.2.3), decoded (RFC 2047, RFC 6532), one line, at most 500 characters.</summary>
    /// <returns>Null where nothing is left.</returns>
    public static string? Decode(ReadOnlySpan<byte> value) => DecodeWhole(value) is { } text ? Cut(text) : null;

    /// <summary>The same, however long it is.</summary>
    public static string? DecodeWhole(ReadOnlySpan<byte> value)
    {
        value = value.Trim(" \t\r\n"u8);
        if (value.IsEmpty)
            return null;
        // Most fields are plain ASCII on one line; only an encoded word or a stray charset needs the whole machinery.
        var text = Ascii.IsValid(value) && value.IndexOf("=?"u8) < 0
            ? Encoding.ASCII.GetString(value)
            : Rfc2047.DecodeText(value.ToArray());
        return OneLine(text);
    }

    /// <summary>The identifier with its angle brackets (RFC 5322 §3.6.4); as it stands if it has none.</summary>
    public static string? MessageId(ReadOnlySpan<byte> value)
    {
        var open = value.IndexOf((byte)'<');
        var close = open < 0 ? -1 : value[open..].IndexOf((byte)'>');
        if (close > 0)
            value = value.Slice(open, close + 1);
        value = value.Trim(" \t\r\n"u8);
        return value.IsEmpty || OneLine(Encoding.UTF8.GetString(value)) is not { } text ? null : Cut(text);
    }

    /// <summary>Line ends vanish, other control characters become spaces: nothing here may steer a terminal.</summary>
    private static string? OneLine(string text)
    {
        if (text.AsSpan().ContainsAnyInRange('\0', '\x1f') || text.AsSpan().ContainsAnyInRange('\x7f', '\x9f'))
        {
            var line = new StringBuilder(text.Length);
            foreach (var c in text)
            {
                if (c is not ('\r' or '\n'))
                    line.Append(char.IsControl(c) ? ' ' : c);
            }

            text = line.ToString();
        }

        text = text.Trim();
        return text.Length == 0 ? null : text;
    }

    private static string Cut(string text) => text.Length <= Longest ? text
        : text[..(char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest)];
}
