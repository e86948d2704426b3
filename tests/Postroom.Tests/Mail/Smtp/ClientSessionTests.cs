using Postroom.Mail;
using Postroom.Mail.Smtp;
using Xunit;

namespace Postroom.Tests.Mail.Smtp;

/// <summary>A client up to its first MAIL, line by line: what each reply makes it say, and where it ends.</summary>
public sealed class ClientSessionTests
{
    /// <summary>
    /// S: a reply. C: the line that must follow. shown: how a transcript has it. TLS: the handshake is asked for, and
    /// stands. The last line says how it ends: ready, or who is at fault, with which status and words.
    /// </summary>
    public static TheoryData<ClientTls, string, string> Dialogues => new()
    {
        {
            ClientTls.None, "",
            """
            S: 220 hop.example ESMTP ready
            C: EHLO relay.example
            S: 250-hop.example
            S: 250-STARTTLS
            S: 250 PIPELINING
            ready
            """
        },
        {
            ClientTls.IfOffered, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 2.0.0 Go
            TLS
            C: EHLO relay.example
            S: 250 hop.example
            ready
            """
        },
        {
            ClientTls.Required, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 Go
            TLS
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 STARTTLS
            ready
            """
        },
        {
            ClientTls.Required, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250 hop.example
            NextHop 4.7.4 TLS is required, but the next hop does not offer STARTTLS
            """
        },
        {
            ClientTls.Required, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 STARTTLS
            C: STARTTLS
            S: 454 4.7.0 Not now
            NextHop 4.7.0 454 4.7.0 Not now
            """
        },
        {
            ClientTls.IfOffered, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 STARTTLS
            C: STARTTLS
            S: 454 4.7.0 Not now
            ready
            """
        },
        {
            ClientTls.IfOffered, "jira",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250-AUTH PLAIN
            S: 250 STARTTLS
            C: STARTTLS
            S: 502 5.5.1 What
            Account 4.7.4 no way to log in: the next hop offers PLAIN; a plain password needs TLS
            """
        },
        {
            ClientTls.IfOffered, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250 hop.example
            ready
            """
        },
        {
            ClientTls.None, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 500 5.5.1 What
            C: HELO relay.example
            S: 250 hop.example at your service
            ready
            """
        },
        {
            ClientTls.None, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 500 What
            C: HELO relay.example
            S: 500 5.5.2 What now
            NextHop 5.5.2 500 5.5.2 What now
            """
        },
        {
            ClientTls.None, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 451 4.3.0 Later
            NextHop 4.3.0 451 4.3.0 Later
            """
        },
        {
            ClientTls.None, "",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 421 Closing
            NextHop 4.3.2 421 Closing
            """
        },
        {
            ClientTls.None, "",
            """
            S: 554 5.3.2 Not today
            NextHop 5.3.2 554 5.3.2 Not today
            """
        },
        {
            ClientTls.None, "",
            """
            S: 250 Hello
            NextHop 4.5.0 250 Hello
            """
        },
        {
            ClientTls.None, "jira",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250 hop.example
            Account 4.7.4 a login is configured, but the next hop does not offer AUTH on this connection
            """
        },
        {
            ClientTls.None, "jira, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH LOGIN PLAIN
            C: AUTH PLAIN AGppcmEAc2VjcmV0
            shown: AUTH PLAIN •••
            S: 235 2.7.0 Welcome
            ready
            """
        },
        {
            ClientTls.None, "jira",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH LOGIN GSSAPI
            Account 4.7.4 no way to log in: the next hop offers LOGIN GSSAPI; a plain password needs TLS
            """
        },
        {
            ClientTls.Required, "jira",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 STARTTLS
            C: STARTTLS
            S: 220 Go
            TLS
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH LOGIN
            C: AUTH LOGIN
            shown: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: amlyYQ==
            shown: •••
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            shown: •••
            S: 235 2.7.0 Welcome
            ready
            """
        },
        {
            ClientTls.None, "jira, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH LOGIN
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: amlyYQ==
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            S: 535 5.7.8 Neither amlyYQ== nor c2VjcmV0
            Account 5.7.8 535 5.7.8 Neither ••• nor •••
            """
        },
        {
            ClientTls.None, "jira, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH LOGIN
            C: AUTH LOGIN
            S: 334 VXNlcm5hbWU6
            C: amlyYQ==
            S: 334 UGFzc3dvcmQ6
            C: c2VjcmV0
            S: 334 UGFzc3dvcmQ6
            C: *
            shown: *
            S: 501 5.7.0 As you wish
            Account 4.7.0 the server asks for more than a name and a password
            """
        },
        {
            ClientTls.None, "jira, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH PLAIN
            C: AUTH PLAIN AGppcmEAc2VjcmV0
            S: 334 
            C: AGppcmEAc2VjcmV0
            S: 334 
            C: AGppcmEAc2VjcmV0
            S: 334 
            C: AGppcmEAc2VjcmV0
            S: 334 
            C: *
            S: 501 5.7.0 As you wish
            Account 4.7.0 the next hop asks on and on
            """
        },
        {
            ClientTls.None, "jira, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH PLAIN
            C: AUTH PLAIN AGppcmEAc2VjcmV0
            S: 334 !!
            C: *
            S: 235 2.7.0 Come in all the same
            Account 4.7.0 the next hop's challenge is not base64
            """
        },
        {
            ClientTls.None, "jira, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH PLAIN
            C: AUTH PLAIN AGppcmEAc2VjcmV0
            S: 535 5.7.8 Not secret, and not "AGppcmEAc2VjcmV0"
            Account 5.7.8 535 5.7.8 Not •••, and not •••
            """
        },
        {
            ClientTls.None, "jira, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH PLAIN
            C: AUTH PLAIN AGppcmEAc2VjcmV0
            S: 421 4.7.0 Too many connections
            NextHop 4.7.0 421 4.7.0 Too many connections
            """
        },
        {
            ClientTls.None, "jira",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH PLAIN SCRAM-SHA-256
            C: AUTH SCRAM-SHA-256 biwsbj1qaXJhLHI9QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB
            shown: AUTH SCRAM-SHA-256 •••
            S: 235 2.7.0 Welcome, whoever you are
            Account 4.7.0 the next hop let us in without proving that it knows us
            """
        },
        {
            ClientTls.None, "ji\u0000ra, clear",
            """
            S: 220 hop.example
            C: EHLO relay.example
            S: 250-hop.example
            S: 250 AUTH PLAIN
            Account 4.7.0 the user name is empty or holds a character that RFC 4013 §2.3 prohibits
            """
        },
    };

