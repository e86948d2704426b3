using System.Text;
using CsCheck;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

public sealed class BearerTests
{
    private static ClientMechanism Client(string name, string user, string token, string host = "", int port = 0) =>
        ClientMechanism.Choose([name], new ClientCredentials(user, new Secret(token), new byte[18], true)
        {
            IsToken = true, Host = host, Port = port,
        })!;

    /// <summary>The example of Google's page on the protocol, which Microsoft's follows.</summary>
    [Fact]
    public void XOAUTH2_says_what_Google_documents() => Assert.Equal(
        "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0"
        + "Q2cBAQ==",
        Convert.ToBase64String(Client("XOAUTH2", "someuser@example.com",
            "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg").Initial()!));

    /// <summary>The example of RFC 7628 §4.1.</summary>
    [Fact]
    public void OAUTHBEARER_says_what_RFC_7628_has() => Assert.Equal(
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyIHZGOWRmdDRxbVRjMk52"
        + "YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB",
        Convert.ToBase64String(Client("OAUTHBEARER", "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==",
            "server.example.com", 143).Initial()!));

    [Fact]
    public void A_name_with_comma_and_equals_sign_is_armoured_in_OAUTHBEARER_only()
    {
        string First(string name) => Encoding.UTF8.GetString(Client(name, "a,b=c", "t").Initial()!).Split('\u0001')[0];
        Assert.Equal("n,a=a=2Cb=3Dc,", First("OAUTHBEARER"));
        Assert.Equal("user=a,b=c", First("XOAUTH2"));
    }

    /// <summary>RFC 7628 §3.1: fields end with ^A, the message with one more; nothing we put in may be one.</summary>
    [Fact]
    public void Whatever_the_name_the_fields_come_apart_again()
    {
        var name = Gen.Char["abc,=@ü\u0001 \n"].Array[1, 8].Select(letters => new string(letters));
        name.Sample(user =>
        {
            if (user.Any(char.IsControl))
            {
                Assert.Throws<SaslException>(() => Client("OAUTHBEARER", user, "t"));
                Assert.Throws<SaslException>(() => Client("XOAUTH2", user, "t"));
                return;
            }

            var fields = Encoding.UTF8.GetString(Client("OAUTHBEARER", user, "t", "h", 9).Initial()!).Split('\u0001');
            Assert.Equal(["host=h", "port=9", "auth=Bearer t", "", ""], fields[1..]);
            var header = fields[0].Split(',');
            Assert.Equal(["n", ""], [header[0], header[2]]);
            Assert.Equal(3, header.Length);
            Assert.Equal(user, header[1][2..].Replace("=2C", ",", StringComparison.Ordinal)
                .Replace("=3D", "=", StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("")]
    [InlineData("eyJ0 eXA")]
    [InlineData("eyJ0eXA\n")] // as a file ends
    [InlineData("eyJ\u00010eXA")]
    [InlineData("tökén")]
    public void What_is_no_token_does_not_leave(string token)
    {
        Assert.Throws<SaslException>(() => Client("XOAUTH2", "jira", token));
        var told = Assert.Throws<SaslException>(() => Client("OAUTHBEARER", "jira", token));
        Assert.Equal("the access token is empty or holds a character that RFC 6750 §2.1 prohibits", told.Message);
    }

    [Theory]
    [InlineData("XOAUTH2", "")]
    [InlineData("OAUTHBEARER", "\u0001")]
    public void A_refusal_in_a_challenge_is_kept_and_acknowledged(string name, string answer)
    {
        var client = Client(name, "jira", "t");
        client.Initial();
        Assert.True(client.IsComplete);
        Assert.Null(client.Reason);
        Assert.Equal(answer, Encoding.UTF8.GetString(client.Respond("{\"status\":\"400\"}\n"u8)));
        Assert.Equal("{\"status\":\"400\"}", client.Reason);
        Assert.False(client.IsComplete); // a yes after a no is believed by nobody
        Assert.Throws<SaslException>(() => client.Respond("{}"u8));
    }

    [Fact]
    public void An_empty_challenge_is_no_refusal_but_asks_for_the_token()
    {
        var client = Client("XOAUTH2", "jira", "t");
        Assert.Equal(client.Initial(), client.Respond([]));
        Assert.Null(client.Reason);
    }

    [Fact]
    public void A_reason_is_short_and_can_be_shown()
    {
        var client = Client("XOAUTH2", "jira", "t");
        client.Initial();
        client.Respond(Encoding.UTF8.GetBytes("\u001b[31m\u202e" + new string('x', 10_000)));
        Assert.Equal("[31m" + new string('x', 296) + "…", client.Reason);
    }
}
