using System.Security.Cryptography;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Postroom.Mail.Smtp;
using Postroom.Mail.Status;
using Postroom.Tests.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>Logins as providers document them, and the ways around what a server cannot do.</summary>
public sealed class ClientLoginTests
{
    private const string Token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg";

    // As Google's page has it.
    private const string Sent = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNr"
        + "QmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==";

    private static readonly ChannelBinding Channel = new("tls-server-end-point", new byte[32]);

    private static ClientCredentials Bearer(string token = Token) =>
        new("someuser@example.com", new Secret(token), new byte[18], ClearTextAllowed: true)
        {
            IsToken = true, Host = "smtp.example.com", Port = 587,
        };

    private static readonly ClientCredentials Password =
        new("user", new Secret("pencil"), new byte[18], ClearTextAllowed: false);

    /// <summary>Plays what the server said, cut into pieces of each size, against what the client must say.</summary>
    private static Failure? Replay(ClientCredentials who, string dialogue)
    {
        Failure? last = null;
        foreach (var cut in (int[])[1, 2, 3, 5, 17, 10_000])
        {
            var session = new ClientSession("relay.example", ClientTls.None, who);
            var move = Play(session, dialogue, cut);
            Assert.Equal(session.Failure is null ? ClientMove.Ready : ClientMove.Failed, move);
            last = session.Failure;
        }

        return last;
    }

    private static ClientMove Play(ClientSession session, string dialogue, int cut)
    {
        var (reader, move) = (new ReplyReader(), ClientMove.Talk);
        foreach (var line in dialogue.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("C: ", StringComparison.Ordinal))
            {
                Assert.Equal((ClientMove.Talk, line[3..] + "\r\n"), (move, Encoding.UTF8.GetString(session.ToSend)));
                continue;
            }

            foreach (var piece in Encoding.UTF8.GetBytes(line[3..] + "\r\n").Chunk(cut))
            {
                ReadOnlySpan<byte> bytes = piece;
                Assert.NotEqual(ReplyProgress.Garbage, reader.Read(ref bytes, out var reply));
                move = reply is null ? move : session.On(reply);
            }
        }

