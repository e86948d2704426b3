using System.Text;
using System.Text.RegularExpressions;

namespace Postroom.EndToEnd.Harness;

/// <summary>A mail that is legal and hard on a careless way. The same number makes the same octets.</summary>
/// <param name="Number">Which; also in its recipient's address, by which it is known when it arrives.</param>
/// <param name="Kind">What is odd about it.</param>
internal sealed partial record OddMail(int Number, string Kind, byte[] Octets)
{
    private const int Seed = 3_006;

    /// <summary>DATA cannot carry it: its last line has no CRLF.</summary>
    public bool NeedsChunks => Octets.Length > 0 && !Octets.AsSpan().EndsWith("\r\n"u8);

    public bool IsEightBit => Octets.Any(octet => octet > 127);

    /// <summary>What has to arrive: a final CRLF is the one thing that may be added (promise 8).</summary>
    public byte[] Due => NeedsChunks ? [.. Octets, .. "\r\n"u8] : Octets;

    public static OddMail Make(int number)
    {
        var (name, make) = OddKinds.All[number % OddKinds.All.Count];
        var dice = new Random(Seed + number);
        return new OddMail(number, name, make(dice, number / OddKinds.All.Count));
    }

    /// <summary>True if fields stand in front of what was sent, and nothing else is different.</summary>
    public bool HasArrivedAs(byte[] arrived)
    {
        if (!arrived.AsSpan().EndsWith(Due))
            return false;
        var front = Encoding.Latin1.GetString(arrived, 0, arrived.Length - Due.Length);
        return Front().Match(front) is { Success: true } match && match.Groups["empty"].Success == IsAllBody;
    }

    // No header at all: then ours ends with an empty line, or the mail's first line would be taken for a field.
    private bool IsAllBody
    {
        get
        {
            var text = Encoding.Latin1.GetString(Octets);
            return text.Length > 0 && !text.StartsWith("\r\n", StringComparison.Ordinal)
                && !HeaderStart().IsMatch(text);
        }
    }

    // A field, or the line that mailbox files put before one.
    [GeneratedRegex("^(>?From [^\r\n]*\r\n)?[!-9;-~]+[ \t]*:", RegexOptions.IgnoreCase)]
    private static partial Regex HeaderStart();

    [GeneratedRegex("""
        ^Received:[^\r\n]*\r\n(?:[ \t][^\r\n]+\r\n)*(?:Date:[^\r\n]*\r\n)?(?:Message-ID:[^\r\n]*\r\n)?(?<empty>\r\n)?\z
        """, RegexOptions.ExplicitCapture)]
    private static partial Regex Front();
}
