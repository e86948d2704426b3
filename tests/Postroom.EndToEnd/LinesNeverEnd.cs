using System.Net;
using System.Net.Sockets;
using System.Text;
using Postroom.EndToEnd.Harness;
using Xunit;

namespace Postroom.EndToEnd;

/// <summary>A client that sends and sends, and never ends its line.</summary>
public sealed class LinesNeverEnd
{
    private const int Megabytes = 64;
    private const int MostMegabytes = 250;

    private static readonly string[] Envelope =
        ["EHLO client.example.test", "MAIL FROM:<jira@example.com>", "RCPT TO:<alice@example.com>", "DATA"];

    [Theory]
    [InlineData("a command", "", "500 5.5.")]
    [InlineData("an argument", "EHLO c.example.test|MAIL FROM:<", "500 5.5.")]
    [InlineData("a header field", "+|X-Long: ", "552 5.3.4")]
    [InlineData("a body", "+|Subject: x\r\n\r\n", "552 5.3.4")]
    [InlineData("a login", "EHLO c.example.test|AUTH LOGIN|", "500 5.5.")]
    [InlineData("a first login", "EHLO c.example.test|AUTH PLAIN ", "500 5.5.")]
    public async Task It_is_refused_and_costs_no_memory_and_others_are_served(string what, string words, string refusal)
    {
        await using var sink = Sink.Start();
        await using var relay = new RealRelay();
        if (what.Contains("login", StringComparison.Ordinal))
            Assert.Equal(0, (await relay.DoWithInputAsync("x\n", "listener", "user", "set", "jira")).ExitCode);
        await relay.StartAsync(relay.Live(sink.Port, listener: "message_size = \"10MB\""));
        var said = await TalkAsync(relay.Port, words);
        Assert.True(said.Contains(refusal, StringComparison.Ordinal), $"{what}: {said}\n{relay.Printed}");
        Assert.InRange(relay.PeakMegabytes, 1, MostMegabytes);
        var load = new Load(relay);
        Assert.StartsWith("250", await load.OnceAsync(), StringComparison.Ordinal);
        await load.AllArrivesAsync(sink);
        Assert.Single(sink.Arrivals);
    }

    // Sends the words, then a line without end until the relay hangs up or it was a great deal; gives all it said.
    private static async Task<string> TalkAsync(int port, string words)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        var hearing = HearAsync(socket);
        var lines = words.Split('|').SelectMany(w => w == "+" ? Envelope : [w]).ToArray();
        try
        {
            foreach (var line in lines[..^1])
                await socket.SendAsync(Encoding.ASCII.GetBytes(line + "\r\n"));
            await socket.SendAsync(Encoding.ASCII.GetBytes(lines[^1]));
            var piece = Encoding.ASCII.GetBytes(new string('x', 1 << 16));
            for (var sent = 0; sent < Megabytes << 20; sent += piece.Length)
                await socket.SendAsync(piece);
            await socket.SendAsync("\r\n.\r\n"u8.ToArray());
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It has hung up: that bounds it too.
        }

        return await hearing;
    }

    private static async Task<string> HearAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        var said = new StringBuilder();
        var octets = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(octets, limit.Token) is > 0 and var count)
                said.Append(Encoding.ASCII.GetString(octets, 0, count));
        }
        catch (SocketException)
        {
            said.Append("(reset)");
        }

        return said.ToString();
    }
}
