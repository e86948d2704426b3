using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Postroom.Mail.Authentication;

/// <summary>What one message of a server says to a question.</summary>
/// <param name="IsTruncated">There was no room for all of it: to be asked again by TCP (RFC 7766 §5).</param>
/// <param name="Answer">What it says; of one that cannot be read that it cannot.</param>
public sealed record DnsReply(bool IsTruncated, DnsAnswer Answer)
{
    /// <summary>The name that is to be asked for in the place of the one that was asked for (CNAME), where the server
    /// says nothing of it; null else.</summary>
    public string? Alias { get; init; }

    /// <summary>The server does not take extensions: to be asked again without them (RFC 6891 §7).</summary>
    public bool IsWithoutExtensions { get; init; }
}

/// <summary>The messages of DNS (RFC 1035 §4), as far as five kinds of record need them.</summary>
/// <remarks>
/// Who answers may be anybody. So of an answer nothing counts but what is about the question: the same id and question,
/// and records of its name, or of one that a chain of CNAME leads to. A name is compressed by pointers to what stands
/// before it alone, so that none leads in a circle; and it is read anew only within the bounds of a name.
/// </remarks>
public static class DnsMessage
{
    /// <summary>Octets that we take by UDP: what passes everywhere in one piece.</summary>
    public const int Room = 1232;

    private const int Header = 12;
    private const int MostAliases = 16;
    private const int MostRecords = 500;
    private const int Cname = 5;

    /// <summary>A question, for a server that asks on.</summary>
    /// <param name="hasExtensions">Says how much room there is (EDNS, RFC 6891 §6.1).</param>
    public static byte[] Ask(ushort id, DnsQuestion question, bool hasExtensions)
    {
        var octets = new List<byte>(64);
        AddNumber(octets, id);
        AddNumber(octets, 0x0100); // recursion desired
        foreach (var count in (int[])[1, 0, 0, hasExtensions ? 1 : 0])
            AddNumber(octets, count);
        AddQuestion(octets, question);
        if (hasExtensions)
        {
            octets.AddRange([0, 0, 41]);
            AddNumber(octets, Room);
            octets.AddRange(new byte[6]);
        }

        return [.. octets];
    }

    /// <summary>Reads a message.</summary>
    /// <returns>Null where it is no answer to this question: whoever waits waits on.</returns>
    public static DnsReply? Read(ReadOnlySpan<byte> octets, ushort id, DnsQuestion question)
    {
        if (octets.Length < Header || Number(octets, 0) != id || (octets[2] & 0xF8) != 0x80)
            return null;
        var code = octets[3] & 0x0F;
        var expected = new List<byte>();
        AddQuestion(expected, question);
        var isAsked = Number(octets, 4) == 1 && octets.Length >= Header + expected.Count
            && Ascii.EqualsIgnoreCase(octets.Slice(Header, expected.Count),
                System.Runtime.InteropServices.CollectionsMarshal.AsSpan(expected));
        // Who cannot read a question need not repeat it.
        if (code == 1 && (isAsked || Number(octets, 4) == 0))
            return new DnsReply(false, DnsAnswer.Failed("the server cannot read the question (FORMERR)"))
            {
                IsWithoutExtensions = true,
            };
        if (!isAsked)
            return null;
        if ((octets[2] & 0x02) != 0)
            return new DnsReply(true, DnsAnswer.Failed("the answer is longer than one message"));
        if (code is not (0 or 3))
            return new DnsReply(false, DnsAnswer.Failed($"the server says {CodeName(code)}"));
        // By the question's own octets: a space or a backslash in it is written in names as they are read.
        var at = Header;
        return Name(octets, ref at) is { } asked && Records(octets, Header + expected.Count) is { } records
            ? Said(records, question with { Name = asked }, isMissing: code == 3, mayAskOn: (octets[3] & 0x80) == 0)
            : new DnsReply(false, DnsAnswer.Failed("the answer cannot be read"));
    }

    private static DnsReply Said(
        List<(string Owner, int Type, string Data)> records, DnsQuestion question, bool isMissing, bool mayAskOn)
    {
        var name = question.Name;
        for (var i = 0; i < MostAliases; i++)
        {
            var found = records.Where(one => one.Owner == name && one.Type == (int)question.Type)
                .Select(one => one.Data).ToList();
            if (found.Count > 0)
                return new DnsReply(false, new DnsAnswer(DnsOutcome.Found, found));
            if (records.Find(one => one.Owner == name && one.Type == Cname) is not { Data: { } next })
                return isMissing ? new DnsReply(false, DnsAnswer.NoName)
                    : new DnsReply(false, DnsAnswer.NoData) { Alias = mayAskOn && name != question.Name ? name : null };
            name = next;
        }

        return new DnsReply(false, DnsAnswer.Failed("the name leads on and on (CNAME)"));
    }

