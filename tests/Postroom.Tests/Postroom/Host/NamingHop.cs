using System.Net;
using System.Net.Sockets;

namespace Postroom.Tests.Program.Host;

/// <summary>A next hop that refuses everybody, and says whom.</summary>
internal sealed class NamingHop : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    public NamingHop()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What is answered to MAIL instead of a yes; the address stands for <c>{0}</c>.</summary>
    public string? ToSender { get; set; }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
                _ = TalkAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            _listener.Stop();
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using (client)
        {
            var wire = client.GetStream();
            using var reader = new StreamReader(wire);
            await using var writer = new StreamWriter(wire) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("220 hop.example ESMTP");
            while (await reader.ReadLineAsync() is { } said)
                await writer.WriteLineAsync(Answer(said));
        }
    }

    private string Answer(string said)
    {
        var path = said[(said.IndexOf('<', StringComparison.Ordinal) + 1)..].Split('>')[0];
        return said[..4] switch
        {
            "EHLO" => "250 hop.example",
            "MAIL" when ToSender is { } no => string.Format(null, no, path),
            "RCPT" => $"550 5.1.1 <{path}>: there is no '{path}' here; {path}. Ask postmaster@hop.example",
            "DATA" => "554 5.5.1 nobody is left",
            "QUIT" => "221 bye",
            _ => "250 2.1.0 ok",
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _serving;
        _end.Dispose();
    }
}
