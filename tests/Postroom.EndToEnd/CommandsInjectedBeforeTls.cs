using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Postroom.EndToEnd.Harness;
using Postroom.Fuzz.Targets;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>What comes in the clear behind STARTTLS is never taken for what the client says under TLS.</summary>
/// <remarks>
/// The cases of Email-Analysis-Toolkit/command-injection-tester (a command in the segment of STARTTLS, then the
/// handshake) and of nostarttls.secvuln.info (whole transactions), with every number of octets.
/// </remarks>
public sealed class CommandsInjectedBeforeTls
{
    private const string Injected = "EHLO evil\r\nMAIL FROM:<evil@example.com>\r\nRCPT TO:<bob@example.com>\r\n";
    private const string Closing = "501 5.5.4 Bytes behind STARTTLS; closing\r\n";

    [Fact]
    public Task No_number_of_octets_behind_STARTTLS_is_a_command() =>
        HoldAsync([1, 2, 3, 4, 5, 6, 7, 11, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1_023, 1_024, 1_025, 4_095, 4_096]);

    [Fact]
    [Trait("Long", "yes")]
    public async Task No_number_of_octets_up_to_4096_behind_STARTTLS_is_a_command()
    {
        await HoldAsync([.. Enumerable.Range(1, 4_096)]);
        Figures.Note("STARTTLS injection", "1 to 4,096 octets behind STARTTLS, in its segment, in the next, and "
            + "behind the 220: 12,288 sessions, 0 commands taken, 0 handshakes that went on");
    }

    // A handshake that comes before the 220, and line ends and endings of other kinds.
    [Theory]
    [InlineData("STARTTLS\r\n\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", Closing)]
    [InlineData("STARTTLS\r\n\r\n", Closing)]
    [InlineData("STARTTLS\r\n\n", Closing)]
    [InlineData("STARTTLS\r\nSTARTTLS\r\n", Closing)]
    [InlineData("STARTTLS\r\n\0", Closing)]
    [InlineData("NOOP\r\nSTARTTLS\r\nEHLO evil\r\n", Closing)]
    [InlineData("STARTTLS\nEHLO evil\r\nQUIT\r\n", "221 2.0.0 Bye\r\n")] // no CRLF: no command, no TLS
    [InlineData("STARTTLS now\r\nQUIT\r\n", "221 2.0.0 Bye\r\n")]
    public async Task TLS_does_not_begin_in_the_middle_of_something(string injection, string last)
    {
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        var said = await HostileClient.SayAsync(AddressOf(relay), Wire.Octets("EHLO app\r\n" + injection));
        Assert.EndsWith(last, said, StringComparison.Ordinal);
        Assert.DoesNotContain(ReplyWalk.TlsReady, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TLS_forgets_the_mail_that_was_begun_in_the_clear()
    {
        await using var relay = await RealRelay.LiveAsync(Ports.Free());
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("250", await client.SayAsync("MAIL FROM:<evil@example.com>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<bob@example.com>"), StringComparison.Ordinal);
        await client.StartTlsAsync((_, certificate, _, _) => certificate != null);
        foreach (var command in (string[])["DATA", "RCPT TO:<bob@example.com>", "BDAT 0 LAST"])
            Assert.StartsWith("503", await client.SayAsync(command), StringComparison.Ordinal);
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

    private static IPEndPoint AddressOf(RealRelay relay) => new(IPAddress.Loopback, relay.Port);

    private static async Task HoldAsync(IReadOnlyList<int> sizes)
    {
        await using var sink = Sink.Start();
        await using var relay = await RealRelay.LiveAsync(sink.Port);
        var to = AddressOf(relay);
        foreach (var size in sizes)
        {
            var octets = Wire.Octets(string.Concat(Enumerable.Repeat(Injected, size / Injected.Length + 1)))[..size];

            var one = await HostileClient.SayAsync(to, [.. "EHLO app\r\nSTARTTLS\r\n"u8, .. octets]);
            Assert.EndsWith("250 ENHANCEDSTATUSCODES\r\n" + Closing, one, StringComparison.Ordinal);

            // In a segment of their own they may still be read with it: then they are seen, else they are bad TLS.
            var two = await HostileClient.SayAsync(to, [.. "EHLO app\r\nSTARTTLS\r\n"u8], octets);
            var behind = two[(two.IndexOf("250 ENHANCEDSTATUSCODES\r\n", StringComparison.Ordinal) + 25)..];
            Assert.True(behind == Closing || IsNoAnswer(behind), $"{size}: {two}");

            await FailsBehindReadyAsync(to, octets);
        }

        await using var honest = await SmtpClient.ConnectAsync(relay.Port);
        await honest.StartTlsAsync((_, certificate, _, _) => certificate != null);
        Assert.StartsWith("250", await honest.SendAsync(Mails.Notification("PROJ-1")), StringComparison.Ordinal);
        Assert.StartsWith("MAIL FROM:<jira@", Assert.Single(await sink.WaitAsync(1, relay)).From,
            StringComparison.Ordinal);
    }

    // At most TLS's own word for no stands behind the 220: a record of kind 21.
    private static bool IsNoAnswer(string said) => said.StartsWith(ReplyWalk.TlsReady + "\r\n", StringComparison.Ordinal)
        && said[(ReplyWalk.TlsReady.Length + 2)..] is "" or ['\x15', ..];

    private static async Task FailsBehindReadyAsync(IPEndPoint to, byte[] octets)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(to);
        var stream = client.GetStream();
        await stream.WriteAsync("EHLO app\r\nSTARTTLS\r\n"u8.ToArray());
        var said = new StringBuilder();
        var buffer = new byte[4_096];
        while (!said.ToString().EndsWith(ReplyWalk.TlsReady + "\r\n", StringComparison.Ordinal))
            said.Append(Wire.Text(buffer.AsSpan(0, await stream.ReadAsync(buffer).AsTask().WaitAsync(Shell.Limit))));
        await stream.WriteAsync(octets);
        await using var tls = new SslStream(stream, leaveInnerStreamOpen: true, (_, shown, _, _) => shown != null);
        var failure = await Record.ExceptionAsync(
            () => tls.AuthenticateAsClientAsync("relay.example.test").WaitAsync(Shell.Limit));
        Assert.True(failure is AuthenticationException or IOException, $"{octets.Length}: {failure}");
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
