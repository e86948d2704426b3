using System.Buffers;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Postroom.Mail.Smtp;

namespace Postroom.Fuzz.Targets;

/// <summary>Both machines of a dialogue: each fed by a stranger.</summary>
internal static class SessionTargets
{
    private const int Longest = 65_536;

    public static readonly FuzzTarget Server = new("server-session", Serve,
        "EHLO app\r\n", "HELO app\r\n", "MAIL FROM:<jira@example.com>", "MAIL FROM:<>", " SIZE=9", " BODY=8BITMIME",
        " SMTPUTF8", " RET=HDRS", " ENVID=a+2Bb", " AUTH=<>", "RCPT TO:<alice@example.com>", " NOTIFY=NEVER",
        " NOTIFY=SUCCESS,DELAY", " ORCPT=rfc822;a@b", "\r\n", "DATA\r\n", ".\r\n", "BDAT 5\r\n", "BDAT 3 LAST\r\n",
        "BDAT 0 LAST\r\n", "BDAT 99999999999999999\r\n", "a\r\nb\r", "\r\n", "RSET\r\n", "NOOP\r\n", "VRFY x\r\n",
        "EXPN x\r\n", "HELP\r\n", "QUIT\r\n", "STARTTLS\r\n", "AUTH PLAIN ", "AUTH LOGIN\r\n", "AUTH SCRAM-SHA-256 ",
        "AGppcmEAc2VjcmV0\r\n", "amlyYQ==\r\n", "c2VjcmV0\r\n", "biwsbj1qaXJhLHI9YWJj\r\n", "*\r\n", "=\r\n",
        "GET / HTTP/1.1\r\n", "XCLIENT ADDR=127.0.0.1\r\n", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n", "\x16\x03\x01", "\0",
        "MAIL FROM:<evil@example.com>\r\nRCPT TO:<a@b>\r\nDATA\r\n", "\u00c3\u00a4") { Cost = 6 };

    public static readonly FuzzTarget Replies = new("replies", ReadReplies,
        "220 hop\r\n", "250-hop\r\n", "250-", "250 ", "334 ", "354 go\r\n", "421 4.3.2 bye\r\n", "550 5.1.1 no\r\n",
        "452 4.5.3 too many\r\n", "\r\n", "\n", "\r", "2.0.0 ", "5.1.", "999", "\0", "\x1b[31m", "xxxxxxxx", "\u0085");

    public static readonly FuzzTarget Client = new("client-session", Talk,
        "220 hop ESMTP\r\n", "250-hop\r\n", "250-STARTTLS\r\n", "250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n",
        "250-AUTH=LOGIN\r\n", "250-PIPELINING\r\n", "250-CHUNKING\r\n", "250-SIZE 10\r\n", "250-SMTPUTF8\r\n",
        "250-DSN\r\n", "250-8BITMIME\r\n", "250 ok\r\n", "334 VXNlcm5hbWU6\r\n", "334 \r\n", "334 !\r\n",
        "334 cj1BQUFB\r\n", "235 2.7.0 in\r\n", "535 5.7.8 no\r\n", "421 4.3.2 bye\r\n", "354 go\r\n",
        "550 5.1.1 no\r\n", "452 4.5.3 too many\r\n", "500 what\r\n", "250\r\n") { Cost = 3 };

    private static void Serve(byte[] input)
    {
        var choices = new Choices(input);
        var (flags, how) = (choices.Next(), choices.Next());
        var octets = choices.Rest;
        if (octets.Length > Longest)
            return;
        var profile = new ServerProfile("relay.test")
        {
            Lenient = (flags & 1) != 0,
            OffersTls = (flags & 2) != 0,
            RequiresTls = (flags & 6) == 6,
            RequiresAuth = (flags & 8) != 0,
            Mechanisms = (flags & 16) != 0 ? ["SCRAM-SHA-256", "PLAIN", "LOGIN"] : [],
            MessageSize = (flags & 32) != 0 ? 64 : 50_000_000,
            Errors = (flags & 64) != 0 ? 3 : 50,
            Recipients = 3,
            CommandLine = 80,
        };
        var peer = new PeerFacts(IsLocal: (flags & 128) == 0, IsSecure: false, MayRelay: (flags & 144) != 144);

        var whole = new SessionPlay(profile, peer);
        whole.Feed(octets);
        var cut = new SessionPlay(profile, peer);
        foreach (var piece in Cut.Of(octets, how))
            cut.Feed(piece);

        var isOpen = profile is { RequiresAuth: false, RequiresTls: false } && peer.MayRelay;
        foreach (var play in (ReadOnlySpan<SessionPlay>)[whole, cut])
        {
            Look(play, octets);
            Must.Hold(isOpen || play.Mails.Length == 0 || play.Session.User != null,
                "no mail without what is required");
        }

        // Octets behind STARTTLS are an attack in one segment, and no longer ours in the next. And how far data beyond
        // twice the limit is read before we close depends on what a read brought.
        if (profile.OffersTls || IsBeyond(whole) || IsBeyond(cut))
            return;
        Must.Equal(whole.Said, cut.Said, "the same replies, whole and in pieces");
        Must.Equal(whole.Mails, cut.Mails, "the same mails, whole and in pieces");
        Must.Hold(whole.IsClosed == cut.IsClosed, "closed alike, whole and in pieces");
    }

