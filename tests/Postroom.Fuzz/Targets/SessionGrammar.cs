using System.Text;

namespace Postroom.Fuzz.Targets;

/// <summary>A session as a client would hold it that means no good. One seed, one session.</summary>
/// <param name="Clear">What is sent on the clear connection, in these pieces.</param>
/// <param name="Secure">What is sent once TLS stands; null: no TLS is begun.</param>
public sealed record HostileSession(IReadOnlyList<byte[]> Clear, IReadOnlyList<byte[]>? Secure)
{
    public static string Text(IReadOnlyList<byte[]> pieces) => string.Concat(pieces.Select(p => Wire.Text(p)));
}

/// <summary>Knows the grammar of a session, and breaks it.</summary>
public sealed class SessionGrammar(int seed)
{
    private static readonly string[] Senders =
    [
        "<jira@example.com>", "<>", "<\"a b\"@example.com>", "<@a,@b:jira@example.com>", "jira@example.com", "<jira>",
        "<a@[192.0.2.1]>", "<\u00c3\u00bc@example.com>", "<\0@example.com>", "<a@b@c>", "<" + new string('a', 600)
            + "@b>",
    ];

    private static readonly string[] Recipients =
    [
        "<alice@example.com>", "<bob@example.com>", "<postmaster>", "<a%b@example.com>", "<b!a@example.com>", "<>",
        "< >",
        "<alice@example.com", "<\u00c3\u00bc@example.com>", "<alice@-example.com>",
    ];

    private static readonly string[] Parameters =
    [
        " SIZE=10", " SIZE=99999999999", " SIZE=x", " BODY=8BITMIME", " BODY=BINARYMIME", " SMTPUTF8", " RET=HDRS",
        " ENVID=a+2Bb", " AUTH=<>", " NOTIFY=NEVER", " NOTIFY=SUCCESS,NEVER", " ORCPT=rfc822;a@b", " FOO=BAR", "  ",
    ];

    private static readonly string[] Bodies =
    [
        "Subject: x\r\n\r\nhello\r\n", "", "..\r\n", ".x\r\n", "a\nb\r\n", "a\rb\r\n", "a\0b\r\n", "a\r\n.\nb\r\n",
        "a\n.\nMAIL FROM:<evil@example.com>\r\n", "a\r.\rRCPT TO:<evil@example.com>\r\n", "\u00e4\u00ff\r\n", "no end",
        "a\r\n\0.\r\nDATA\r\n", "Received: x\r\nReceived: y\r\n\r\n",
    ];

    private static readonly string[] Others =
    [
        "RSET\r\n", "NOOP\r\n", "NOOP x\r\n", "VRFY alice\r\n", "EXPN list\r\n", "HELP\r\n", "HELO app\r\n", "EHLO\r\n",
        "EHLO app\r\n", "ehlo \x01\r\n", "QUIT\r\n", "STARTTLS\r\n", "STARTTLS now\r\n", "XCLIENT ADDR=127.0.0.1\r\n",
        "XFORWARD NAME=a\r\n", "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n", "GET / HTTP/1.1\r\n", "\r\n", "\n", "\0\r\n",
        "DATA x\r\n", "BDAT\r\n", "BDAT -1\r\n", "BDAT 1 LAST LAST\r\n", "ETRN x\r\n", "TURN\r\n", "\x16\x03\x01\x00\r\n",
    ];

    private static readonly string[] Logins =
    [
        "AUTH PLAIN AGppcmEAc2VjcmV0\r\n", "AUTH PLAIN AGppcmEAd3Jvbmc=\r\n", "AUTH PLAIN\r\nAGppcmEAc2VjcmV0\r\n",
        "AUTH LOGIN\r\namlyYQ==\r\nc2VjcmV0\r\n", "AUTH LOGIN amlyYQ==\r\n*\r\n", "AUTH PLAIN !!!\r\n", "AUTH PLAIN =\r\n*\r\n",
        "AUTH SCRAM-SHA-256 biwsbj1qaXJhLHI9YWJj\r\nYz1iaXdz\r\n", "AUTH CRAM-MD5\r\n", "AUTH\r\n", "AUTH LOGIN\r\nDATA\r\n",
    ];

    private readonly Random _dice = new(seed);

    public HostileSession Make()
    {
        if (_dice.Next(12) > 0)
            return new HostileSession(Cut(Phase()), null);
        var behind = _dice.Next(4) == 0 ? "MAIL FROM:<evil@example.com>\r\n" : ""; // an injection
        var opening = (_dice.Next(3) == 0 ? Phase() : "") + "RSET\r\nEHLO app\r\nSTARTTLS\r\n" + behind;
        return new HostileSession([Wire.Octets(opening)], Cut(Phase()));
    }

