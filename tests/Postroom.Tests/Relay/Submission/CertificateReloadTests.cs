using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Postroom.Relay.Submission;
using Xunit;

namespace Postroom.Tests.Relay.Submission;

public sealed class CertificateReloadTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("postroom-certificate-").FullName;

    private string CertificateFile => Path.Combine(_folder, "relay.crt");

    private string KeyFile => Path.Combine(_folder, "relay.key");

    private ListenerSettings Settings => House.Plain with { CertificateFile = CertificateFile, KeyFile = KeyFile };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_certificate_renewed_under_its_name_is_shown_from_the_reload_on_and_open_sessions_go_on()
    {
        var first = Write();
        await using var house = await House.OpenAsync(Settings);
        using var early = await Client.HelloAsync(house.Address);
        Assert.Equal(first, await TlsAsync(early));
        var bound = house.Address;

        var renewed = Write();
        using var before = await Client.HelloAsync(house.Address);
        Assert.Equal(first, await TlsAsync(before)); // nobody watches the file: the reload is what counts
        await house.Server.ReloadAsync(house.Settings, CancellationToken.None);

        using var late = await Client.HelloAsync(house.Address);
        Assert.Equal(renewed, await TlsAsync(late));
        Assert.StartsWith("250 ", (await early.AskAsync("EHLO app\r\n")).Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal("250 2.0.0 Ok", await early.AskAsync("NOOP\r\n"));
        Assert.Equal(bound, house.Address);
    }

    [Theory]
    [InlineData("relay.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n", "relay.crt holds no certificate")]
    [InlineData("relay.key", "", "relay.key holds no key that belongs to the certificate in")]
    [InlineData("relay.key", null, "relay.key holds no key that belongs to the certificate in")] // of another one
    [InlineData("relay.key", "gone", "relay.key")]
    public async Task A_certificate_that_cannot_be_used_refuses_the_reload_whole(string file, string? text, string why)
    {
        var other = House.Plain with { Name = "other" };
        var first = Write();
        await using var house = await House.OpenAsync(Settings, other);
        using var open = await Client.HelloAsync(house.Server.Bound["other"]);
        var path = Path.Combine(_folder, file);
        var key = File.ReadAllText(KeyFile);
        Write();
        File.WriteAllText(path, text ?? key);
        if (text == "gone")
            File.Delete(path);

        var refused = await Assert.ThrowsAsync<ListenerRefusedException>(() => house.Server.ReloadAsync(
            house.Settings with { Listeners = [Settings, House.Plain with { Name = "third" }] },
            CancellationToken.None));
        Assert.StartsWith("Listener plain: its certificate cannot be used: ", refused.Message,
            StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal(["other", "plain"], house.Server.Bound.Keys.Order());
        Assert.Equal("250 2.0.0 Ok", await open.AskAsync("NOOP\r\n"));
        using var late = await Client.HelloAsync(house.Server.Bound["plain"]);
        Assert.Equal(first, await TlsAsync(late));
    }

    [Fact]
    public async Task What_stands_between_the_certificate_and_its_root_is_sent_along()
    {
        var (now, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(now, until);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middle = Authority("CN=middle", middleKey).Create(root, now, until, [1]);
        using var middleWithKey = middle.CopyWithPrivateKey(middleKey);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = new CertificateRequest("CN=relay.test", key, HashAlgorithmName.SHA256)
            .Create(middleWithKey, now, until, [2]);
        File.WriteAllText(CertificateFile, leaf.ExportCertificatePem() + "\n" + middle.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());

        await using var house = await House.OpenAsync(Settings);
        using var client = await Client.HelloAsync(house.Address);
        Assert.Equal(leaf.GetCertHashString(), await TlsAsync(client));
        Assert.Contains("CN=middle", client.Shown);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private static async Task<string> TlsAsync(Client client)
    {
        Assert.StartsWith("220 ", await client.AskAsync("STARTTLS\r\n"), StringComparison.Ordinal);
        return await client.TlsAsync();
    }

    // A certificate of its own key each time; gives its thumbprint.
    private string Write()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=relay.test", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(CertificateFile, made.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        return made.GetCertHashString();
    }
}
