using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Postroom.EndToEnd.Harness;

/// <summary>All the world but this machine: keeps who knocked and what they asked for, and has nothing.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _asked = new();
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public World()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The first line and host of each request; of what is no HTTP, that it came.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    /// <summary>Waits until something was asked for.</summary>
    public async Task WaitAsync(string what, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Shell.Limit);
        while (true)
        {
            var news = Volatile.Read(ref _news).Task;
            if (_asked.Any(one => one.Contains(what, StringComparison.Ordinal)))
                return;
            await news.WaitAsync(limit.Token);
        }
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The world has ended.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var first = await reader.ReadLineAsync();
            var host = first;
            while (first?.Contains(" HTTP/", StringComparison.Ordinal) == true && host is { Length: > 0 }
                && !host.StartsWith("Host:", StringComparison.OrdinalIgnoreCase))
                host = await reader.ReadLineAsync();
            _asked.Enqueue(first?.Contains(" HTTP/", StringComparison.Ordinal) == true ? $"{first} {host}"
                : first is null ? "a connection" : "something else than HTTP");
            Interlocked.Exchange(ref _news,
                new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            await stream.WriteAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8
                .ToArray());
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It hung up: it was counted, if it asked for something.
        }
    }
}
