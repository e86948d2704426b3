using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>
/// An authorization server on loopback: gives tokens to applications (RFC 6749 §4.4), and tells a mail server whose one
/// is (RFC 7662). The application <c>expired</c> gets one that is good no more.
/// </summary>
internal sealed class TokenOffice : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<string> _asked = [];
    private readonly Task _serving;
    private int _given;

    public TokenOffice()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Token => At("token");

    public Uri Introspection => At("introspect");

    /// <summary>The mailbox that every good token is for.</summary>
    public const string User = "jira";

    /// <summary>About which tokens it was asked.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
                return [.. _asked];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _end.Cancel();
        _listener.Stop();
        await _serving;
        _end.Dispose();
    }

    private Uri At(string path) => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{path}");

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await AnswerAsync(client.GetStream());
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    // One request a connection.
    private async Task AnswerAsync(NetworkStream stream)
    {
        try
        {
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var request = await reader.ReadLineAsync(_end.Token) ?? "";
            var length = 0;
            while (await reader.ReadLineAsync(_end.Token) is { Length: > 0 } line)
                if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                    length = int.Parse(line.Split(':')[1]);
            var form = new char[length];
            await reader.ReadBlockAsync(form, _end.Token);
            var answer = Answer(request.Split(' ')[1], new string(form));
            await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                + $"Content-Length: {answer.Length}\r\nConnection: close\r\n\r\n{answer}"), _end.Token);
        }
        catch (IOException)
        {
            // Whoever asked has gone.
        }
    }

    private string Answer(string path, string form)
    {
        var fields = form.Split('&').Select(field => field.Split('=', 2)).Where(field => field.Length == 2)
            .ToDictionary(field => field[0], field => Uri.UnescapeDataString(field[1]));
        if (path == "/token")
        {
            // As long as Microsoft's: it does not fit a command line.
            var token = $"{fields.GetValueOrDefault("client_id")}.{++_given}.{new string('t', 1_500)}";
            return $$"""{"access_token":"{{token}}","token_type":"Bearer","expires_in":3600}""";
        }

        var asked = fields.GetValueOrDefault("token", "");
        lock (_asked)
            _asked.Add(asked);
        return asked.StartsWith("good.", StringComparison.Ordinal)
            ? $$"""{"active":true,"username":"{{User}}","scope":"mail"}"""
            : """{"active":false}""";
    }
}