    private static bool IsBeyond(SessionPlay play) => play.IsClosed
        && play.Said.EndsWith("552 5.3.4 Message size exceeds the limit\r\n", StringComparison.Ordinal);

    private static void Look(SessionPlay play, byte[] octets)
    {
        var replies = ReplyWalk.Replies(play.Said);
        Must.Hold(replies.Count > 0, "there is a greeting");
        if (play.HasTls)
        {
            Must.Hold(replies[^1].StartsWith("220 2.0.0", StringComparison.Ordinal), "STARTTLS is answered last");
            return;
        }

        ReplyWalk.Check(Wire.Text(octets), replies[1..], play.IsClosed);
    }

    private static void ReadReplies(byte[] input)
    {
        var choices = new Choices(input);
        var how = choices.Next();
        var octets = choices.Rest;
        var whole = ReadIn([new ArraySegment<byte>(octets)], out _);
        Must.Equal(whole, ReadIn(Cut.Of(octets, how), out _), "the same replies, whole and in pieces");
    }

    private static string ReadIn(IEnumerable<ArraySegment<byte>> pieces, out List<Reply> replies)
    {
        var reader = new ReplyReader();
        var all = new StringBuilder();
        replies = [];
        foreach (var piece in pieces)
        {
            for (ReadOnlySpan<byte> left = piece; !left.IsEmpty;)
            {
                var before = left.Length;
                var progress = reader.Read(ref left, out var reply);
                if (progress == ReplyProgress.Garbage)
                    return all.Append("garbage").ToString();
                Must.Hold(left.Length < before, "every call goes on");
                if (reply is null)
                    continue;
                Look(reply);
                replies.Add(reply);
                all.Append(reply).Append('|').AppendJoin('\n', reply.Lines).Append('\n');
            }
        }

        return all.Append(reader.IsMidway).ToString();
    }

    private static void Look(Reply reply)
    {
        Must.Hold(reply.Code is >= 200 and < 600, "a code is one of SMTP's");
        Must.Hold(reply.Lines.Count is > 0 and <= ReplyReader.MostLines, "a reply has lines, and an end");
        Must.Hold(reply.Status is not { } status || status.Class == reply.Code / 100,
            "the status is of the code's class");
        foreach (var line in reply.Lines)
            Must.Hold(!line.Any(char.IsControl), "a reply can be shown on a terminal");
    }

    private static void Talk(byte[] input)
    {
        var choices = new Choices(input);
        var (flags, how) = (choices.Next(), choices.Next());
        ReadIn(Cut.Of(choices.Rest, how), out var replies);
        var credentials = (flags & 4) == 0 ? null
            : new ClientCredentials("jira", new Secret("p\u00e4ss"), new byte[18], ClearTextAllowed: (flags & 8) != 0);
        var session = new ClientSession("relay.test", (ClientTls)(flags % 3), credentials);
        var at = 0;
        for (; at < replies.Count; at++)
        {
            var move = session.On(replies[at]);
            if (move == ClientMove.BeginTls)
                move = session.Secured();
            if (move == ClientMove.Talk)
                LookAtCommand(session.ToSend, session.Shown);
            else if (move == ClientMove.Failed)
                return;
            else
                break;
        }

        if (session.Stage == ClientStage.Done)
            Hand(session.Hop, replies.Skip(at + 1), flags);
    }

    private static void LookAtCommand(ReadOnlySpan<byte> line, string shown)
    {
        Must.Hold(line.EndsWith("\r\n"u8) && !line[..^2].ContainsAny("\r\n\0"u8), "what we send is one line");
        Must.Hold(!shown.Contains("p\u00e4ss", StringComparison.Ordinal)
            && !shown.Contains("cMOkc3M", StringComparison.Ordinal), "a transcript shows no password");
    }

    private static void Hand(Capabilities hop, IEnumerable<Reply> replies, byte flags)
    {
        Recipient[] to = [new(new ForwardPath("a@b.example")), new(new ForwardPath("\u00fc@b.example"))];
        var envelope = new Envelope(new ReversePath("jira@example.com"), to) { SmtpUtf8 = (flags & 16) != 0 };
        var header = HeaderFacts.None with { EightBit = (flags & 32) != 0, EightBitHeader = (flags & 64) != 0 };
        var mail = new ClientTransaction(new ClientMail(envelope, to, header, Length: 12), hop, "hop");
        var written = new ArrayBufferWriter<byte>();
        if (mail.Stage != ClientStage.Done)
            mail.WriteEnvelope(written, reset: (flags & 128) != 0);
        foreach (var reply in replies)
        {
            if (mail.Stage == ClientStage.Done)
                break;
            var before = mail.Stage;
            var advice = mail.On(reply);
            Must.Hold(advice != ClientAdvice.SendData || before == ClientStage.Data,
                "data goes out after 354 to DATA only");
            if (advice is ClientAdvice.Spoiled or ClientAdvice.Closing)
                break;
        }

        if (mail.Stage == ClientStage.Done && mail.IsTaken)
            Must.Hold(mail.EndReply is { Code: >= 200 and < 300 }, "only a 2xx to the end of the mail takes it");
        for (var i = 0; i < to.Length && mail.Stage == ClientStage.Done; i++)
            Must.Hold(mail.IsTaken || mail.FailureOf(i) is not null || !mail.HasTakers,
                "nobody is left without a verdict");
        mail.Recount((_, line) => Must.Hold(!line.Contains('\0', StringComparison.Ordinal), "a transcript is text"));
    }
}