    [Theory]
    [MemberData(nameof(Dialogues))]
    public void Each_reply_leads_on(ClientTls tls, string login, string dialogue)
    {
        ClientScript.Play(new ClientSession("relay.example", tls, ClientScript.Login(login)), dialogue);
    }

    [Fact]
    public void What_the_hop_said_of_itself_is_kept_and_forgotten_under_TLS()
    {
        var session = new ClientSession("relay.example", ClientTls.IfOffered, null);
        Assert.Null(session.Greeting);
        session.On(new Reply(220, null, "hop.example ESMTP ready"));
        Assert.Equal("hop.example", session.Greeting);
        session.On(new Reply(250, null, ["inside.example hello", "STARTTLS", "CHUNKING", "SIZE 10"]));
        Assert.True(session.Hop is { Name: "inside.example", StartTls: true, Chunking: true, LargestMail: 10 });
        session.On(new Reply(220, null, "Go"));
        session.Secured();
        Assert.Equal(Capabilities.None, session.Hop);
        session.On(new Reply(250, null, ["inside.example", "DSN"]));
        Assert.True(session.Hop is { Dsn: true, Chunking: false });
    }

    [Fact]
    public void After_HELO_nothing_is_offered_whatever_its_reply_holds()
    {
        var session = new ClientSession("relay.example", ClientTls.IfOffered, null);
        session.On(new Reply(220, null, "hop.example"));
        session.On(new Reply(502, null, "What"));
        Assert.Equal(ClientMove.Ready, session.On(new Reply(250, null, ["hop.example hello", "STARTTLS", "DSN"])));
        Assert.Equal("hop.example", session.Hop.Name);
        Assert.False(session.Hop.StartTls || session.Hop.Dsn);
    }

    [Fact]
    public void A_reply_that_is_not_due_is_a_mistake_of_the_caller()
    {
        var session = new ClientSession("relay.example", ClientTls.None, null);
        session.On(new Reply(220, null, "hop.example"));
        session.On(new Reply(250, null, "hop.example"));
        var mistake = Assert.Throws<InvalidOperationException>(() => session.On(new Reply(250, null, "again")));
        Assert.Equal("no reply is due at Done", mistake.Message);
    }

    [Fact]
    public void A_reply_is_masked_only_once_there_is_something_to_mask()
    {
        var session = new ClientSession("relay.example", ClientTls.None, ClientScript.Login("jira, clear"));
        session.On(new Reply(220, null, "hop.example"));
        var reply = new Reply(250, null, ["hop.example", "AUTH PLAIN", "X-secret"]);
        Assert.Same(reply, session.Masked(reply));
        session.On(reply);
        Assert.Equal("X-•••", session.Masked(reply).Lines[2]);
    }
}
