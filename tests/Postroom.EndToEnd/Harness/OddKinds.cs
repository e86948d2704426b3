using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>What can be odd about a mail. Each kind has as many variants as somebody asks for.</summary>
internal static class OddKinds
{
    private const string Header =
        "Date: Mon, 23 Nov 2026 09:14:02 +0000\r\nMessage-ID: <odd@jira.example.com>\r\nFrom: jira@example.com\r\n"
        + "To: alice@example.com\r\nSubject: odd\r\n\r\n";

    // Where buffers end on the way: a page of a pipe, a TLS record, a piece of the spool and of a write, doubled.
    private static readonly int[] Borders = [1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144];

    private static readonly string[] Tiny =
        ["x", ".", "..", "\r\n", ".\r\n", "\r\n.", "\r\n.\r\n", "..\r\n", "\r\n\r\n", "a:\r\n", "a:", ":\r\n", " \r\n", "\t",
            "From \r\n", "x\r\n.\r\n"];

    private static readonly string[] Ends = ["x", ".", "\r\n.", "\r\n..", "--", "\t", " ", "\u00ff"];

    private static readonly string[] Folded =
    [
        "Subject:\r\n \r\n\t\r\n folded\r\n", "subject : spaced\r\n", "X!#$%&'*+-/=?^_`{|}~: odd name\r\n",
        "X-Empty:\r\n", "X-Blank: \r\n \r\n", "X-Tab:\tvalue\t\r\n\tmore\t\r\n", "X-Dot: a\r\n .\r\n .b\r\n",
        "X-Colon:::\r\n", "DATE:\r\n", "mEsSaGe-Id:\r\n <a\r\n @b>\r\n", "X-Semi: ;;;,,,\r\n\t;\r\n",
    ];

    public static IReadOnlyList<(string Name, Func<Random, int, byte[]> Make)> All { get; } =
    [
        ("dots around every buffer border", DotsAtBorders),
        ("nothing but dots", (_, n) => Text(Fill(Dots(n), 1 << (n % 19)))),
        ("dots behind a header", (_, n) => Text(Header + Fill(Dots(n), 3 * (n % 50)))),
        ("sizes around powers of two", Sizes),
        ("every octet there is", EveryOctet),
        ("octets at random", AtRandom),
        ("empty", (_, _) => []),
        ("tiny", (_, n) => Text(Tiny[n % Tiny.Length])),
        ("header only", (dice, n) => Text(Header[..^2] + (n % 2 == 0 ? "" : "\r\n") + Words(dice, 0))),
        ("no header", (dice, n) => Text((n % 3 == 0 ? "." : "") + "just a line\r\n" + Words(dice, n))),
        ("lines of hundreds of KB", LongLines),
        ("fields twice and more", (dice, n) => Text(Fill("Subject: again\r\nMessage-ID: <a@b>\r\nDate: never\r\n"
            + "From: a, b\r\nTo:\r\n", 60 * (n % 40)) + Header + Words(dice, n))),
        ("fields folded oddly", (dice, n) => Text(Folded[n % Folded.Length] + Header + Words(dice, n))),
        ("a header of 100 KB", (dice, n) => Text("X-Long: " + Fill("word ", 1_000 * (n % 100))
            + "\r\n\t" + Fill("x", 997) + "\r\n" + Header + Words(dice, n))),
        ("mailbox lines", (dice, n) => Text((n % 2 == 0 ? "From " : ">From ") + "app Mon Nov 23 09:14:02 2026\r\n"
            + Header + "From here\r\n>From there\r\n" + Words(dice, n) + "From\r\n")),
        ("no end of line at the end", (dice, n) => Text(Header + Words(dice, n) + Ends[n % Ends.Length])),
        ("many Received", (dice, n) => Text(Fill("Received: from a by b; then\r\n", 29 * (n % 51)) + Header
            + Words(dice, n))),
        ("fields beyond ASCII", (dice, n) => [.. n % 2 == 0 ? "Subject: Grüße\r\nX-Naïve: 邮件\r\n"u8
            : "Subject: Gr\xfc\xdf\x80\xff\r\n"u8, .. Text(Header + Words(dice, n))]),
        ("empty lines", (_, n) => Text(Header + Fill("\r\n", n * 97) + "end\r\n" + Fill("\r\n.\r\n", n * 5))),
        ("white space and controls", (dice, n) => Text(Header + Fill(" \r\n\t\r\n \t \r\n\f\v\x7f\x1b[2J\x01\b\r\n"
            + "trailing   \r\n", dice.Next(50, 4_000)))),
        ("parts", (_, n) => Text(Header[..^2] + "Content-Type: multipart/mixed; boundary=\".\"\r\n\r\n"
            + Fill("--.\r\n\r\n.\r\n--.--\r\n", 18 * n))),
        ("fields that others take out", (dice, n) => Text("Bcc: somebody@example.com\r\nReturn-Path: <x>\r\n"
            + "Content-Length: 7\r\nResent-Bcc: a@b\r\nSender:\r\n" + Header + Words(dice, n))),
        ("addresses that others complete", (dice, n) => Text("From: root\r\nTo: alice, bob@localhost\r\n"
            + "Cc: \"A\" <a@b@c>,\r\n  (x) d\r\nSubject: odd\r\n\r\n" + Words(dice, n))),
        ("lines like dots", (_, n) => Text(Header + Fill(". \r\n.\t\r\n...\r\n.. .\r\n.\x7f\r\n", 20 * (n + 1)))),
        ("large", (dice, n) => Text(Header + Fill(Words(dice, 30) + Dots(n),
            n % 8 == 0 ? 2_000_000 + dice.Next(70_000) : 100_000 + dice.Next(70_000)))),
    ];

