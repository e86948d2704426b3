using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Postroom.Api;

/// <summary>Serves <c>/api/v1</c> on a UNIX socket in the data folder, for this user and root alone (0600).</summary>
/// <remarks>A bare Kestrel: no web host, no configuration, no middleware, because the relay starts in half a second.</remarks>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly KestrelServer _server;
    private readonly ApiRequests _requests;
    private readonly string _path;

    /// <param name="path">Where the socket will be. A stale one is removed.</param>
    public ApiServer(string path, ApiDoors doors, ILoggerFactory logs)
    {
        _path = path;
        _requests = new ApiRequests(doors, logs.CreateLogger("postroom.api"));
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.ListenUnixSocket(path, listen => listen.Protocols = HttpProtocols.Http1);
        options.Limits.MaxRequestBodySize = 1 << 20;
        options.Limits.MaxConcurrentConnections = 100;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions { IOQueueCount = 1 }), logs);
        _server = new KestrelServer(Options.Create(options), transport, logs);
    }

    /// <exception cref="IOException">The socket cannot be made there.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        // The data folder's lock is ours: whoever left this socket is gone.
        File.Delete(_path);
        await _server.StartAsync<HttpContext>(_requests, cancel);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        await _server.StopAsync(cancel);
        File.Delete(_path);
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        return ValueTask.CompletedTask;
    }
}
