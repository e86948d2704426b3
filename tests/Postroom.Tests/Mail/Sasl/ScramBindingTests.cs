using System.Security.Cryptography;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Mail.Sasl;

/// <summary>A login that is bound to its TLS connection: worth nothing on another.</summary>
public sealed class ScramBindingTests
{
    private static readonly ChannelBinding Ours = new("tls-server-end-point", [.. Enumerable.Range(0, 32)
        .Select(i => (byte)(i * 7))]);
    private static readonly ChannelBinding Theirs = Ours with { Octets = new byte[32] };

    private static HashAlgorithmName HashOf(string name) =>
        name.Contains("512", StringComparison.Ordinal) ? HashAlgorithmName.SHA512
        : name.Contains("256", StringComparison.Ordinal) ? HashAlgorithmName.SHA256
        : HashAlgorithmName.SHA1;

    private static ClientMechanism Client(string offered, ChannelBinding? binding, string password = "pencil") =>
        ClientMechanism.Choose(offered.Split(' '),
            new ClientCredentials("us,er=", new Secret(password), new byte[18], false) { Binding = binding })!;

    // Null where the server refuses; it has said yes only if the client believes it.
    private static string? Exchange(ClientMechanism client, ScramPeer server)
    {
        var first = server.First(Encoding.UTF8.GetString(client.Initial()!));
        if (first is null)
            return "refused at once";
        var final = server.Final(Encoding.UTF8.GetString(client.Respond(Encoding.UTF8.GetBytes(first))));
        if (final is null)
            return "refused after the proof";
        Assert.False(client.IsComplete);
        Assert.Empty(client.Respond(Encoding.UTF8.GetBytes(final)));
        return client.IsComplete ? null : "not believed";
    }

    [Theory]
    [InlineData("SCRAM-SHA-1-PLUS")]
    [InlineData("SCRAM-SHA-256-PLUS")]
    [InlineData("SCRAM-SHA-512-PLUS")]
    public void A_bound_login_is_taken_on_its_own_channel_and_on_no_other(string name)
    {
        Assert.Null(Exchange(Client(name, Ours), new ScramPeer(HashOf(name), "pencil", Ours)));
        Assert.Equal("refused after the proof",
            Exchange(Client(name, Ours), new ScramPeer(HashOf(name), "pencil", Theirs)));
        Assert.Equal("refused after the proof",
            Exchange(Client(name, Ours, "pen"), new ScramPeer(HashOf(name), "pencil", Ours)));
    }

    [Theory]
    [InlineData("SCRAM-SHA-1")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-512")]
    public void Without_binding_every_hash_works_whether_we_could_bind_or_not(string name)
    {
        Assert.Null(Exchange(Client(name, null), new ScramPeer(HashOf(name), "pencil", null)));
        Assert.Null(Exchange(Client(name, Ours), new ScramPeer(HashOf(name), "pencil", null)));
        Assert.Null(Exchange(Client(name, null), new ScramPeer(HashOf(name), "pencil", Ours)));
    }

    [Fact] // RFC 5802 §6: the flag is what it is for.
    public void A_server_notices_that_its_PLUS_was_taken_out_of_the_list() => Assert.Equal("refused at once",
        Exchange(Client("SCRAM-SHA-256", Ours), new ScramPeer(HashAlgorithmName.SHA256, "pencil", Ours)));

    [Theory]
    [InlineData("SCRAM-SHA-256-PLUS SCRAM-SHA-256", true, "", "p=tls-server-end-point,,")]
    [InlineData("SCRAM-SHA-256", true, "", "y,,")]
    [InlineData("SCRAM-SHA-256", false, "", "n,,")]
    [InlineData("SCRAM-SHA-256-PLUS SCRAM-SHA-256", false, "", "n,,")]
    [InlineData("SCRAM-SHA-256-PLUS SCRAM-SHA-256", true, "SCRAM-SHA-256", "n,,")] // the route forbids to bind
    [InlineData("SCRAM-SHA-256", true, "SCRAM-SHA-256", "n,,")]
    [InlineData("SCRAM-SHA-256", true, "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "y,,")]
    [InlineData("scram-sha-1-plus SCRAM-SHA-256", true, "SCRAM-SHA-256 SCRAM-SHA-256-PLUS", "n,,")] // one was offered
    public void The_first_word_says_whether_we_bind_would_or_cannot(
        string offered, bool canBind, string allowed, string header)
    {
        var who = new ClientCredentials("user", new Secret("pencil"), new byte[18], false)
        {
            Binding = canBind ? Ours : null,
            Mechanisms = allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        };
        var first = Encoding.UTF8.GetString(ClientMechanism.Choose(offered.Split(' '), who)!.Initial()!);
        Assert.StartsWith(header + "n=user,r=", first, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_bound_is_the_header_and_the_channel()
    {
        var client = Client("SCRAM-SHA-256-PLUS", new ChannelBinding("tls-unique", [1, 2, 3]));
        client.Initial();
        var nonce = Convert.ToBase64String(new byte[18]);
        var final = Encoding.UTF8.GetString(client.Respond(Encoding.UTF8.GetBytes($"r={nonce}x,s=QUJD,i=4096")));
        Assert.StartsWith("c=" + Convert.ToBase64String("p=tls-unique,,\x1\x2\x3"u8) + ",r=", final,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("e=unsupported-channel-binding-type", true)]
    [InlineData("e=channel-bindings-dont-match", false)]
    [InlineData("e=other-error", false)]
    [InlineData("r=other,s=QUJD,i=4096", false)]
    [InlineData("r=NONCEx,s=QUJD,i=1", false)]
    public void Only_an_unknown_type_of_binding_leaves_the_way_open_to_go_without(string first, bool isOpen)
    {
        var client = Client("SCRAM-SHA-256-PLUS", Ours);
        Assert.False(client.IsBindingOpen);
        client.Initial();
        Assert.True(client.IsBindingOpen); // a refusal would come here
        var text = first.Replace("NONCE", Convert.ToBase64String(new byte[18]), StringComparison.Ordinal);
        Assert.Throws<SaslException>(() => client.Respond(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(isOpen, client.IsBindingOpen);
    }

    [Fact]
    public void Once_the_proof_is_out_or_without_binding_nothing_is_open()
    {
        var bound = Client("SCRAM-SHA-256-PLUS", Ours);
        var server = new ScramPeer(HashAlgorithmName.SHA256, "pencil", Ours);
        bound.Respond(Encoding.UTF8.GetBytes(server.First(Encoding.UTF8.GetString(bound.Initial()!))!));
        Assert.False(bound.IsBindingOpen);
        Assert.Throws<SaslException>(() => bound.Respond("e=unsupported-channel-binding-type"u8));
        Assert.False(bound.IsBindingOpen);
        var free = Client("SCRAM-SHA-256", Ours);
        free.Initial();
        Assert.False(free.IsBindingOpen);
    }
}
