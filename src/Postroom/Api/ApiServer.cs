using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Postroom.Api.Access;
using Postroom.Configuration;

namespace Postroom.Api;

/// <summary>Serves <c>/api/v1</c>: on a UNIX socket in the data folder, for this user and root alone (0600), and at the
/// address of the configuration, for whoever shows a token.</summary>
/// <remarks>Bare Kestrels: no web host, no configuration, no middleware, because the relay starts in half a
/// second. Two of them, because the relay goes on without the second where its address is taken.</remarks>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly ApiParts _parts;
    private readonly ApiRequests _requests;
    private readonly ILogger _log;
    private readonly KestrelServer _local;
    private KestrelServer? _remote;
    private TlsEnd? _tls;

    /// <param name="parts">What it is made of.</param>
    public ApiServer(ApiParts parts, ApiDoors doors, ILoggerFactory logs)
    {
        _parts = parts;
        _log = logs.CreateLogger("postroom.api");
        _requests = new ApiRequests(doors, new Gate(parts.Settings, parts.HostName, doors.Tokens, doors.Time, _log),
            _log);
        _local = Make(logs, options =>
            options.ListenUnixSocket(SocketPath, listen => listen.Protocols = HttpProtocols.Http1));
        if (parts.Settings.Address is { } address)
            _remote = Make(logs, options => options.Listen(address, listen => Secure(listen, doors)));
    }

    /// <summary>Where the API is served by TCP; null where it is not.</summary>
    public IPEndPoint? Address => _remote is null ? null : _parts.Settings.Address;

    /// <exception cref="IOException">The socket cannot be made, or the address that was written cannot be
    /// had.</exception>
    public async Task StartAsync(CancellationToken cancel)
    {
        // The command line's comes last: when it answers, all is served.
        if (_remote is { } remote)
            await StartAsync(remote, cancel);
        // The data folder's lock is ours: whoever left this socket is gone.
        File.Delete(SocketPath);
        await _local.StartAsync<HttpContext>(_requests, cancel);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(SocketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>The certificate is read again.</summary>
    /// <exception cref="IOException">It cannot be used; nothing has changed.</exception>
    public void Renew()
    {
        try
        {
            _tls?.Renew();
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            throw new IOException("[api] certificate cannot be used: " + e.Message, e);
        }
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        if (_remote is not null)
            await _remote.StopAsync(cancel);
        await _local.StopAsync(cancel);
        File.Delete(SocketPath);
    }

    public ValueTask DisposeAsync()
    {
        _remote?.Dispose();
        _local.Dispose();
        return ValueTask.CompletedTask;
    }

    private string SocketPath => Folders.ApiSocket(_parts.DataFolder);

    // An address that nobody asked for is not worth a relay that does not start.
    private async Task StartAsync(KestrelServer remote, CancellationToken cancel)
    {
        var address = _parts.Settings.Address!.ToString();
        try
        {
            await remote.StartAsync<HttpContext>(_requests, cancel);
            ApiLog.Serving(_log, address);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            if (_parts.Settings.IsWritten)
                throw new IOException($"[api] address {address} cannot be opened: {e.Message}", e);
            remote.Dispose();
            _remote = null;
            ApiLog.NotServing(_log, address, e.Message);
        }
    }

    private void Secure(ListenOptions listen, ApiDoors doors)
    {
        listen.Protocols = HttpProtocols.Http1;
        if (!_parts.Settings.Tls)
            return;
        try
        {
            _tls = new TlsEnd(_parts.Settings, _parts.DataFolder, _parts.HostName, doors.Time, _log);
        }
        catch (System.Security.Cryptography.CryptographicException e)
        {
            throw new IOException("[api] certificate cannot be used: " + e.Message, e);
        }

        listen.Use(_tls.Around);
    }

    private static KestrelServer Make(ILoggerFactory logs, Action<KestrelServerOptions> listen)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = 1 << 20;
        options.Limits.MaxConcurrentConnections = 100;
        options.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        listen(options);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions { IOQueueCount = 1 }),
            logs);
        return new KestrelServer(Options.Create(options), transport, logs);
    }
}

/// <summary>What an API is made of, besides its doors.</summary>
public sealed record ApiParts(ApiSettings Settings, string DataFolder, string HostName);