    private string Any(string[] words) => words[_dice.Next(words.Length)];

    // Mostly the first of them, which is right.
    private string Mostly(string[] words) => _dice.Next(4) > 0 ? words[0] : Any(words);

    private string Phase()
    {
        var said = new List<string> { _dice.Next(20) == 0 ? Any(Others) : "EHLO app\r\n" };
        if (_dice.Next(5) == 0)
            said.Add(Any(Logins));
        for (var i = _dice.Next(4); i >= 0; i--)
            Transaction(said);
        if (_dice.Next(2) == 0)
            said.Add("QUIT\r\n");
        for (var i = _dice.Next(5) - 2; i > 0; i--)
            Break(said);
        var text = string.Concat(said);
        for (var i = _dice.Next(6) - 3; i > 0; i--)
            text = Break(text);
        return text;
    }

    private void Transaction(List<string> said)
    {
        if (_dice.Next(6) == 0)
            said.Add(Any(Others));
        said.Add($"MAIL FROM:{Mostly(Senders)}{(_dice.Next(3) == 0 ? Any(Parameters) : "")}\r\n");
        for (var i = _dice.Next(3); i >= 0; i--)
            said.Add($"RCPT TO:{Mostly(Recipients)}{(_dice.Next(6) == 0 ? Any(Parameters) : "")}\r\n");
        var body = Mostly(Bodies);
        if (_dice.Next(2) == 0)
        {
            said.Add("DATA\r\n");
            said.Add(body + (_dice.Next(10) == 0 ? "" : body.Length == 0 || body.EndsWith('\n') ? ".\r\n" : "\r\n.\r\n"));
            return;
        }

        var first = _dice.Next(body.Length + 1);
        if (_dice.Next(2) == 0)
            said.Add($"BDAT {Lie(first)}\r\n{body[..first]}");
        else
            first = 0;
        said.Add($"BDAT {Lie(body.Length - first)} LAST\r\n{body[first..]}");
    }

    // A size that is not that of what follows: commands become octets of the mail, or the other way round.
    private long Lie(int size) => _dice.Next(10) switch
    {
        0 => Math.Max(0, size + _dice.Next(-3, 40)),
        1 when _dice.Next(4) == 0 => 50_000_001L * _dice.Next(1, 1_000),
        _ => size,
    };

    private void Break(List<string> said)
    {
        var (at, other) = (_dice.Next(said.Count), _dice.Next(said.Count));
        switch (_dice.Next(6))
        {
            case 0:
                (said[at], said[other]) = (said[other], said[at]);
                break;
            case 1:
                said.RemoveAt(at);
                said.Add("NOOP\r\n");
                break;
            case 2:
                said.InsertRange(at, Enumerable.Repeat(said[other], _dice.Next(30) == 0 ? 60 : 2));
                break;
            case 3:
                said.Insert(at, Any(Logins));
                break;
            case 4:
                said[at] = said[at].ToLowerInvariant();
                break;
            default:
                said.Insert(at, Any(Others));
                break;
        }
    }

    private string Break(string text)
    {
        var at = _dice.Next(text.Length + 1);
        var count = Math.Min(_dice.Next(30), text.Length - at);
        return _dice.Next(6) switch
        {
            0 => text.Remove(at, count),
            1 => text.Insert(at, new string((char)_dice.Next(256), _dice.Next(8) == 0 ? 20_000 : 700)),
            2 => text.Insert(_dice.Next(text.Length + 1), text.Substring(at, count)),
            3 => text.Insert(at, Binary()),
            4 => text[..at],
            _ => text.Insert(at, Any(["\r\n", "\r", "\n", "\0", " ", "\r\n.\r\n"])),
        };
    }

    private string Binary()
    {
        var text = new StringBuilder();
        for (var i = _dice.Next(40); i >= 0; i--)
            text.Append((char)_dice.Next(256));
        return text.ToString();
    }

    // Where one write ends: anywhere, mostly whole.
    private List<byte[]> Cut(string text)
    {
        var octets = Wire.Octets(text);
        var pieces = new List<byte[]>();
        var most = _dice.Next(4) switch { 0 => 1 + _dice.Next(40), 1 => 400, _ => octets.Length };
        for (var at = 0; at < octets.Length && pieces.Count < 60;)
        {
            var size = pieces.Count == 59 ? octets.Length - at : Math.Min(1 + _dice.Next(most), octets.Length - at);
            size = most == octets.Length ? octets.Length : size;
            pieces.Add(octets[at..(at + size)]);
            at += size;
        }

        return pieces;
    }
}
