using System.Net;
using System.Net.Sockets;

namespace Postroom.EndToEnd.Harness;

/// <summary>Stands between the relay and its next hop, passes everything on, and keeps what the relay sent.</summary>
internal sealed class Tap : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _nextHop;
    private readonly List<MemoryStream> _sent = [];
    private readonly CancellationTokenSource _over = new();

    public Tap(int nextHop)
    {
        _nextHop = nextHop;
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port { get; } = Ports.Free();

    /// <summary>Every octet that the relay sent, a connection an entry.</summary>
    public IReadOnlyList<byte[]> Sent
    {
        get
        {
            lock (_sent)
                return [.. _sent.Select(one => one.ToArray())];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _over.CancelAsync();
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = PassAsync(await _listener.AcceptTcpClientAsync(_over.Token));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return; // the test is over
        }
    }

    private async Task PassAsync(TcpClient relay)
    {
        var kept = new MemoryStream();
        lock (_sent)
            _sent.Add(kept);
        using var hop = new TcpClient { NoDelay = true };
        using (relay)
        {
            await hop.ConnectAsync(IPAddress.Loopback, _nextHop);
            relay.NoDelay = true;
            await Task.WhenAny(CopyAsync(relay.GetStream(), hop.GetStream(), kept),
                CopyAsync(hop.GetStream(), relay.GetStream(), kept: null));
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, MemoryStream? kept)
    {
        var buffer = new byte[65_536];
        try
        {
            while (await from.ReadAsync(buffer) is var count and > 0)
            {
                lock (_sent)
                    kept?.Write(buffer, 0, count);
                await to.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return; // one of the two is gone: so is the other
        }
    }
}
