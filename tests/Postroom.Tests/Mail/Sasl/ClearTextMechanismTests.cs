using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

public class ClearTextMechanismTests
{
    private static readonly byte[] Nonce = new byte[18];
    private static readonly StoredPassword Kept =
        StoredPassword.Hash("geheim ü", "sixteen octets.."u8.ToArray(), 4_096);

    private static ServerMechanism Server(string name) =>
        ServerMechanism.Create(name, user => user == "jira" ? Kept : null, Nonce)!;

    private static ClientMechanism Client(string name, string password) =>
        ClientMechanism.Choose([name], new ClientCredentials("jira", new Secret(password), Nonce, true))!;

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);

    [Theory]
    [InlineData("\0jira\0geheim ü", true)]
    [InlineData("jira\0jira\0geheim ü", true)]
    [InlineData("admin\0jira\0geheim ü", false)] // wants to act as somebody else
    [InlineData("\0jira\0geheim", false)]
    [InlineData("\0jira\0", false)]
    [InlineData("\0\0geheim ü", false)]
    [InlineData("\0confluence\0geheim ü", false)]
    [InlineData("\0jira\0geheim ü\0", false)]
    [InlineData("\0jira", false)]
    [InlineData("jira", false)]
    public void PLAIN_lets_in_whom_it_should(string response, bool lets)
    {
        var step = Server("plain").Step(Octets(response));
        Assert.Equal(lets ? (SaslResult.Succeeded, "jira") : (SaslResult.Failed, null), (step.Result, step.User));
    }

    [Fact]
    public void PLAIN_asks_when_nothing_came_with_AUTH_but_only_once()
    {
        var server = Server("PLAIN");
        Assert.Equal(SaslResult.Challenge, server.Step([]).Result);
        Assert.Equal(SaslResult.Failed, server.Step([]).Result);
    }

    [Fact]
    public void LOGIN_asks_for_name_and_password()
    {
        var server = Server("LOGIN");
        Assert.Equal("Username:"u8, server.Step([]).Challenge);
        Assert.Equal("Password:"u8, server.Step("jira"u8).Challenge);
        Assert.Equal("jira", server.Step(Octets("geheim ü")).User);
    }

    [Fact]
    public void LOGIN_takes_the_name_with_AUTH_too_and_refuses_a_wrong_password()
    {
        var server = Server("LOGIN");
        Assert.Equal("Password:"u8, server.Step("jira"u8).Challenge);
        Assert.Equal(SaslResult.Failed, server.Step("geheim"u8).Result);
        var empty = Server("LOGIN");
        empty.Step([]);
        Assert.Equal("Password:"u8, empty.Step([]).Challenge); // an empty name is asked its password like any other
        Assert.Equal(SaslResult.Failed, empty.Step([]).Result);
    }

    [Theory]
    [InlineData("PLAIN")]
    [InlineData("LOGIN")]
    public void Our_client_logs_in_at_our_server(string name)
    {
        var server = Server(name);
        var client = Client(name, "geheim ü");
        var step = server.Step(client.Initial());
        while (step.Result == SaslResult.Challenge)
            step = server.Step(client.Respond(step.Challenge));
        Assert.Equal("jira", step.User);
        Assert.True(client.IsComplete);
    }

    [Fact]
    public void LOGIN_answers_no_third_question()
    {
        var client = Client("LOGIN", "x");
        Assert.Null(client.Initial());
        client.Respond("VXNlcm5hbWU6"u8);
        client.Respond("?"u8);
        Assert.Throws<SaslException>(() => client.Respond("Your bank account:"u8));
    }

    [Fact]
    public void A_mechanism_we_do_not_offer_is_none() =>
        Assert.Null(ServerMechanism.Create("CRAM-MD5", _ => null, Nonce));
}
