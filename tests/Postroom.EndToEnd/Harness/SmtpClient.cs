using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A client that says exactly what a test tells it to, one command at a time.</summary>
internal sealed class SmtpClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private Stream _stream;

    private SmtpClient(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket));

    public static Task<SmtpClient> ConnectAsync(int port) =>
        ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), AddressFamily.InterNetwork);

    /// <summary>From another address of this machine, under another name.</summary>
    public static Task<SmtpClient> ConnectAsync(int port, IPAddress from, string helo) =>
        ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), AddressFamily.InterNetwork, from, helo);

    public static Task<SmtpClient> ConnectAsync(string unixSocket) =>
        ConnectAsync(new UnixDomainSocketEndPoint(unixSocket), AddressFamily.Unix);

    /// <summary>Sends a command and gives the last line of the reply.</summary>
    public async Task<string> SayAsync(string command)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"), TestContext.Current.CancellationToken);
        return await ReplyAsync();
    }

    /// <summary>Writes octets as they are.</summary>
    public async Task WriteAsync(ReadOnlyMemory<byte> octets) =>
        await _stream.WriteAsync(octets, TestContext.Current.CancellationToken);

    /// <summary>A whole transaction; gives the reply to the final dot, or the first that refuses.</summary>
    public async Task<string> SendAsync(byte[] mail, string from = "jira@example.com", string to = "alice@example.com")
    {
        foreach (var command in (string[])[$"MAIL FROM:<{from}>", $"RCPT TO:<{to}>", "DATA"])
            if (await SayAsync(command) is var reply && reply[0] is '4' or '5')
                return reply;
        await _stream.WriteAsync(Mails.Stuffed(mail), TestContext.Current.CancellationToken);
        return await ReplyAsync();
    }

    public async Task StartTlsAsync(RemoteCertificateValidationCallback trust)
    {
        Assert.StartsWith("220", await SayAsync("STARTTLS"), StringComparison.Ordinal);
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, trust);
        await tls.AuthenticateAsClientAsync("localhost");
        _stream = tls;
        Assert.StartsWith("250", await SayAsync("EHLO client.example.test"), StringComparison.Ordinal);
    }

    /// <summary>The last line of the next reply.</summary>
    /// <exception cref="IOException">The relay closed the connection.</exception>
    public async Task<string> ReplyAsync()
    {
        while (true)
        {
            var line = await LineAsync();
            if (line.Length < 4 || line[3] != '-')
                return line;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private static async Task<SmtpClient> ConnectAsync(
        EndPoint to, AddressFamily family, IPAddress? from = null, string helo = "client.example.test")
    {
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Unspecified);
        if (family == AddressFamily.InterNetwork)
            socket.NoDelay = true; // pieces of a mail are to go as they are written
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(to, TestContext.Current.CancellationToken);
        var client = new SmtpClient(socket);
        await client.ReplyAsync();
        await client.SayAsync($"EHLO {helo}");
        return client;
    }

    private async Task<string> LineAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Shell.Limit);
        var line = new StringBuilder();
        var octet = new byte[1];
        while (await _stream.ReadAsync(octet, limit.Token) == 1)
        {
            if (octet[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)octet[0]);
        }
        throw new IOException("the relay closed the connection");
    }
}
