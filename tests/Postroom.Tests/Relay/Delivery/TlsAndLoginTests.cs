using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Routing;
using Postroom.Mail.Status;
using Postroom.Relay.Delivery;
using Postroom.Relay.Vault;
using Postroom.Shared;
using Postroom.Tests.Mail.Sasl;
using Xunit;

namespace Postroom.Tests.Relay.Delivery;

public sealed class TlsAndLoginTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-tls").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(TlsMode.Required, "hop.example", 0, null)]
    [InlineData(TlsMode.Required, "other.example", 0, "4.7.5")]
    [InlineData(TlsMode.Required, "hop.example", -50, "4.7.5")]
    [InlineData(TlsMode.Opportunistic, "other.example", -50, null)]
    public async Task Only_the_right_certificate_will_do_where_TLS_is_required(
        TlsMode tls, string name, int years, string? status)
    {
        using var certificate = TestCertificate.Make(name, toYears: years < 0 ? -10 : 200);
        var peer = new ScriptedPeer { Offer = ["PIPELINING", "STARTTLS"], Certificate = certificate };
        await using var house = new CourierHouse(
            peer, CourierHouse.Plain with { Tls = tls, TrustFile = Trust(certificate) });

        using var outcome = await house.SendAsync("x\r\n", "a@example.org");

        Assert.Equal(status, outcome.Results[0].Failure?.Status.ToString());
        if (status is not null)
            Assert.DoesNotContain(peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
        else
        {
            Assert.StartsWith("Tls1", outcome.Attempt!.Tls, StringComparison.Ordinal);
            Assert.Equal(2, peer.Lines.Count(line => line.StartsWith("EHLO", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Without_STARTTLS_nothing_is_sent_where_TLS_is_required()
    {
        var peer = new ScriptedPeer { Offer = ["PIPELINING"] };
        await using var house = new CourierHouse(peer, CourierHouse.Plain with { Tls = TlsMode.Required });
        using var outcome = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(Fault.NextHop, outcome.Results[0].Failure!.Fault);
        Assert.DoesNotContain(peer.Lines, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bytes_behind_the_220_of_STARTTLS_are_an_attack()
    {
        var peer = new ScriptedPeer
        {
            Offer = ["STARTTLS"],
            Script = line => line == "STARTTLS" ? "220 Ready\r\n250-hop.example\r\n250 AUTH PLAIN" : null,
        };
        await using var house = new CourierHouse(peer, CourierHouse.Plain with { Tls = TlsMode.Required });
        using var outcome = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal("bytes in the clear behind the 220 of STARTTLS", outcome.Results[0].Failure!.Diagnostic);
    }

    [Fact]
    public async Task A_refused_password_is_the_accounts_fault_and_heals_with_the_file()
    {
        var file = Path.Combine(_folder, "password");
        await using var house = new CourierHouse(LetsInApp(), CourierHouse.Plain with
        {
            Account = new AccountReference("app", file, null),
            AllowClearTextPassword = true,
        });

        using var missing = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(Fault.Account, missing.Results[0].Failure!.Fault);

        await File.WriteAllTextAsync(file, "wrong\n", TestContext.Current.CancellationToken);
        using var refused = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(EnhancedStatusOf.The(refused.Results[0].Failure!), new EnhancedStatusOf(Fault.Account, "5.7.8"));
        Assert.DoesNotContain(
            Convert.ToBase64String("\0app\0wrong"u8), refused.Attempt!.Transcript!, StringComparison.Ordinal);
        Assert.Contains("AUTH PLAIN •••", refused.Attempt.Transcript!, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "right\n", TestContext.Current.CancellationToken);
        Assert.Null(await house.Courier.ProbeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_secret_of_the_vault_is_fetched_at_each_login_and_heals_the_account_once_it_is_set()
    {
        var vault = new VaultSettings(Path.Combine(_folder, "vault"), Path.Combine(_folder, "vault.key"))
            .Open(TimeProvider.System);
        await using var house = new CourierHouse(LetsInApp(), CourierHouse.Plain with
        {
            Account = new AccountReference("app", null, null) { Secret = "upstream" },
            AllowClearTextPassword = true,
        }, settings => settings with { Vault = vault });

        using var missing = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal((Fault.Account, "there is no secret upstream: set it with `postroom secret set upstream`"),
            (missing.Results[0].Failure!.Fault, missing.Results[0].Failure!.Diagnostic));
        vault.Put("upstream", new Secret("wrong"));
        using var refused = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(EnhancedStatusOf.The(refused.Results[0].Failure!), new EnhancedStatusOf(Fault.Account, "5.7.8"));
        vault.Put("upstream", new Secret("right"));
        Assert.Null(await house.Courier.ProbeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_plain_password_never_crosses_a_clear_connection_unasked()
    {
        var file = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(file, "secret", TestContext.Current.CancellationToken);
        var peer = new ScriptedPeer { Offer = ["AUTH PLAIN LOGIN"] };
        await using var house = new CourierHouse(
            peer, CourierHouse.Plain with { Account = new AccountReference("app", file, null) });
        using var outcome = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(Fault.Account, outcome.Results[0].Failure!.Fault);
        Assert.DoesNotContain(peer.Lines, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    // The peer knows its certificate; who sits in between would have shown another.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_login_is_bound_to_the_certificate_that_was_shown(bool isItself)
    {
        using var shown = TestCertificate.Make("hop.example");
        using var own = TestCertificate.Make("hop.example");
        var file = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(file, "pencil", TestContext.Current.CancellationToken);
        var binding = new ChannelBinding(
            "tls-server-end-point", SHA256.HashData((isItself ? shown : own).RawData));
        var server = new ScramPeer(HashAlgorithmName.SHA256, "pencil", binding);
        var peer = new ScriptedPeer
        {
            Offer = ["STARTTLS", "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256"], Certificate = shown,
            Script = line => Reply(server, line),
        };
        await using var house = new CourierHouse(peer, CourierHouse.Plain with
        {
            Tls = TlsMode.Opportunistic, AllowClearTextPassword = true, Account = new AccountReference("u", file, null),
        });
        using var outcome = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal(isItself ? null : "535 5.7.8 No", outcome.Results[0].Failure?.Diagnostic);
        Assert.Single(peer.Lines, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    private static string? Reply(ScramPeer server, string line)
    {
        var isFirst = line.StartsWith("AUTH SCRAM-SHA-256-PLUS ", StringComparison.Ordinal);
        if (line.Length == 0)
            return "235 2.7.0 Welcome";
        var said = new byte[line.Length];
        if (!Convert.TryFromBase64String(isFirst ? line.Split(' ')[2] : line, said, out var length) || length < 40)
            return null;
        var text = Encoding.UTF8.GetString(said, 0, length);
        return (isFirst ? server.First(text) : server.Final(text)) is { } answer
            ? "334 " + Convert.ToBase64String(Encoding.UTF8.GetBytes(answer))
            : "535 5.7.8 No";
    }

    [Theory]
    [InlineData("127.0.0.1:2525", "127.0.0.1", 2525, true)]
    [InlineData("0.0.0.0:25", "127.0.0.1", 25, true)]
    [InlineData("0.0.0.0:25", "192.0.2.7", 25, true)]
    [InlineData("127.0.0.1:2525", "127.0.0.1", 2526, false)]
    [InlineData("127.0.0.1:25", "192.0.2.7", 25, false)]
    [InlineData("unix:/run/x", "unix:/run/x", 0, true)]
    public void A_route_to_ourselves_is_known_by_its_address(string own, string address, int port, bool isOurs) =>
        Assert.Equal(isOurs, new OwnListeners([own], [IPAddress.Parse("192.0.2.7")]).Holds(address, port));

    [Fact]
    public async Task A_route_to_ourselves_sends_nothing()
    {
        await using var house = new CourierHouse(new ScriptedPeer(), CourierHouse.Plain,
            settings => settings with { Own = new OwnListeners(["192.0.2.1:25"], []) });
        using var outcome = await house.SendAsync("x\r\n", "a@example.org");
        Assert.Equal("5.4.6", outcome.Results[0].Failure!.Status.ToString());
        Assert.Equal(0, house.Dialer.Dialled);
    }

    private string Trust(X509Certificate2 certificate)
    {
        var file = Path.Combine(_folder, "trust.pem");
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return file;
    }

    // With the password "right".
    private static ScriptedPeer LetsInApp()
    {
        var right = "AUTH PLAIN " + Convert.ToBase64String("\0app\0right"u8);
        return new ScriptedPeer
        {
            Offer = ["PIPELINING", "AUTH PLAIN LOGIN"],
            Script = line => !line.StartsWith("AUTH", StringComparison.Ordinal) ? null
                : line == right ? "235 2.7.0 Welcome" : "535 5.7.8 Bad credentials",
        };
    }
}
