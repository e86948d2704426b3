using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>Open-relay tricks, from another address on the network, at listeners that are bound wider.</summary>
public sealed class AStrangerKnocks
{
    private const string Right = "AUTH PLAIN AGppcmEAY29ycmVjdCBob3JzZQ==";

    private static readonly string[] Names =
        ["app", "localhost", "127.0.0.1", "[127.0.0.1]", "[::1]", "relay.example.test", "LOCALHOST.LOCALDOMAIN"];

    private static readonly string[] Senders =
    [
        "<jira@example.com>", "<>", "<root@localhost>", "<postmaster>", "<postmaster@relay.example.test>",
        "<jira@[127.0.0.1]>", "<jira>", "<@127.0.0.1:jira@example.com>", "<jira@example.com> AUTH=<jira>",
        "<jira@example.com> AUTH=<> SIZE=10",
    ];

    // The ways round a relay's rules that the usual relay tests try.
    private static readonly string[] Recipients =
    [
        "<victim@elsewhere.example>", "<victim%elsewhere.example@relay.example.test>", "<victim%elsewhere.example>",
        "<victim%elsewhere.example@[127.0.0.1]>", "<\"victim@elsewhere.example\">", "<\"victim%elsewhere.example\">",
        "<\"victim@elsewhere.example\"@relay.example.test>", "<victim@elsewhere.example@relay.example.test>",
        "<elsewhere.example!victim>", "<elsewhere.example!victim@relay.example.test>",
        "<elsewhere.example!victim@localhost>",
        "<@relay.example.test:victim@elsewhere.example>", "<@[127.0.0.1]:victim@elsewhere.example>",
        "<@localhost,@relay.example.test:victim@elsewhere.example>", "<victim@[192.0.2.1]>", "<victim@[127.0.0.1]>",
        "<victim@[IPv6:::1]>", "<victim@[IPv6:2001:db8::1]>", "<victim@localhost>", "<victim@relay.example.test>",
        "<postmaster>", "<victim>", "victim@elsewhere.example", "<victim@elsewhere.example.>",
        "<victim@elsewhere.example> NOTIFY=NEVER", "<victim@elsewhere.example> ORCPT=rfc822;jira@example.com",
    ];

    // Commands and headers by which other servers let a front end say who the client is; and logins that are none.
    private static readonly string[] Claims =
    [
        "XCLIENT ADDR=127.0.0.1 NAME=localhost", "XCLIENT LOGIN=jira", "XFORWARD ADDR=127.0.0.1 NAME=localhost",
        "PROXY TCP4 127.0.0.1 127.0.0.1 25 25", "PROXY UNKNOWN", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x01\0\x19\0\x19",
        "AUTH EXTERNAL =", "AUTH EXTERNAL amlyYQ==", "AUTH ANONYMOUS amlyYQ==", "AUTH PLAIN AHJvb3QAcm9vdA==",
        "AUTH PLAIN AAA=",
        "AUTH PLAIN amlyYQBqaXJhAA==", "AUTH LOGIN =", "POP jira", "XADR 127.0.0.1", "AUTH GSSAPI =", "X-ANONYMOUSTLS",
    ];

    [Fact]
    public async Task Nothing_is_taken_from_a_stranger_without_a_login()
    {
        await using var neighbour = await Neighbour.MoveInAsync();
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        var (login, others) = (Ports.Free(), Ports.Free());
        var set = await relay.DoWithInputAsync("correct horse\n", "listener", "user", "set", "jira");
        Assert.True(set.ExitCode == 0, $"{set}");
        await relay.StartAsync(relay.Live(sink.Port, rest: $"""
            [[listener]]
            name = "login"
            address = "{neighbour.Here}:{login}"
            require_auth = true
            tls = "required"
            [[listener]]
            name = "others"
            address = "{neighbour.Here}:{others}"
            allow = ["192.0.2.0/24"]
            """));

        var dialogues = Dialogues(login).Append((others, ["EHLO app", .. Mail(Senders[0], Recipients[0])])).ToList();
        var replies = await neighbour.AskAsync(dialogues, relay.Folder);
        foreach (var ((_, lines), said) in dialogues.Zip(replies))
            Assert.False(said.Exists(IsTaken), $"{string.Join('\n', lines)}\n\n{string.Join('\n', said)}");

        // And with a login, from the same place: else all of this would have proved nothing.
        string[] honest = ["EHLO app", "STARTTLS", "EHLO app", Right, "MAIL FROM:<jira@example.com>",
            "RCPT TO:<alice@example.com>", "DATA", "Subject: x\r\n\r\nhello\r\n."];
        var taken = (await neighbour.AskAsync([(login, honest)], relay.Folder))[0];
        Assert.StartsWith("250 2.0.0 Accepted as ", taken[^1], StringComparison.Ordinal);
        Assert.Contains("<alice@", Assert.Single(await sink.WaitAsync(1, relay)).To[0], StringComparison.Ordinal);
        Assert.Single(await relay.FindAsync("before:9999-01-01", 1)); // and nothing else is in the spool
    }

    private static IEnumerable<(int Port, string[] Lines)> Dialogues(int port)
    {
        string[] secure = ["EHLO app", "STARTTLS"];
        foreach (var name in Names)
        {
            yield return (port, [$"HELO {name}", .. Mail(Senders[0], Recipients[0])]); // without TLS at all
            yield return (port, [.. secure, $"EHLO {name}", .. Mail(Senders[0], Recipients[0])]);
            yield return (port, [.. secure, $"HELO {name}", .. Mail(Senders[0], Recipients[0])]);
        }

        foreach (var sender in Senders)
            yield return (port, [.. secure, "EHLO app", .. Mail(sender, Recipients[0])]);
        foreach (var recipient in Recipients)
            yield return (port, [.. secure, "EHLO app", .. Mail(Senders[0], recipient)]);
        foreach (var claim in Claims)
        {
            yield return (port, [claim, "EHLO app", .. Mail(Senders[0], Recipients[0])]);
            yield return (port, [.. secure, "EHLO app", claim, "EHLO app", .. Mail(Senders[0], Recipients[0])]);
        }

        // The right password in the clear, where anybody can read it, opens nothing.
        yield return (port, ["EHLO app", Right, "MAIL FROM:<jira@example.com>", .. secure,
            .. Mail(Senders[0], Recipients[0])]);
    }

    private static string[] Mail(string sender, string recipient) =>
        [$"MAIL FROM:{sender}", $"RCPT TO:{recipient}", "DATA", "BDAT 3 LAST\r\nx\r\n", "VRFY x"];

    // MAIL, RCPT, DATA, BDAT: whichever command it was the answer to.
    private static bool IsTaken(string reply) => reply.StartsWith("250 2.1.", StringComparison.Ordinal)
        || reply.StartsWith("354", StringComparison.Ordinal)
        || (reply.StartsWith("250 2.0.0 ", StringComparison.Ordinal) && reply != "250 2.0.0 Ok");
}
