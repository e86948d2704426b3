using System.Net;
using Postroom.Mail.Authentication;

namespace Postroom.Fuzz.Targets;

/// <summary>What DNS says, whoever serves it; and signatures that are held against it.</summary>
internal static class DnsTargets
{
    private const string Key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    private static readonly DnsQuestion Question = new("a.example", RecordType.Mx);
    private static readonly IPAddress Client = IPAddress.Parse("2001:db8::1");

    private static readonly byte[] Signed = Wire.Octets("DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s; h=from;"
        + " bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\nFrom: a@example.com\r\n\r\n");

    public static readonly FuzzTarget Message = new("dns-message", ReadMessage,
        "\u0001a\u0007example\0", "\xc0\x0c", "\xc0\x1b", "\0\x0f\0\x01", "\0\x05\0\x01", "\0\x10\0\x01",
        "\0\x01\0\x01",
        "\0\0\0\x3c", "\0\x04", "\0\x02", "\x3f", "\x40", "\0", "\x01", "\xff", "\0\x0a\xc0\x0c");

    public static readonly FuzzTarget Record = new("dns-record", ReadRecord,
        "v=spf1 ", "v=DMARC1; ", "v=DKIM1; ", " ", ";", "=", "all", "-all", "include:", "a:", "mx:", "ptr", "exists:",
        "ip4:", "ip6:", "192.0.2.1", "2001:db8::", "/24", "//64", "redirect=", "exp=", "%{", "}", "%%", "%_", "%-", "s",
        "l", "i", "p", "d2r-", "h", "c", "r", "t", ".example", "example.com", "p=reject", "sp=none", "np=", "psd=y",
        "t=y", "adkim=s", "k=rsa", "k=ed25519", "p=", "AAAA", "MIG", "\0", "\xff", "\x1b[") { Cost = 20 };

    public static readonly FuzzTarget Signature = new("dkim-signature", ReadSignature,
        "DKIM-Signature:", " v=1;", " a=rsa-sha256;", " a=ed25519-sha256;", " c=simple/simple;", " c=relaxed/relaxed;",
        " d=example.com;", " i=@example.com;", " s=s;", " h=from : to : from;", " bh=AAAA;", " b=AAAA;", " b =",
        " l=1;",
        " t=1;", " x=2;", " q=dns/txt;", "From: a@example.com", "To: b", "\r\n", "\r\n ", "\r\n\r\n", "\n", ":",
        ";", "=",
        " ", "\t", "\0", "\xff", "body", "99999999999999999999") { Cost = 5 };

    private static void ReadMessage(byte[] input)
    {
        _ = DnsMessage.Read(input, 7, Question);
        byte[] head = [0, 7, 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, .. DnsMessage.Ask(7, Question, false)[12..]];
        if (DnsMessage.Read([.. head, .. input], 7, Question) is not { } reply)
            throw new BrokenPromiseException("an answer to the question is one");
        Must.Hold(reply.Answer.Records.All(one => one.Length < 5_000 && !one.Any(char.IsControl)), "a name is a name");
        Must.Hold((reply.Answer.Outcome == DnsOutcome.Failed) == (reply.Answer.Why.Length > 0), "a failure says why");
    }

    private static void ReadRecord(byte[] input)
    {
        var text = Wire.Text(input);
        var asked = new SpfAsked("example.com", Client, "a.b@example.com", DateTimeOffset.UnixEpoch);
        var spf = Think(text, known => SpfCheck.Of(known, asked));
        Must.Hold(spf.Terms <= 11 && spf.Voids <= 3 && spf.Why.Length > 0, "SPF is bounded, and says why");
        Must.Hold(!(spf.Why + spf.Explanation).Any(char.IsControl), "what is said steers no screen");
        _ = Think(text, known => SpfWalk.Of(known, "example.com"));
        var dmarc = Think(text, known => DmarcCheck.Of(known, "a.example.com", [new Vouched("spf", "b.example.com")]));
        Must.Hold(!dmarc.Why.Any(char.IsControl) && !dmarc.Remarks.Any(one => one.Any(char.IsControl)),
            "what is said steers no screen");
        foreach (var signature in DkimSignature.In(Signed).OfType<DkimSignature>())
            Must.Hold(Think(text, known => DkimCheck.Of(known, signature, DateTimeOffset.UnixEpoch)).Why is { } why
                && !why.Any(char.IsControl), "what is said steers no screen");
    }

    private static void ReadSignature(byte[] input)
    {
        var signatures = DkimSignature.In(input);
        Must.Hold(signatures.Count <= DkimSignature.Most, "signatures are bounded");
        foreach (var signature in signatures.OfType<DkimSignature>())
        {
            var result = Think(Key, known => DkimCheck.Of(known, signature, DateTimeOffset.UnixEpoch));
            Must.Hold(result.Verdict != Verdict.Pass || input.AsSpan().IndexOf("/gCrinpcQOo"u8) >= 0,
                "no signature is made");
            Must.Hold(!result.Why.Any(char.IsControl), "what is said steers no screen");
        }
    }

    // All that is asked for is the same text, or an address.
    private static T Think<T>(string text, Func<Known, T?> think)
        where T : class
    {
        var answers = new Dictionary<DnsQuestion, DnsAnswer>();
        for (var round = 0; round < 60; round++)
        {
            var known = new Known(answers);
            var thought = think(known);
            if (known.Open.Count == 0)
                return thought ?? throw new BrokenPromiseException("what is thought through has an end");
            foreach (var question in known.Open)
                answers.Add(question, new DnsAnswer(DnsOutcome.Found, [question.Type switch
                {
                    RecordType.Txt => text, RecordType.A => "192.0.2.1", RecordType.Aaaa => "2001:db8::1",
                    _ => "example.com",
                }]));
        }

        throw new BrokenPromiseException("questions have an end");
    }
}
