using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Postroom.Mail.Smtp;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Submission;

/// <summary>One bound address and its connections, on Kestrel's socket transport.</summary>
/// <remarks>
/// The transport is used without the server around it: that one brings a thread that wakes each second for the
/// time-outs
/// of HTTP, and a relay at rest should rest.
/// </remarks>
internal sealed class Listener
{
    /// <summary>How the sockets of this machine are used.</summary>
    public static readonly SocketTransportOptions Sockets = new()
    {
        Backlog = 4096, // a burst of an application with many threads: a full one costs each a second of SYN retry
        NoDelay = true,
        IOQueueCount = 0, // the thread pool itself, no queue of its own before it
        MaxReadBufferSize = 128 << 10, // two pieces of a body; the usual megabyte times some hundreds fills a heap
        UnsafePreferInlineScheduling = true, // a mail's session goes on where its octets arrived: no hop in between
    };

    private volatile ListenerParts _parts;
    private readonly IConnectionListener _socket;
    private readonly IPNetwork[] _allow;
    private readonly ConnectionCount _count = new();
    private readonly HashSet<SubmissionConnection> _open = [];
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task _accepting = Task.CompletedTask;
    private bool _isStopping;

    private Listener(ListenerParts parts, IConnectionListener socket)
    {
        (_parts, _socket) = (parts, socket);
        _allow = [.. parts.Settings.Allow.Select(SubmissionRules.ParseNetwork).OfType<IPNetwork>()];
    }

    public ListenerSettings Settings => _parts.Settings;

    /// <summary>As bound: with its port where any was asked for.</summary>
    public EndPoint EndPoint => _socket.EndPoint;

    /// <exception cref="ListenerRefusedException">It may not start, or the address cannot be had; says why.</exception>
    public static async Task<Listener> StartAsync(ListenerParts parts, CancellationToken cancel)
    {
        var (settings, all) = (parts.Settings, parts.All);
        try
        {
            var isFile = SubmissionRules.TrySocketPath(settings.Address, out var path);
            if (isFile)
                SocketFile.RemoveStale(path);
            EndPoint at = isFile ? new UnixDomainSocketEndPoint(path) : IPEndPoint.Parse(settings.Address);
            var socket = await all.Transport.BindAsync(at, cancel);
            if (isFile)
                SocketFile.Protect(path, settings.SocketMode, settings.SocketOwner);
            var listener = new Listener(parts, socket);
            all.Meters.Begins(settings.Name);
            listener._accepting = listener.AcceptAsync();
            SubmissionLog.Listening(all.Log, settings.Name, socket.EndPoint.ToString() ?? settings.Address);
            return listener;
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            throw new ListenerRefusedException(settings.Name, $"{settings.Address} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>What is read from files is as it is now for connections from now on; those there are go on.</summary>
    /// <param name="fresh">Of the same settings.</param>
    public void GoOnWith(ListenerParts fresh) => _parts = fresh;

    /// <summary>Takes no more connections; those there are go on.</summary>
    public async Task UnbindAsync()
    {
        await _socket.UnbindAsync();
        await _accepting;
        if (SubmissionRules.TrySocketPath(Settings.Address, out var path))
            File.Delete(path);
        SubmissionLog.Unbound(_parts.All.Log, Settings.Name);
    }

    /// <summary>Lets each connection finish its mail, and cuts off what is left when cancelled.</summary>
    public async Task DrainAsync(CancellationToken cancel)
    {
        SubmissionConnection[] open;
        lock (_lock)
        {
            _isStopping = true;
            open = [.. _open];
            if (_open.Count == 0)
                _drained.TrySetResult();
        }

        foreach (var connection in open)
            connection.Stop();
        await using (cancel.Register(CutOff))
            await _drained.Task;
        await _socket.DisposeAsync();
    }

    private void CutOff()
    {
        lock (_lock)
        {
            foreach (var connection in _open)
                connection.Abort();
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                if (await _socket.AcceptAsync() is not { } connection)
                    return;
                _ = ServeAsync(connection);
            }
            catch (Exception e) when (e is IOException or SocketException or OutOfMemoryException)
            {
                SubmissionLog.NotTaken(_parts.All.Log, Settings.Name, e);
            }
        }
    }

    private async Task ServeAsync(ConnectionContext context)
    {
        var (client, peer) = PeerOf(context);
        var source = client == "unix" ? null : client;
        var limit = _count.TryAdd(source, Settings.Limits, _parts.All.MostConnections);
        try
        {
            if (limit > 0)
            {
                _parts.All.Meters.TurnedAway(Settings.Name);
                SubmissionLog.TooManyConnections(_parts.All.Log, Settings.Name, client, limit);
                await context.Transport.Output.WriteAsync(ServerReplies.TooManyConnections.ToArray());
                return;
            }

            _parts.All.Meters.Opened(Settings.Name);
            using var connection = new SubmissionConnection(context, _parts, client, peer);
            if (!Enter(connection))
                connection.Stop();
            try
            {
                await connection.RunAsync();
            }
            finally
            {
                _parts.All.Meters.Closed(Settings.Name);
                Leave(connection); // whatever happened: a stop waits for the last one to leave
            }
        }
        finally
        {
            if (limit == 0)
                _count.Remove(source);
            await context.DisposeAsync();
        }
    }

    private bool Enter(SubmissionConnection connection)
    {
        lock (_lock)
        {
            _open.Add(connection);
            return !_isStopping;
        }
    }

    private void Leave(SubmissionConnection connection)
    {
        lock (_lock)
        {
            _open.Remove(connection);
            if (_isStopping && _open.Count == 0)
                _drained.TrySetResult();
        }
    }

    private (string Client, PeerFacts Peer) PeerOf(ConnectionContext context)
    {
        var isSecure = Settings.Tls == ListenerTls.Implicit;
        if (context.RemoteEndPoint is not IPEndPoint remote)
            return ("unix", new PeerFacts(IsLocal: true, isSecure, MayRelay: true)); // the file's mode says who may
        var address = remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address;
        var isLocal = IPAddress.IsLoopback(address) || address.Equals((context.LocalEndPoint as IPEndPoint)?.Address);
        var mayRelay = _allow.Length == 0
            ? IPAddress.IsLoopback(address)
            : Array.Exists(_allow, n => n.Contains(address));
        return (address.ToString(), new PeerFacts(isLocal, isSecure, mayRelay));
    }
}
