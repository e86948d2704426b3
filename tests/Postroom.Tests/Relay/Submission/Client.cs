using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Postroom.Tests.Relay.Submission;

/// <summary>An SMTP client that says what it is told and reads whole replies.</summary>
public sealed class Client : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket _socket;
    private readonly byte[] _one = new byte[1];
    private Stream _stream;

    private Client(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket));

    /// <param name="from">The client's own address; each of loopback's is another source.</param>
    public static async Task<Client> ConnectAsync(EndPoint to, IPAddress? from = null)
    {
        var socket = to is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (from != null)
            socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(to);
        return new Client(socket);
    }

    /// <summary>Connects, takes the greeting and greets back.</summary>
    public static async Task<Client> HelloAsync(EndPoint to, IPAddress? from = null)
    {
        var client = await ConnectAsync(to, from);
        await client.ReplyAsync();
        await client.AskAsync("EHLO app\r\n");
        return client;
    }

    /// <returns>The thumbprint of the certificate shown.</returns>
    /// <summary>Subjects of what the server sent along with its own certificate.</summary>
    public IReadOnlyList<string> Shown { get; private set; } = [];

    public async Task<string> TlsAsync()
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, shown, chain, _) =>
        {
            Shown = [.. chain!.ChainPolicy.ExtraStore.Select(certificate => certificate.Subject)];
            return shown?.Subject == "CN=relay.test";
        });
        await tls.AuthenticateAsClientAsync("localhost").WaitAsync(Patience);
        _stream = tls;
        return tls.RemoteCertificate!.GetCertHashString();
    }

    public Task SendAsync(string text) =>
        _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(Patience);

    public async Task<string> AskAsync(string text)
    {
        await SendAsync(text);
        return await ReplyAsync();
    }

    /// <summary>A whole reply without its last CRLF; the empty string if the connection ends.</summary>
    public async Task<string> ReplyAsync()
    {
        var all = new StringBuilder();
        while (true)
        {
            var line = await LineAsync();
            all.Append(line);
            if (line.Length < 4 || line[3] != '-')
                return all.ToString().TrimEnd();
        }
    }

    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task<string> LineAsync()
    {
        var line = new StringBuilder();
        while (line.Length == 0 || line[^1] != '\n')
        {
            if (await _stream.ReadAsync(_one).AsTask().WaitAsync(Patience) == 0)
                break;
            line.Append((char)_one[0]);
        }

        return line.ToString();
    }
}