    // Short lines that begin with dots, of 3 octets and more: over a few borders, each place in one falls on one.
    private static string Dots(int variant) => (variant % 5) switch
    {
        0 => ".\r\n",
        1 => "..\r\n",
        2 => ".x.\r\n",
        3 => "\r\n.\r\n",
        _ => "...\r\n.\r\n",
    };

    // What stands in front when it goes out is some hundred octets long, so the dots begin as far before each border.
    private static byte[] DotsAtBorders(Random dice, int variant)
    {
        var (dots, last) = (Dots(variant), Borders[^(1 + variant % 4)]);
        var text = new StringBuilder(Header);
        foreach (var border in Borders.TakeWhile(border => border <= last))
        {
            while (text.Length < border - 700)
                text.Append('x', Math.Min(dice.Next(1, 900), border - 700 - text.Length)).Append("\r\n");
            text.Append('y', variant % 7).Append("\r\n").Append(Fill(dots, 800));
        }

        return Text(text + "\r\n");
    }

    private static byte[] Sizes(Random dice, int variant)
    {
        var size = Math.Max(2, (1 << (variant % 21)) + variant / 21 % 5 - 2);
        var text = Fill(Header + Words(dice, 20), size)[..size];
        if (text[^1] == '\r' || variant % 3 != 0)
            text = text[..^2].TrimEnd('\r') + "\r\n";
        return Text(text.StartsWith('\n') ? "" : text);
    }

    private static byte[] EveryOctet(Random dice, int variant)
    {
        var octets = Enumerable.Range(1, 255).Where(octet => octet is not ('\r' or '\n'))
            .Select(octet => (byte)octet).ToArray();
        var all = new List<byte>(Text(Header));
        for (var line = 0; line <= variant % 40; line++)
        {
            dice.Shuffle(octets);
            all.AddRange(octets);
            all.AddRange("\r\n"u8);
        }

        return [.. all];
    }

    private static byte[] AtRandom(Random dice, int variant)
    {
        var octets = new byte[dice.Next(variant % 10 == 0 ? 300_000 : 9_000)];
        dice.NextBytes(octets);
        var all = new List<byte>(octets.Length * 2);
        foreach (var octet in octets)
            if (octet is 0 or (byte)'\r' or (byte)'\n' || octet % 23 == 0)
                all.AddRange(octet % 2 == 0 ? "\r\n."u8 : "\r\n"u8);
            else
                all.Add(octet);
        return [.. Text(Header), .. all, .. "\r\n"u8];
    }

    private static byte[] LongLines(Random dice, int variant)
    {
        int[] lengths = [997, 998, 999, 1_000, 2_047, 2_048, 4_095, 65_535, 65_536, 300_000, dice.Next(300_000)];
        var line = new string((char)dice.Next('a', 'z'), lengths[variant % lengths.Length]);
        return Text((variant % 2 == 0 ? Header : "") + (variant % 3 == 0 ? "." : "") + line + "\r\n." + line + "\r\n");
    }

    private static string Words(Random dice, int lines)
    {
        var text = new StringBuilder();
        for (var line = 0; line < lines % 60; line++)
            text.Append(dice.Next(4) == 0 ? "." : "").Append(dice.NextDouble()).Append(' ', dice.Next(70))
                .Append("\r\n");
        return text.ToString();
    }

    private static string Fill(string what, int length)
    {
        var text = new StringBuilder(length + what.Length);
        while (text.Length < length)
            text.Append(what);
        return text.ToString();
    }

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);
}
