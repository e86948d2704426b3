using System.Text;

namespace Postroom.Mail.Message;

/// <summary>What a redirected mail gets; all else of it stays as it is, octet for octet.</summary>
/// <param name="Front">Goes in front of everything.</param>
/// <param name="At">Where <paramref name="Insert"/> goes into the mail as it was.</param>
/// <param name="Insert">The tag of its subject; empty where there is none to be put.</param>
public sealed record RedirectBlock(byte[] Front, int At, byte[] Insert)
{
    /// <summary>The longest header that a Subject is looked for in.</summary>
    public const int MostHeader = 256 << 10;

    private const int LongestLine = 998; // RFC 5322 §2.1.1
    private const int LongestAddress = 900;
    private const int WordOctets = 33; // of an encoded word: with its field's name 76 at most (RFC 2047 §2)

    /// <summary>
    /// X-Original-To for each recipient, and the tag in front of the subject: as it stands where it is ASCII, else as
    /// an encoded word of its own, so that those of the subject are not touched.
    /// </summary>
    /// <param name="header">How the mail begins: its whole header, or <see cref="MostHeader"/> octets of it.</param>
    /// <param name="isWhole">Nothing follows that could be a field.</param>
    public static RedirectBlock Of(
        ReadOnlySpan<byte> header, bool isWhole, IReadOnlyList<ForwardPath> recipients, string? tag)
    {
        var front = new StringBuilder();
        foreach (var to in recipients)
            AppendOriginal(front, to.Address);
        if (string.IsNullOrEmpty(tag))
            return new RedirectBlock(Bytes(front), 0, []);
        var (line, colon, hasEnded) = Subject(header);
        if (colon >= 0)
            return new RedirectBlock(Bytes(front), colon + 1, Inserted(header, line, colon + 1, tag));
        if (hasEnded || isWhole) // of a header that goes on for longer nobody knows
            front.Append("Subject: ").Append(Tag(tag, beforeWord: false)).Append("\r\n");
        return new RedirectBlock(Bytes(front), 0, []);
    }

    /// <summary>Where the header ends, with its empty line; -1 if that was not seen.</summary>
    public static int EndOf(ReadOnlySpan<byte> mail) => mail.IndexOf("\r\n\r\n"u8) is >= 0 and var at ? at + 4 : -1;

    // The first field of that name; where its line begins, and its colon.
    private static (int Line, int Colon, bool HasEnded) Subject(ReadOnlySpan<byte> header)
    {
        for (var at = 0; at < header.Length;)
        {
            var line = header[at..];
            var end = line.IndexOf((byte)'\n');
            line = end < 0 ? line : line[..(end + 1)];
            if (line[0] is not ((byte)' ' or (byte)'\t'))
            {
                var colon = line.IndexOf((byte)':');
                if (colon <= 0)
                    return (0, -1, end >= 0); // the empty line, or one that cannot be of a header
                if (Ascii.EqualsIgnoreCase(line[..colon].TrimEnd(" \t"u8), "Subject"u8))
                    return (at, at + colon, true);
            }

            at += line.Length;
        }

        return (0, -1, false);
    }

    private static byte[] Inserted(ReadOnlySpan<byte> header, int line, int at, string tag)
    {
        var rest = header[at..];
        var text = rest.TrimStart(" \t\r\n"u8);
        var (written, isSpaced) = (Tag(tag, text.StartsWith("=?"u8)), rest.IsEmpty || rest[0] is <= (byte)' ');
        var end = rest.IndexOf((byte)'\n');
        var length = (end < 0 ? header.Length : at + end - 1) - line;
        var fold = length + written.Length + 2 > LongestLine ? "\r\n" : "";
        return Encoding.ASCII.GetBytes($" {written}{fold}{(isSpaced ? "" : " ")}");
    }

    // Between two encoded words space is not shown (RFC 2047 §6.2): there it stands inside of ours.
    private static string Tag(string tag, bool beforeWord) =>
        IsPlain(tag) ? tag : Word(Encoding.UTF8.GetBytes(beforeWord ? tag + " " : tag));

    private static void AppendOriginal(StringBuilder front, string address)
    {
        front.Append("X-Original-To: ");
        if (IsPlain(address))
            front.Append(address.AsSpan(0, Math.Min(address.Length, LongestAddress)));
        else
            AppendWords(front, address);
        front.Append("\r\n");
    }

    private static void AppendWords(StringBuilder front, string text)
    {
        var (word, count) = (new byte[WordOctets], 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (count + rune.Utf8SequenceLength > WordOctets)
            {
                front.Append(Word(word.AsSpan(0, count))).Append("\r\n ");
                count = 0;
            }

            count += rune.EncodeToUtf8(word.AsSpan(count));
        }

        front.Append(Word(word.AsSpan(0, count)));
    }

    private static string Word(ReadOnlySpan<byte> utf8) => $"=?utf-8?B?{Convert.ToBase64String(utf8)}?=";

    private static bool IsPlain(string text) =>
        Ascii.IsValid(text) && !text.Contains("=?", StringComparison.Ordinal);

    private static byte[] Bytes(StringBuilder ascii) => Encoding.ASCII.GetBytes(ascii.ToString());
}
