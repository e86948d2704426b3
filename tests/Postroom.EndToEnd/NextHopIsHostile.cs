using System.Text;
using Postroom.EndToEnd.Harness;
using Postroom.Shared;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>
/// A sample of docs/next-hops.md against the real program: each hop misbehaves once or twice, then mends its ways.
/// </summary>
public sealed class NextHopIsHostile
{
    private const string Password = "canary-in-the-coal-mine";

    // What it says instead, at which command. DROP: nothing, it closes.
    private static readonly (string At, string Says)[] InTheClear =
    [
        ("CONNECT", "HTTP/1.1 400 Bad Request"),
        ("CONNECT", "220 " + new string('x', 1_000_000)),
        ("CONNECT", "220 hop\r\n250 too early"),
        ("EHLO", string.Concat(Enumerable.Repeat("250-more and more\r\n", 100_000)) + "250 end"),
        ("EHLO", "DROP"),
        ("MAIL", "250-one\r\n550 two"),
        ("MAIL", "354 go on"),
        ("MAIL", "421 4.7.0 too many connections"),
        ("RCPT", "DROP"),
        ("RCPT", "150 hm"),
        ("DATA", "250 2.0.0 taken, as it were"),
        ("DATA", "451 4.3.0 later"),
        ("END", "452 4.3.1 full"),
        ("END", "354 go on"),
        ("END", "DROP"),
    ];

    [Fact]
    public async Task What_waited_arrives_once_when_it_behaves()
    {
        await using var relay = new RealRelay();
        var sinks = InTheClear.Select(row => Misbehaving(row.At, row.Says, chunking: row.At != "DATA")).ToList();
        try
        {
            var routes = sinks.Select((sink, n) => Route(n, sink, "tls = \"none\""));
            await relay.StartAsync(Head(relay) + string.Concat(routes));
            for (var n = 0; n < sinks.Count; n++)
                await SendAsync(relay, n);
            for (var n = 0; n < sinks.Count; n++)
            {
                await sinks[n].WaitAsync(1, relay);
                await relay.FindAsync($"to:a@h{n}.example.com state:delivered", 1);
                Assert.Single(sinks[n].Arrivals);
            }
        }
        finally
        {
            foreach (var sink in sinks)
                await sink.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("does not offer STARTTLS")]
    [InlineData("refuses STARTTLS")]
    [InlineData("puts a reply of its own behind the 220")]
    [InlineData("shows another's certificate")]
    [InlineData("shows an expired certificate")]
    public async Task Neither_password_nor_mail_is_said_where_TLS_was_required(string misfortune)
    {
        using var right = TestCertificate.Make("127.0.0.1");
        using var wrong = TestCertificate.Make(
            misfortune.Contains("another", StringComparison.Ordinal) ? "127.0.0.2" : "127.0.0.1",
            toYears: misfortune.Contains("expired", StringComparison.Ordinal) ? -10 : 200);
        var isWrong = misfortune.Contains("certificate", StringComparison.Ordinal);
        await using var relay = new RealRelay();
        var trust = await FileAsync(relay, "trust", right.ExportCertificatePem() + "\n" + wrong.ExportCertificatePem());
        var password = await FileAsync(relay, "password", Password);
        await using var hostile = Sink.Away(true, true,
            misfortune == "does not offer STARTTLS" ? null : isWrong ? wrong : right);
        hostile.Password = Password;
        hostile.Reply = command => command != "STARTTLS" ? null : misfortune switch
        {
            "refuses STARTTLS" => "454 4.7.0 TLS not available",
            "puts a reply of its own behind the 220" => "220 2.0.0 Ready\r\n250-hop\r\n250 AUTH PLAIN",
            _ => null,
        };
        hostile.Up();
        var route = $"tls = \"required\"\ntrust = '{trust}'\nuser = \"app\"\npassword_file = '{password}'";
        await relay.StartAsync(Head(relay) + Route(0, hostile, route));
        await SendAsync(relay, 0);

        await relay.WaitForAsync("is paused");
        Assert.Equal(0, (await relay.FindAsync("state:waiting", 1))[0].GetProperty("failedTries").GetInt32());
        Assert.All(hostile.Commands, command => Assert.True(
            command is "STARTTLS" or "QUIT" || command.StartsWith("EHLO ", StringComparison.Ordinal), command));
        Assert.Empty(hostile.Arrivals);

        await using var honest = Sink.Away(true, true, right);
        honest.Password = Password;
        honest.Up();
        await relay.StopAsync();
        await relay.StartAsync(Head(relay) + Route(0, honest, route));
        Assert.True(Assert.Single(await honest.WaitAsync(1, relay)).ByTls);
        await relay.StopAsync();
        AssertNoSecretIn(relay);
    }

    private static Sink Misbehaving(string at, string says, bool chunking)
    {
        var times = 0;
        var sink = Sink.Away(chunking, offersPipelining: true, certificate: null);
        sink.Reply = command =>
            command.StartsWith(at, StringComparison.Ordinal) && Interlocked.Increment(ref times) == 1 ? says : null;
        sink.Up();
        return sink;
    }

    private static string Head(RealRelay relay) => $"""
        mode = "live"
        hostname = "relay.example.test"
        [queue]
        retry_first = "1s"
        probe_account = "1s"
        [[listener]]
        address = "127.0.0.1:{relay.Port}"

        """;

    private static string Route(int number, Sink sink, string rest) => $"""
        [[route]]
        name = "h{number}"
        host = "127.0.0.1"
        port = {sink.Port}
        recipients = ["h{number}.example.com"]
        {rest}

        """;

    private static async Task SendAsync(RealRelay relay, int number)
    {
        await using var client = await SmtpClient.ConnectAsync(relay.Port);
        Assert.StartsWith("250", await client.SendAsync(Mails.Notification($"PROJ-{number}"),
            to: $"a@h{number}.example.com"), StringComparison.Ordinal);
    }

    private static async Task<string> FileAsync(RealRelay relay, string name, string text)
    {
        var path = Path.Combine(relay.Folder, name);
        await File.WriteAllTextAsync(path, text + "\n");
        return path;
    }

    private static void AssertNoSecretIn(RealRelay relay)
    {
        string[] secrets = [Password, Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0app\0{Password}"))];
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(secret, relay.Printed, StringComparison.Ordinal);
            foreach (var file in Directory.EnumerateFiles(relay.Data, "*", SearchOption.AllDirectories))
                if (!file.EndsWith(".sock", StringComparison.Ordinal))
                    Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) < 0, file);
        }
    }
}
