namespace Postroom.Mail.Authentication;

/// <summary>Header and body as DKIM signs them (RFC 6376 §3.4).</summary>
internal static class Canonical
{
    /// <summary>The header fields of a mail, each with its folds and the CRLF at its end, in their order.</summary>
    public static List<ReadOnlyMemory<byte>> Fields(ReadOnlyMemory<byte> mail)
    {
        var fields = new List<ReadOnlyMemory<byte>>();
        var (start, at) = (0, 0);
        while (at < mail.Length && !mail.Span[at..].StartsWith("\r\n"u8))
        {
            var end = mail.Span[at..].IndexOf("\r\n"u8);
            at = end < 0 ? mail.Length : at + end + 2;
            if (at < mail.Length && mail.Span[at] is (byte)' ' or (byte)'\t')
                continue;
            fields.Add(mail[start..at]);
            start = at;
        }

        return fields;
    }

    /// <summary>The name of a field, as it is written.</summary>
    public static string NameOf(ReadOnlySpan<byte> field) =>
        field.IndexOf((byte)':') is > 0 and var colon
            ? System.Text.Encoding.Latin1.GetString(field[..colon]).Trim() : "";

    /// <summary>What is behind the empty line.</summary>
    public static ReadOnlySpan<byte> BodyOf(ReadOnlySpan<byte> mail)
    {
        var end = mail.IndexOf("\r\n\r\n"u8);
        return end < 0 ? [] : mail[(end + 4)..];
    }

    /// <summary>A field as it is signed (§3.4.1, §3.4.2), with its CRLF.</summary>
    public static byte[] Field(ReadOnlySpan<byte> field, bool isRelaxed)
    {
        if (!isRelaxed)
            return field.ToArray();
        var colon = field.IndexOf((byte)':');
        var canonical = new List<byte>(field.Length);
        foreach (var octet in field[..colon].Trim(" \t"u8))
            canonical.Add(octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet | 0x20) : octet);
        canonical.Add((byte)':');
        var value = new List<byte>(field.Length);
        foreach (var octet in field[(colon + 1)..])
            if (octet is not ((byte)'\r' or (byte)'\n'))
                value.Add(octet);
        AddRelaxed(canonical, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(value).Trim(" \t"u8));
        canonical.AddRange("\r\n"u8);
        return [.. canonical];
    }

    /// <summary>A body as it is signed (RFC 6376 §3.4.3, §3.4.4): empty lines at the end do not count; relaxed, neither
    /// do spaces at the end of a line, and several are one.</summary>
    public static byte[] Body(ReadOnlySpan<byte> body, bool isRelaxed)
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
        return [.. canonical];
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