    // Null: they cannot be read. MX come in the order of their preference.
    private static List<(string Owner, int Type, string Data)>? Records(ReadOnlySpan<byte> octets, int at)
    {
        var records = new List<(int Preference, string Owner, int Type, string Data)>();
        for (var left = Math.Min(Number(octets, 6), MostRecords); left > 0; left--)
        {
            if (Name(octets, ref at) is not { } owner || at + 10 > octets.Length)
                return null;
            var (type, kind, length) = (Number(octets, at), Number(octets, at + 2), Number(octets, at + 8));
            at += 10;
            if (at + length > octets.Length)
                return null;
            if (kind == 1 && type is (int)RecordType.A or (int)RecordType.Aaaa or (int)RecordType.Mx
                or (int)RecordType.Ptr or (int)RecordType.Txt or Cname)
            {
                if (Data(octets[..(at + length)], at, type) is not { } data)
                    return null;
                records.Add((type == (int)RecordType.Mx ? Number(octets, at) : 0, owner, type, data));
            }

            at += length;
        }

        return [.. records.OrderBy(one => one.Preference).Select(one => (one.Owner, one.Type, one.Data))];
    }

    private static string? Data(ReadOnlySpan<byte> octets, int at, int type)
    {
        var data = octets[at..];
        switch (type)
        {
            case (int)RecordType.A:
                return data.Length == 4 ? new IPAddress(data).ToString() : null;
            case (int)RecordType.Aaaa:
                return data.Length == 16 ? new IPAddress(data).ToString() : null;
            case (int)RecordType.Txt:
                return Text(data);
            case (int)RecordType.Mx:
                at += 2;
                return data.Length > 2 ? Name(octets, ref at) : null;
            default:
                return Name(octets, ref at);
        }
    }

    private static string? Text(ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder(data.Length);
        while (!data.IsEmpty)
        {
            if (data[0] >= data.Length)
                return null;
            text.Append(Encoding.Latin1.GetString(data.Slice(1, data[0])));
            data = data[(1 + data[0])..];
        }

        return text.ToString();
    }

    // In small letters, without the dot at the end; what is no letter of a name stands as its number.
    private static string? Name(ReadOnlySpan<byte> octets, ref int at)
    {
        var name = new StringBuilder();
        var (here, end, bound) = (at, -1, at);
        while (here < octets.Length)
        {
            var length = octets[here];
            if (length == 0)
            {
                at = end < 0 ? here + 1 : end;
                return name.ToString();
            }

            if (length >= 0xC0)
            {
                if (here + 1 >= octets.Length)
                    return null;
                var to = (length & 0x3F) << 8 | octets[here + 1];
                end = end < 0 ? here + 2 : end;
                if (to >= bound || to < Header)
                    return null;
                (here, bound) = (to, to);
                continue;
            }

            if (length > 63 || here + 1 + length > octets.Length || name.Length + length > 1_000)
                return null;
            name.Append(name.Length > 0 ? "." : "");
            foreach (var octet in octets.Slice(here + 1, length))
                if (octet is > (byte)' ' and < 127 and not ((byte)'.' or (byte)'\\'))
                    name.Append(char.ToLowerInvariant((char)octet));
                else
                    name.Append(CultureInfo.InvariantCulture, $"\\{octet:000}");
            here += 1 + length;
        }

        return null;
    }

    private static void AddQuestion(List<byte> octets, DnsQuestion question)
    {
        foreach (var label in question.Name.Split('.'))
        {
            octets.Add((byte)label.Length);
            octets.AddRange(Encoding.ASCII.GetBytes(label));
        }

        octets.Add(0);
        AddNumber(octets, (int)question.Type);
        AddNumber(octets, 1);
    }

    private static void AddNumber(List<byte> octets, int number)
    {
        octets.Add((byte)(number >> 8));
        octets.Add((byte)(number & 0xFF));
    }

    private static int Number(ReadOnlySpan<byte> octets, int at) => BinaryPrimitives.ReadUInt16BigEndian(octets[at..]);

    private static string CodeName(int code) => code switch
    {
        2 => "that it fails (SERVFAIL)", 4 => "that it cannot do that (NOTIMP)", 5 => "that it will not (REFUSED)",
        _ => string.Create(CultureInfo.InvariantCulture, $"error {code}"),
    };
}
