using Postroom.Fuzz.Targets;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>Nobody hides a second mail inside the first, on the way in or on the way out.</summary>
/// <remarks>
/// Exhaustive: every sequence of so many line ends, halves of them, NULs and dots, in DATA and in BDAT, strict and
/// lenient, whole and cut in two at every octet. What was taken is then sent, and read by next hops that end a mail
/// wherever any server was seen to end one.
/// </remarks>
public class SmugglingTests
{
    private const string Hello = "EHLO app\r\nMAIL FROM:<jira@example.com>\r\nRCPT TO:<a@example.com>\r\n";
    private const string Evil = "MAIL FROM:<evil@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n";
    private const string Refused = "550 5.5.2 Bare CR, bare LF or NUL in mail data: lines end with CRLF; closing\r\n";

    private static readonly string[] Atoms = ["\r\n", "\n", "\r", "\0", ".", "x"];
    private static readonly PeerFacts Local = new(IsLocal: true, IsSecure: false, MayRelay: true);

    public static TheoryData<string, string> Scanners
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (name, end) in ScannerCases.All)
                data.Add(name, end);
            return data;
        }
    }

    [Fact]
    public void No_sequence_of_four_line_ends_dots_and_NULs_smuggles_a_mail() => HoldIn(4);

    [Fact]
    public void No_sequence_of_six_lines_and_dots_is_two_mails_at_a_next_hop() => HoldOut(6);

    // The message that the scanners send: the false end on a line of its own, then the second mail.
    [Theory]
    [MemberData(nameof(Scanners))]
    public void A_scanner_finds_nothing(string scanner, string end)
    {
        foreach (var lenient in (ReadOnlySpan<bool>)[false, true])
        foreach (var behind in (ReadOnlySpan<string>)["", "\r\n"])
        {
            var text = $"Subject: {scanner}\r\n\r\nTESTING\r\n{end}{behind}{Evil}";
            var play = Play(lenient, [Hello + "DATA\r\n" + text]);
            Assert.Equal(!lenient, play.Said.EndsWith(Refused, StringComparison.Ordinal));
            var senders = play.Taken.Select(mail => mail.From);
            Assert.Equal(lenient ? ["jira@example.com"] : [], senders);
        }
    }

    // And smtpsmug's last test: commands in a row are no attack, and each is answered.
    [Fact]
    public void Two_mails_in_one_write_are_two_mails()
    {
        var play = Play(lenient: false, [Hello + "DATA\r\nfirst\r\n.\r\n" + Evil]);
        Assert.Equal(["jira@example.com", "evil@example.com"], play.Taken.Select(mail => mail.From));
    }

    private static IEnumerable<string> Sequences(string[] atoms, int longest)
    {
        List<string> last = [""];
        for (var length = 1; length <= longest; length++)
        {
            last = [.. last.SelectMany(_ => atoms, (head, atom) => head + atom)];
            foreach (var one in last)
                yield return one;
        }
    }

    internal static (int Sequences, int Sessions) HoldIn(int longest)
    {
        var (sequences, sessions) = (0, 0);
        foreach (var sequence in Sequences(Atoms, longest).Distinct())
        {
            sequences++;
            foreach (var lenient in (ReadOnlySpan<bool>)[false, true])
            {
                sessions += Hold(sequence, lenient, inChunks: false);
                sessions += Hold(sequence, lenient, inChunks: true);
            }
        }

        return (sequences, sessions);
    }

    private static int Hold(string sequence, bool lenient, bool inChunks)
    {
        var text = $"a{sequence}{Evil}";
        var opening = Hello + (inChunks ? $"BDAT {text.Length} LAST\r\n" : "DATA\r\n");
        var whole = Play(lenient, [opening + text]);
        // A mail ends where CRLF . CRLF is, octet for octet, or with its chunk.
        var end = inChunks ? text.Length : ("\r\n" + text).IndexOf("\r\n.\r\n", StringComparison.Ordinal) + 3;
        var isBad = FirstBad(text) < end;
        if (isBad && !lenient)
            Must.Hold(whole.IsClosed && whole.Taken.Count == 0 && whole.Said.EndsWith(Refused,
                StringComparison.Ordinal),
                Told(sequence, lenient, "a bare CR, LF or NUL is refused and the connection closed", whole));
        else
            LookAtTaken(sequence, whole, isBad, isEndInFront: end <= 1 + sequence.Length);

        for (var cut = 1; cut <= sequence.Length + 2; cut++)
        {
            var play = Play(lenient, [opening + text[..cut], text[cut..]]);
            Must.Equal(whole.Said, play.Said, $"cut at {cut} the replies are the same");
            Must.Equal(whole.Mails, play.Mails, $"cut at {cut} the mails are the same");
        }

        return sequence.Length + 3;
    }

    // The first mail is the application's. A second is one only where the first had ended, octet for octet.
    private static void LookAtTaken(string sequence, SessionPlay play, bool isBad, bool isEndInFront)
    {
        Must.Hold(play.Taken is [("jira@example.com", _, _), ..], Told(sequence, isBad, "the mail is taken", play));
        Must.Hold(isEndInFront || play.Taken.Count == 1, Told(sequence, isBad, "one mail is one mail", play));
        Must.Hold(isBad == play.Taken[0].Repaired is not (null or "final CRLF added"),
            Told(sequence, isBad, "a repair is recorded, and nothing but a repair", play));
        foreach (var (_, octets, _) in play.Taken)
            LaxHops.ReadOneMail(MailDataTargets.Stuff(octets, [new ArraySegment<byte>(octets)]));
    }

    private static string Told(string sequence, bool isRepaired, string promise, SessionPlay play) =>
        $"{promise}: {Convert.ToHexString(Wire.Octets(sequence))}, "
            + $"{(isRepaired ? "lenient" : "strict")}\n{play.Said}{play.Mails}";

    private static int FirstBad(string text)
    {
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '\0' || (text[i] == '\n' && text[Math.Max(0, i - 1)] != '\r')
                || (text[i] == '\r' && text[i + 1] != '\n'))
                return i;
        return text.Length;
    }

    private static SessionPlay Play(bool lenient, string[] pieces)
    {
        var play = new SessionPlay(new ServerProfile("relay.test") { Lenient = lenient }, Local);
        foreach (var piece in pieces)
            play.Feed(Wire.Octets(piece));
        return play;
    }

    // What a strict listener may store, by BDAT too, which has no dots: sent by DATA in pieces that end anywhere.
    internal static int HoldOut(int longest)
    {
        var mails = 0;
        foreach (var text in Sequences(["\r\n", ".", "x"], longest))
        {
            mails++;
            var mail = Wire.Octets(text);
            var sent = MailDataTargets.Stuff(mail, [new ArraySegment<byte>(mail)]);
            LaxHops.ReadOneMail(sent);
            Must.BeClean(sent, "no bare CR or LF goes out");
            for (var cut = 1; cut < mail.Length; cut++)
                Must.Equal(sent, MailDataTargets.Stuff(mail,
                    [new ArraySegment<byte>(mail, 0, cut), new ArraySegment<byte>(mail, cut, mail.Length - cut)]),
                    "the same on the wire, whole and in pieces");
        }

        return mails;
    }
}
