using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

public sealed class CommandsInjectedBeforeTls
{
    [Fact]
    public async Task Bytes_behind_STARTTLS_end_the_connection()
    {
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("501", await client.SayAsync("STARTTLS\r\nMAIL FROM:<evil@example.com>"),
            StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(client.ReplyAsync);
    }

    [Fact]
    public async Task A_certificate_is_made_and_kept()
    {
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        var first = await CertificateAsync(relay);
        await relay.StopAsync();
        await relay.StartAsync();
        Assert.Equal(first, await CertificateAsync(relay));
    }

    private static async Task<string> CertificateAsync(RealRelay relay)
    {
        var seen = "";
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        await client.StartTlsAsync((_, certificate, _, _) => (seen = certificate!.GetCertHashString()).Length > 0);
        Assert.StartsWith("250", await client.SayAsync("NOOP"), StringComparison.Ordinal);
        return seen;
    }
}
