using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Postroom.Cli;

/// <summary>Waits on this machine for a browser to come back from a consent (RFC 8252 §7.3).</summary>
internal sealed class RedirectCatcher : IDisposable
{
    private const int LongestRequest = 16 * 1024;
    private static readonly TimeSpan RequestWithin = TimeSpan.FromSeconds(10);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TcpListener? _listener6;

    public RedirectCatcher()
    {
        _listener.Start();
        var port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        // The name and not the address: Microsoft registers http://localhost for every port, and nothing else. So the
        // other address of that name is ours too, where there is one.
        Address = new Uri($"http://localhost:{port}/");
        var other = new TcpListener(IPAddress.IPv6Loopback, port);
        try
        {
            other.Start();
            _listener6 = other;
        }
        catch (SocketException)
        {
            other.Dispose(); // no IPv6 here, or the port is taken: browsers try both
        }
    }

    /// <summary>Where the provider is to send the browser.</summary>
    public Uri Address { get; }

    /// <summary>The address that the browser came to, with the answer in it.</summary>
    /// <param name="isOurs">Whether an address is the answer to what was asked. Anybody on this machine can
    /// knock.</param>
    public async Task<Uri> CatchAsync(Func<Uri, bool> isOurs, CancellationToken cancel)
    {
        var caught = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stopped = cancel.Register(() => caught.TrySetCanceled(cancel));
        foreach (var listener in new[] { _listener, _listener6 })
            if (listener is not null)
                _ = ListenAsync(listener, isOurs, caught, cancel);
        return await caught.Task;
    }

    public void Dispose()
    {
        _listener.Dispose();
        _listener6?.Dispose();
    }

    // Each visitor by himself: one who says nothing, as browsers do ahead of time, holds nobody up.
    private async Task ListenAsync(
        TcpListener listener, Func<Uri, bool> isOurs, TaskCompletionSource<Uri> caught, CancellationToken cancel)
    {
        try
        {
            while (!caught.Task.IsCompleted)
                _ = ServeAsync(await listener.AcceptTcpClientAsync(cancel), isOurs, caught, cancel);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return; // disposed: it is over; else the address can still be pasted
        }
    }

    private async Task ServeAsync(
        TcpClient client, Func<Uri, bool> isOurs, TaskCompletionSource<Uri> caught, CancellationToken cancel)
    {
        using (client)
            if (await AnswerAsync(client, isOurs, cancel) is { } address)
                caught.TrySetResult(address);
    }

    // Null: it was something else that knocked, such as a browser for its icon.
    private async Task<Uri?> AnswerAsync(TcpClient client, Func<Uri, bool> isOurs, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(RequestWithin);
        try
        {
            await using var stream = client.GetStream();
            var request = await ReadAsync(stream, patience.Token);
            var words = request.Split(' ', 3);
            var address = words is ["GET", ['/', ..] path, _] ? new Uri(Address, path) : null;
            var isAnswer = address is not null && isOurs(address);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(isAnswer
                ? Page("200 OK", "Thank you. Postroom goes on in its terminal; this page can be closed.")
                : Page("404 Not Found", "There is nothing here.")), patience.Token);
            return isAnswer ? address : null;
        }
        catch (Exception e) when (e is IOException or SocketException or UriFormatException or ObjectDisposedException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    private static async Task<string> ReadAsync(NetworkStream stream, CancellationToken cancel)
    {
        var buffer = new byte[LongestRequest];
        var length = 0;
        while (length < buffer.Length && buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancel);
            if (read == 0)
                break;
            length += read;
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    private static string Page(string status, string says) =>
        $"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=us-ascii\r\nCache-Control: no-store\r\n"
        + "Content-Security-Policy: default-src 'none'\r\nReferrer-Policy: no-referrer\r\n"
        + $"Content-Length: {says.Length}\r\nConnection: close\r\n\r\n{says}";
}
