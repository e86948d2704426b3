using System.Text.Json;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>What a listener's STARTTLS gives away: nothing older than TLS 1.2, no weak cipher, no known hole.</summary>
public sealed class TlsIsProbed
{
    // The words of testssl.sh for what is as it should be, or only told.
    private static readonly string[] Fine = ["OK", "INFO", "LOW", "WARN", "DEBUG"];

    // The certificate is one that we made ourselves: who needs another configures one.
    private static readonly string[] OfTheCertificate = ["cert", "chain", "DNS_CAArecord", "OCSP", "engine_problem",
        "overall_grade",
        "grade_cap"];

    [Theory]
    [InlineData("-tls1_2", "Protocol version: TLSv1.2")]
    [InlineData("-tls1_3", "Protocol version: TLSv1.3")]
    [InlineData("-tls1 -cipher ALL:@SECLEVEL=0", "alert protocol version")]
    [InlineData("-tls1_1 -cipher ALL:@SECLEVEL=0", "alert protocol version")]
    [InlineData("-tls1_2 -cipher aNULL:@SECLEVEL=0", "alert handshake failure")] // nobody proves who he is
    [InlineData("-tls1_2 -cipher eNULL:@SECLEVEL=0", "alert handshake failure")] // nothing is hidden
    [InlineData("-tls1_2 -cipher kRSA:@SECLEVEL=0", "alert handshake failure")] // no forward secrecy
    [InlineData("-tls1_2 -cipher SHA1:@SECLEVEL=0", "alert handshake failure")]
    [InlineData("-tls1_2 -cipher CAMELLIA:ARIA:@SECLEVEL=0", "alert handshake failure")]
    public async Task OpenSSL_gets_only_what_is_good(string options, string answer)
    {
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        var said = await Shell.RunAsync("openssl", ["s_client", "-starttls", "smtp", "-brief", "-connect",
            $"127.0.0.1:{relay.Port}", .. options.Split(' ')], "QUIT\r\n");
        Assert.Contains(answer, said.ToString(), StringComparison.Ordinal);
    }

    // https://testssl.sh, Debian's package of that name.
    [Fact]
    [Trait("Long", "yes")]
    public async Task Testssl_finds_nothing()
    {
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        var file = Path.Combine(relay.Folder, "testssl.json");
        var said = await Shell.RunAsync("testssl", ["--quiet", "--color", "0", "--warnings", "batch", "-t", "smtp",
            "--jsonfile", file, "--ip", "127.0.0.1", $"127.0.0.1:{relay.Port}"], limit: TimeSpan.FromMinutes(30));
        Assert.True(File.Exists(file), $"{said}");
        var findings = JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray()
            .Select(one => (Id: Text(one, "id"), Severity: Text(one, "severity"), Finding: Text(one, "finding")))
            .Where(one => !Array.Exists(OfTheCertificate, own => one.Id.StartsWith(own,
            StringComparison.Ordinal))).ToList();
        Assert.Equal(["not offered", "not offered", "not offered", "not offered"],
            findings.Where(one => one.Id is "SSLv2" or "SSLv3" or "TLS1" or "TLS1_1").Select(one => one.Finding));
        Assert.DoesNotContain(findings, one => !Fine.Contains(one.Severity));
        Figures.Note("testssl.sh", $"{findings.Count} findings about STARTTLS: nothing older than TLS 1.2, no weak "
            + $"cipher, no known hole; {findings.Count(one => one.Severity == "LOW")} of severity LOW, none worse");
    }

    private static string Text(JsonElement one, string name) => one.GetProperty(name).GetString()!;
}