        return move;
    }

    /// <summary>Google's page on the protocol: the reason in a 334, an empty line, and then the refusal.</summary>
    [Fact]
    public void Google_says_why_and_then_no()
    {
        var failure = Replay(Bearer(),
            $"""
            S: 220 mx.google.com ESMTP 12sm2095603fks.9
            C: EHLO relay.example
            S: 250-mx.google.com at your service, [192.0.2.1]
            S: 250-SIZE 35651584
            S: 250-8BITMIME
            S: 250-AUTH LOGIN PLAIN XOAUTH XOAUTH2
            S: 250-ENHANCEDSTATUSCODES
            S: 250 PIPELINING
            C: AUTH XOAUTH2 {Sent}
            S: 334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIG1hYyIsInNjb3BlIjoiaHR0cHM6Ly9tYWlsLmdvb2dsZS5jb20vIn0K
            C: 
            S: 535-5.7.1 Username and Password not accepted. Learn more at
            S: 535 5.7.1 http://support.example.com/mail/answer/14257 hx9sm5317360pbc.68
            """);
        Assert.Equal((Fault.Account, new EnhancedStatus(5, 7, 1)), (failure!.Fault, failure.Status));
        Assert.Equal("535 5.7.1 Username and Password not accepted. Learn more at "
            + "http://support.example.com/mail/answer/14257 hx9sm5317360pbc.68 [the server's reason: "
            + "{\"status\":\"401\",\"schemes\":\"bearer mac\",\"scope\":\"https://mail.google.com/\"}]",
            failure.Diagnostic);
    }

    [Fact]
    public void Google_lets_in() => Assert.Null(Replay(Bearer(),
        $"""
        S: 220 mx.google.com ESMTP 12sm2095603fks.9
        C: EHLO relay.example
        S: 250-mx.google.com at your service, [192.0.2.1]
        S: 250 AUTH LOGIN PLAIN XOAUTH2 PLAIN-CLIENTTOKEN OAUTHBEARER XOAUTH
        C: AUTH XOAUTH2 {Sent}
        S: 235 2.7.0 Accepted
        """));

    /// <summary>Microsoft's tokens do not fit behind AUTH; its refusal comes at once.</summary>
    [Fact]
    public void Microsoft_asks_for_the_token_and_says_no_without_a_word()
    {
        var token = string.Concat(Enumerable.Repeat("EwBAAl3BAAUFFpUAo7J3Ve0bjLBWZWCclRC3EoAA", 40));
        var sent = Convert.ToBase64String(
            Encoding.UTF8.GetBytes($"user=someuser@example.com\u0001auth=Bearer {token}\u0001\u0001"));
        var failure = Replay(Bearer(token),
            $"""
            S: 220 BL0PR2101CA0022.outlook.office365.com Microsoft ESMTP MAIL Service ready at Wed, 25 Nov 2026
            C: EHLO relay.example
            S: 250-BL0PR2101CA0022.outlook.office365.com Hello [192.0.2.1]
            S: 250-SIZE 157286400
            S: 250-AUTH LOGIN XOAUTH2
            S: 250 SMTPUTF8
            C: AUTH XOAUTH2
            S: 334 
            C: {sent}
            S: 535 5.7.3 Authentication unsuccessful [BL0PR2101CA0022.namprd21.prod.outlook.com]
            """);
        Assert.Equal((Fault.Account, new EnhancedStatus(5, 7, 3),
            "535 5.7.3 Authentication unsuccessful [BL0PR2101CA0022.namprd21.prod.outlook.com]"),
            (failure!.Fault, failure.Status, failure.Diagnostic));
    }

    /// <summary>RFC 7628 §4.3, as SMTP: the reason, a lone ^A, and the refusal.</summary>
    [Fact]
    public void OAUTHBEARER_hears_the_reason_too()
    {
        const string sent = "bixhPXNvbWV1c2VyQGV4YW1wbGUuY29tLAFob3N0PXNtdHAuZXhhbXBsZS5jb20BcG9ydD01ODcBYXV0aD1CZWFy"
            + "ZXIgeWEyOS52RjlkZnQ0cW1UYzJOdmIzUmxja0JoZEhSaGRtbHpkR0V1WTI5dENnAQE=";
        var failure = Replay(Bearer() with { Mechanisms = ["oauthbearer"] },
            $"""
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH XOAUTH2 OAUTHBEARER
            C: AUTH OAUTHBEARER {sent}
            S: 334 eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIiwic2NvcGUiOiJleGFtcGxlX3Njb3BlIn0=
            C: AQ==
            S: 535 5.7.8 No
            """);
        Assert.Equal("535 5.7.8 No [the server's reason: {\"status\":\"invalid_token\",\"scope\":\"example_scope\"}]",
            failure!.Diagnostic);
    }

    [Fact]
    public void A_yes_behind_a_reason_to_refuse_is_not_believed() => Assert.Equal(
        "the next hop let us in without proving that it knows us", Replay(Bearer() with { User = "u" },
        """
        S: 220 hop.example
        C: EHLO relay.example
        S: 250-hop.example
        S: 250 AUTH XOAUTH2
        C: AUTH XOAUTH2 dXNlcj11AWF1dGg9QmVhcmVyIHlhMjkudkY5ZGZ0NHFtVGMyTnZiM1JsY2tCaGRIUmhkbWx6ZEdFdVkyOXRDZwEB
        S: 334 e30=
        C: 
        S: 235 2.7.0 Come in
        """)!.Diagnostic);

    [Theory] // RFC 5321 §4.5.3.1.4: 512 octets with CRLF.
    [InlineData("PLAIN", 366, true)] // with name and NULs 372 octets, 496 in base64, 509 in the line
    [InlineData("PLAIN", 367, false)]
    [InlineData("XOAUTH2", 10, true)]
    [InlineData("XOAUTH2", 3_000, false)]
    [InlineData("SCRAM-SHA-256", 10, true)]
    public void An_initial_response_that_does_not_fit_a_command_line_goes_alone(string name, int length, bool fits)
    {
        var who = new ClientCredentials("user", new Secret(new string('x', length)), new byte[18], true)
        {
            IsToken = name == "XOAUTH2",
        };
        var session = new ClientSession("relay.example", ClientTls.None, who);
        session.On(new Reply(220, null, "hop"));
        session.On(new Reply(250, null, ["hop", "AUTH " + name]));
        var initial = ClientMechanism.Choose([name], who)!.Initial()!;
        Assert.InRange(session.ToSend.Length, 1, 512);
        Assert.Equal(fits, Encoding.UTF8.GetString(session.ToSend) ==
            $"AUTH {name} {Convert.ToBase64String(initial)}\r\n");
        if (fits)
            return;
        Assert.Equal($"AUTH {name}\r\n", Encoding.UTF8.GetString(session.ToSend));
        Assert.Equal(ClientMove.Talk, session.On(new Reply(334, null, "")));
        Assert.Equal(Convert.ToBase64String(initial) + "\r\n", Encoding.UTF8.GetString(session.ToSend));
        Assert.Equal("•••", session.Shown);
        Assert.Equal(ClientMove.Ready, session.On(new Reply(235, null, "in")));
    }

    // Says which mechanism and which gs2 flag each AUTH had; the server's answers to each client-first in turn.
    private static (List<string> Tried, ClientSession Session, ClientMove End) Bind(
        string offer, ClientCredentials who, params string[] answers)
    {
        var session = new ClientSession("relay.example", ClientTls.Required, who);
        session.On(new Reply(220, null, "hop"));
        session.On(new Reply(250, null, ["hop", "STARTTLS"]));
        session.On(new Reply(220, null, "go"));
        session.Secured(Channel);
        var (tried, move) = (new List<string>(), session.On(new Reply(250, null, ["hop", "AUTH " + offer])));
        foreach (var answer in answers)
        {
            if (move != ClientMove.Talk)
                break;
            var words = Encoding.UTF8.GetString(session.ToSend).Trim().Split(' ');
            tried.Add(words is ["AUTH", var name, var first]
                ? $"{name} {Encoding.UTF8.GetString(Convert.FromBase64String(first)).Split(',')[0]}" : words[0]);
            move = session.On(ClientScript.Read(answer));
        }

        return (tried, session, move);
    }

    private static string Challenge(string text) => "334 " + Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("504 5.5.4 No such binding")]
    [InlineData("535 5.7.8 No")]
    [InlineData("454 4.7.0 Not like that")]
    public void A_binding_refused_before_the_proof_is_tried_once_without(string refusal)
    {
        var (tried, session, end) = Bind("SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN", Password, refusal, refusal, "250 x");
        Assert.Equal(["SCRAM-SHA-256-PLUS p=tls-server-end-point", "SCRAM-SHA-256 n"], tried);
        Assert.Equal((ClientMove.Failed, refusal), (end, session.Failure!.Diagnostic));
    }

    [Fact]
    public void An_unknown_type_of_binding_is_cancelled_and_tried_once_without()
    {
        var (tried, session, end) = Bind("SCRAM-SHA-256-PLUS SCRAM-SHA-256", Password,
            Challenge("e=unsupported-channel-binding-type"), "501 5.7.0 Cancelled", "535 5.7.8 No");
        Assert.Equal(["SCRAM-SHA-256-PLUS p=tls-server-end-point", "*", "SCRAM-SHA-256 n"], tried);
        Assert.Equal((ClientMove.Failed, "535 5.7.8 No"), (end, session.Failure!.Diagnostic));
    }

    [Fact]
    public void Without_binding_the_login_goes_through_with_a_nonce_of_its_own()
    {
        var session = new ClientSession("relay.example", ClientTls.Required, Password);
        session.On(new Reply(220, null, "hop"));
        session.On(new Reply(250, null, ["hop", "STARTTLS"]));
        session.On(new Reply(220, null, "go"));
        session.Secured(Channel);
        session.On(new Reply(250, null, ["hop", "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256"]));
        var first = First(session);
        session.On(new Reply(504, null, "no"));
        var second = First(session);
        Assert.NotEqual(first.Split("r=")[1], second.Split("r=")[1]);
        var server = new ScramPeer(HashAlgorithmName.SHA256, "pencil", Channel);
        session.On(ClientScript.Read(Challenge(server.First(second)!)));
        var proof = Encoding.UTF8.GetString(Convert.FromBase64String(Encoding.UTF8.GetString(session.ToSend)));
        session.On(ClientScript.Read(Challenge(server.Final(proof)!)));
        Assert.Equal(ClientMove.Ready, session.On(new Reply(235, null, "in")));

        static string First(ClientSession session) => Encoding.UTF8.GetString(
            Convert.FromBase64String(Encoding.UTF8.GetString(session.ToSend).Trim().Split(' ')[2]));
    }

    [Theory] // Who sits in between can refuse a binding, too: that must bring him nothing.
    [InlineData("SCRAM-SHA-256-PLUS PLAIN LOGIN", "")]
    [InlineData("SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN", "SCRAM-SHA-256-PLUS")]
    [InlineData("SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN", "SCRAM-SHA-256-PLUS PLAIN")]
    public void No_password_follows_a_refused_binding_and_a_route_that_wants_to_bind_does(string offer, string allowed)
    {
        var who = Password with { Mechanisms = allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries) };
        var (tried, session, end) = Bind(offer, who, "535 5.7.8 No", "235 2.7.0 Come in");
        Assert.Equal(["SCRAM-SHA-256-PLUS p=tls-server-end-point"], tried);
        Assert.Equal((ClientMove.Failed, "535 5.7.8 No"), (end, session.Failure!.Diagnostic));
    }

    [Theory]
    [InlineData("e=channel-bindings-dont-match")]
    [InlineData("e=other-error")]
    [InlineData("r=somebody else's")]
    [InlineData(null)] // no base64 at all
    public void What_else_a_server_says_against_a_binding_is_final(string? error)
    {
        var (tried, _, end) = Bind("SCRAM-SHA-256-PLUS SCRAM-SHA-256", Password,
            error is null ? "334 !!" : Challenge(error), "501 5.7.0 Cancelled", "235 2.7.0 Come in");
        Assert.Equal(["SCRAM-SHA-256-PLUS p=tls-server-end-point", "*"], tried);
        Assert.Equal(ClientMove.Failed, end);
    }

    [Fact]
    public void A_proof_that_was_refused_is_a_refusal()
    {
        var (tried, session, end) = Bind("SCRAM-SHA-256-PLUS SCRAM-SHA-256", Password,
            Challenge($"r={Convert.ToBase64String(new byte[18])}x,s=QUJD,i=4096"), "535 5.7.8 No", "235 2.7.0 Come in");
        Assert.Equal(2, tried.Count);
        Assert.Equal((ClientMove.Failed, "535 5.7.8 No"), (end, session.Failure!.Diagnostic));
    }

    [Fact]
    public void What_was_offered_in_the_clear_is_not_bound_to_anything()
    {
        var session = new ClientSession("relay.example", ClientTls.None, Password);
        session.On(new Reply(220, null, "hop"));
        session.On(new Reply(250, null, ["hop", "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256"]));
        Assert.StartsWith("AUTH SCRAM-SHA-256 ", Encoding.UTF8.GetString(session.ToSend), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PLAIN CRAM-MD5", false, "", "a plain password needs TLS")]
    [InlineData("PLAIN", true, "", "a token needs XOAUTH2 or OAUTHBEARER, and TLS")]
    [InlineData("PLAIN", false, "LOGIN SCRAM-SHA-256", "the route allows LOGIN SCRAM-SHA-256")]
    public void Where_there_is_no_way_in_it_says_why(string offer, bool isToken, string allowed, string why)
    {
        var session = new ClientSession("relay.example", ClientTls.None, Password with
        {
            IsToken = isToken, Mechanisms = allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        });
        session.On(new Reply(220, null, "hop"));
        Assert.Equal(ClientMove.Failed, session.On(new Reply(250, null, ["hop", "AUTH " + offer])));
        Assert.Equal($"no way to log in: the next hop offers {offer}; {why}", session.Failure!.Diagnostic);
    }
}
