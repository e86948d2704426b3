using Postroom.Mail.Routing;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>A step of the dialogue: where the next hop misbehaves, and how things stand there.</summary>
/// <param name="At">What the peer is asked there: the beginning of a command, or one of the peer's own words.</param>
/// <param name="Wait">How long it is waited for.</param>
internal sealed record HopStep(string At, TimeSpan Wait)
{
    /// <summary>The how-manyeth of them.</summary>
    public int Nth { get; init; } = 1;

    public TlsMode Tls { get; init; } = TlsMode.None;

    public bool LogsIn { get; init; }

    /// <summary>The ways to send a mail that make a difference here.</summary>
    public HopWay[] Ways { get; init; } = [HopWay.Ahead];

    /// <summary>There is a mail before; it is refused, or taken.</summary>
    public string? Before { get; init; }

    public int BodyStop { get; init; }

    public string[] Extra { get; init; } = [];
}

/// <summary>How a mail is sent.</summary>
internal sealed record HopWay(string Name, string[] Offer, bool IsInMemory)
{
    public static HopWay Ahead { get; } = new("ahead", ["PIPELINING", "CHUNKING", "SIZE 1000000"], true);
    public static HopWay Staged { get; } = new("BDAT, staged", ["PIPELINING", "CHUNKING"], false);
    public static HopWay Data { get; } = new("DATA", ["PIPELINING", "8BITMIME"], false);
    public static HopWay Stepwise { get; } = new("step by step", ["8BITMIME"], true);
    public static HopWay StepwiseBdat { get; } = new("BDAT, step by step", ["CHUNKING"], true);

    public static HopWay[] All { get; } = [Ahead, Staged, Data, Stepwise, StepwiseBdat];

    public bool IsAhead => Name == "ahead";
}

/// <summary>The steps of docs/next-hops.md, and the misfortunes that it names without giving their words.</summary>
internal static class HopSteps
{
    private const string Taken = "taken@example.org", Refused = "nobody@example.org";
    private const string Mechanisms = "AUTH PLAIN LOGIN";

    public static IReadOnlyDictionary<string, HopStep> All { get; } = new Dictionary<string, HopStep>
    {
        ["Connecting"] = new("", TimeSpan.FromSeconds(30)),
        ["The greeting"] = new("GREETING", Minutes(5)),
        ["EHLO"] = new("EHLO", Minutes(5)),
        ["STARTTLS, where TLS is required"] = new("STARTTLS", Minutes(5)) { Tls = TlsMode.Required },
        ["STARTTLS, where TLS is a wish"] = new("STARTTLS", Minutes(5)) { Tls = TlsMode.Opportunistic },
        ["The TLS handshake, where TLS is required"] =
            new("TLS", TimeSpan.FromSeconds(30)) { Tls = TlsMode.Required },
        ["The TLS handshake, where TLS is a wish"] =
            new("TLS", TimeSpan.FromSeconds(30)) { Tls = TlsMode.Opportunistic },
        ["EHLO after TLS"] = new("EHLO", Minutes(5)) { Nth = 2, Tls = TlsMode.Required },
        ["AUTH"] = new("AUTH", Minutes(5)) { Tls = TlsMode.Required, LogsIn = true, Extra = [Mechanisms] },
        ["AUTH in the clear"] = new("AUTH", Minutes(5)) { LogsIn = true, Extra = [Mechanisms] },
        ["MAIL"] = new("MAIL", Minutes(5)) { Ways = HopWay.All },
        ["RCPT"] = new("RCPT TO:<b", Minutes(5)) { Ways = HopWay.All },
        ["DATA"] = new("DATA", Minutes(2)) { Ways = [HopWay.Data, HopWay.Stepwise] },
        ["In the middle of a large mail"] = new("BODY", Minutes(3))
        {
            Ways = [HopWay.Staged, HopWay.Data, HopWay.Stepwise], BodyStop = 100_000,
        },
        ["The end of the mail"] = new("END", Minutes(10)) { Ways = HopWay.All },
        ["RSET"] = new("RSET", Minutes(5))
        {
            Ways = [HopWay.Ahead, HopWay.Data, HopWay.StepwiseBdat], Before = Refused,
        },
        ["QUIT"] = new("QUIT", TimeSpan.FromSeconds(5)),
        ["A kept connection"] = new("", TimeSpan.Zero) { Ways = HopWay.All, Before = Taken },
    };

    /// <summary>What the peer says, where it is a matter of one reply; null: it is more than that.</summary>
    public static string? Saying(string misfortune) => misfortune switch
    {
        "says nothing" => ScriptedPeer.Silence,
        "begins a reply and stops" => ScriptedPeer.Half + "2",
        "closes" => ScriptedPeer.Drop,
        "resets" => ScriptedPeer.Reset,
        "speaks HTTP" => "HTTP/1.1 400 Bad Request",
        "sends a line without end" => ScriptedPeer.Endless + new string('x', 1_000),
        "sends a reply without end" => ScriptedPeer.Endless + "250-more and more\r\n",
        "sends a reply of long lines" =>
            string.Concat(Enumerable.Repeat($"250-{new string('x', 1_900)}\r\n", 20)) + "250 x",
        "sends a reply too many" => ScriptedPeer.AsUsual + "\r\n250 2.0.0 again",
        "sends half a reply too many" => ScriptedPeer.Half + ScriptedPeer.AsUsual + "\r\n25",
        "mixes codes in a reply" => "250-2.0.0 one\r\n550 5.0.0 two",
        "puts NUL, ESC and 8 bit into its text" => ScriptedPeer.AsUsual + " \0\x1b[2J\xff",
        "refuses with ESC and a bidi override in its text" => "550 5.1.1 No \x1b[2J\xe2\x80\xae",
        "has a reply injected behind its 220" => "220 Ready\r\n250-hop.example\r\n250 AUTH PLAIN",
        "has half a reply injected behind its 220" => "220 Ready\r\n250-hop.ex",
        "repeats the password in its refusal" => "535 5.7.8 Not this: " + HopPlay.Password,
        "repeats half of the login in its refusal" =>
            $"501 5.5.2 Bad line: \"AUTH PLAIN {HopPlay.Login[..20]}\"",
        "says 334 and what is no base64" => "334 ???",
        _ when misfortune.Split('`') is [_, var words, " and closes"] => words + ScriptedPeer.AndClose,
        _ when misfortune.Split('`') is [_, var words, _] => words,
        _ => null,
    };

    /// <summary>What is more than one reply, or none: <see cref="HopPlay"/> knows them.</summary>
    public static IReadOnlySet<string> Others { get; } = new HashSet<string>
    {
        "has a name that cannot be resolved", "refuses the connection", "does not answer", "is ourselves",
        "sends its replies in single octets", "does not offer it", "does not know EHLO", "knows neither EHLO nor HELO",
        "offers SIZE for smaller mail only", "offers SIZE with a number beyond all bounds",
        "has a 220 injected behind its reply to EHLO", "offers STARTTLS again", "offers less than before",
        "shows a certificate for another name", "shows an expired certificate",
        "shows a certificate that is not valid yet", "shows a certificate that nobody vouches for",
        "offers AUTH before TLS only", "offers unknown mechanisms only", "offers PLAIN and LOGIN only",
        "says 334 for ever", "offers SCRAM, and says 334 for ever", "offers SCRAM, and says 235 without a proof",
        "offers SCRAM, and asks for a single iteration", "offers SCRAM, and answers with a nonce of its own",
        "takes one recipient at a time",
    };

    private static TimeSpan Minutes(int minutes) => TimeSpan.FromMinutes(minutes);
}
