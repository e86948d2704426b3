using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

public class ScramTests
{
    private static readonly byte[] Pepper = "kept with the users"u8.ToArray();
    private static readonly byte[] ServerNonce = Enumerable.Range(0, 18).Select(i => (byte)i).ToArray();
    private static readonly byte[] ClientNonce = Enumerable.Range(100, 18).Select(i => (byte)i).ToArray();

    private static readonly StoredPassword Kept = StoredPassword.Hash("pencil", "sixteen octets.."u8.ToArray(), 4_096);

    private static StoredPassword? Users(string user) => user is "user" or "a,b=c" ? Kept : null;

    private static string Text(byte[] octets) => Encoding.UTF8.GetString(octets);

    private static byte[] Octets(string text) => Encoding.UTF8.GetBytes(text);

    private static ServerMechanism Server() =>
        ServerMechanism.Create("SCRAM-SHA-256", Users, ServerNonce, Pepper)!;

    private static ClientMechanism Client(string user, string password) =>
        Client(["SCRAM-SHA-256"], user, password, ClientNonce);

    private static ClientMechanism Client(string[] offered, string user, string password, byte[] nonce) =>
        ClientMechanism.Choose(offered, new ClientCredentials(user, new Secret(password), nonce, false))!;

    /// <summary>The example exchange of RFC 5802 §5.</summary>
    [Fact]
    public void The_client_speaks_the_exchange_of_RFC_5802()
    {
        var nonce = Convert.FromBase64String("fyko+d2lbbFgONRv9qkxdawL");
        var client = Client(["SCRAM-SHA-1"], "user", "pencil", nonce);
        Assert.Equal("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", Text(client.Initial()!));
        var final = client.Respond(
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096"u8);
        Assert.Equal(
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", Text(final));
        Assert.False(client.IsComplete);
        Assert.Empty(client.Respond("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="u8));
        Assert.True(client.IsComplete);
    }

    /// <summary>The example exchange of RFC 7677 §3.</summary>
    [Fact]
    public void The_client_speaks_the_exchange_of_RFC_7677()
    {
        var nonce = Convert.FromBase64String("rOprNGfwEbeRWgbNEkqO");
        var client = Client(["PLAIN", "scram-sha-256"], "user", "pencil", nonce);
        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", Text(client.Initial()!));
        var final = client.Respond(
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"u8);
        Assert.Equal("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", Text(final));
        Assert.Empty(client.Respond("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="u8));
        Assert.True(client.IsComplete);
    }

    [Fact]
    public void Our_client_logs_in_at_our_server()
    {
        var (server, client) = (Server(), Client("user", "pencil"));
        var challenge = server.Step(client.Initial()!);
        var proof = server.Step(client.Respond(challenge.Challenge));
        Assert.Equal((SaslResult.Challenge, null), (proof.Result, proof.User));
        Assert.Empty(client.Respond(proof.Challenge));
        Assert.True(client.IsComplete);
        var end = server.Step([]);
        Assert.Equal((SaslResult.Succeeded, "user"), (end.Result, end.User));
    }

    [Fact] // The client could bind channels, but saw no -PLUS offered: right (RFC 5802 §6), and bound by the proof.
    public void A_client_that_could_bind_channels_is_served_but_may_not_change_its_mind()
    {
        var (server, client) = (Server(), Client("user", "pencil"));
        var first = Text(client.Initial()!).Replace("n,,", "y,,", StringComparison.Ordinal);
        var challenge = server.Step(Octets(first));
        Assert.Equal(SaslResult.Challenge, challenge.Result);
        Assert.Equal(SaslResult.Failed, server.Step(client.Respond(challenge.Challenge)).Result);
    }

    [Fact]
    public void A_client_that_sends_nothing_with_AUTH_is_asked_first()
    {
        var (server, client) = (Server(), Client("user", "pencil"));
        var asked = server.Step([]);
        Assert.Equal(SaslResult.Challenge, asked.Result);
        var challenge = server.Step(client.Respond(asked.Challenge));
        var proof = server.Step(client.Respond(challenge.Challenge));
        Assert.Equal(SaslResult.Challenge, proof.Result);
        var end = server.Step(client.Respond(proof.Challenge));
        Assert.Equal((SaslResult.Succeeded, "user"), (end.Result, end.User));
    }

    [Fact]
    public void Comma_and_equals_sign_in_a_name_survive_the_way()
    {
        var (server, client) = (Server(), Client("a,b=c", "pencil"));
        Assert.StartsWith("n,,n=a=2Cb=3Dc,", Text(client.Initial()!), StringComparison.Ordinal);
        var proof = server.Step(client.Respond(server.Step(client.Initial()!).Challenge));
        Assert.Equal(SaslResult.Challenge, proof.Result);
        Assert.Equal("a,b=c", server.Step(client.Respond(proof.Challenge)).User);
    }

    [Theory]
    [InlineData("user", "pen")]
    [InlineData("nobody", "pencil")]
    public void A_wrong_password_and_a_wrong_name_look_the_same(string user, string password)
    {
        var (server, client) = (Server(), Client(user, password));
        var challenge = server.Step(client.Initial()!);
        Assert.Equal(SaslResult.Challenge, challenge.Result);
        Assert.Matches("^r=[^,]+,s=[A-Za-z0-9+/]{22}==,i=4096$", Text(challenge.Challenge));
        var end = server.Step(client.Respond(challenge.Challenge));
        Assert.Equal(SaslResult.Failed, end.Result);
        Assert.Empty(end.Challenge);
        Assert.Null(end.User);
    }

    [Fact]
    public void Who_does_not_exist_has_the_same_salt_each_time_and_another_on_each_server()
    {
        string Salt(byte[] nonce, byte[] pepper) => Text(ServerMechanism.Create("SCRAM-SHA-256", Users, nonce, pepper)!
            .Step("n,,n=nobody,r=abc"u8).Challenge).Split(',')[1];
        Assert.Equal(Salt(ServerNonce, Pepper), Salt(ClientNonce, Pepper));
        Assert.NotEqual(Salt(ServerNonce, Pepper), Salt(ServerNonce, ClientNonce));
    }

    [Theory]
    [InlineData("p=tls-unique,,n=user,r=abc")] // binding asked of a mechanism without -PLUS
    [InlineData("n,a=other,n=user,r=abc")]     // wants to act as somebody else
    [InlineData("n,,m=ext,n=user,r=abc")]      // a mandatory extension we do not know
    [InlineData("n,,n=us=er,r=abc")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=user")]
    [InlineData("n,,n=us\u0007er,r=abc")]
    [InlineData("\0user\0pencil")]
    public void A_first_message_against_the_rules_fails(string message)
    {
        var server = Server();
        Assert.Equal(SaslResult.Failed, server.Step(Octets(message)).Result);
        Assert.Equal(SaslResult.Failed, server.Step("n,,n=user,r=abc"u8).Result); // and stays so
    }

    [Theory]
    [InlineData("c=biws", "c=eSws")] // another gs2 header than before: a downgrade
    [InlineData("c=biws", "m=biws")]
    [InlineData("r=", "r=x")]
    [InlineData(",p=", ",p=A")]
    [InlineData(",p=", ",q=")]
    public void A_final_message_that_was_tampered_with_fails(string what, string with)
    {
        var (server, client) = (Server(), Client("user", "pencil"));
        var final = Text(client.Respond(server.Step(client.Initial()!).Challenge));
        var tampered = Octets(final.Replace(what, with, StringComparison.Ordinal));
        Assert.Equal(SaslResult.Failed, server.Step(tampered).Result);
    }

    [Fact]
    public void A_proof_cannot_be_used_twice()
    {
        var (server, client) = (Server(), Client("user", "pencil"));
        var final = client.Respond(server.Step(client.Initial()!).Challenge);
        Assert.Equal(SaslResult.Challenge, server.Step(final).Result);
        Assert.Equal(SaslResult.Failed, server.Step(final).Result);
        Assert.Equal(SaslResult.Failed, server.Step([]).Result);
    }

    [Theory]
    [InlineData("r=other,s=QSXCR+Q6sek8bf92,i=4096", "nonce")]
    [InlineData("r=NONCE,s=QSXCR+Q6sek8bf92,i=4096", "nonce")] // the server added nothing of its own
    [InlineData("r=NONCE1,s=QSXCR+Q6sek8bf92,i=1", "iteration")]
    [InlineData("r=NONCE1,s=QSXCR+Q6sek8bf92,i=2000000000", "iteration")]
    [InlineData("r=NONCE1,s=,i=4096", "salt")]
    [InlineData("m=x,r=NONCE1,s=QSXCR+Q6sek8bf92,i=4096", "nonce")]
    [InlineData("v=QSXCR+Q6sek8bf92", "nonce")]
    public void The_client_does_not_answer_a_server_that_breaks_the_rules(string challenge, string complaint)
    {
        var client = Client("user", "pencil");
        client.Initial();
        var text = challenge.Replace("NONCE", Convert.ToBase64String(ClientNonce), StringComparison.Ordinal);
        var error = Assert.Throws<SaslException>(() => client.Respond(Octets(text)));
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pencil", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v=AAAA")]
    [InlineData("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")]
    [InlineData("e=other-error")]
    [InlineData("")]
    public void A_server_that_cannot_prove_itself_is_not_believed(string final)
    {
        var (server, client) = (Server(), Client("user", "pencil"));
        client.Respond(server.Step(client.Initial()!).Challenge);
        Assert.Throws<SaslException>(() => client.Respond(Octets(final)));
        Assert.False(client.IsComplete);
    }
}
