using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Postroom.EndToEnd.Harness;

/// <summary>A next hop for much mail: it enters what comes into the book, and keeps no octet of it.</summary>
internal sealed class LoadSink(Book book) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<HopConnection, TcpClient> _open = [];
    private readonly List<HopConnection> _ended = [];
    private TcpListener? _listener;
    private TaskCompletionSource? _hold;
    private int _letThrough;
    private int _answered;

    public int Port { get; } = Ports.Free();

    public Book Book => book;

    public bool OffersChunking { get; set; } = true;

    /// <summary>Milliseconds before it answers the end of a mail.</summary>
    public int AnswersAfter { get; set; }

    /// <summary>Ends of mails that it answered.</summary>
    public int Answered => Volatile.Read(ref _answered);

    public void Up()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start(512);
        _ = AcceptAsync(_listener);
    }

    /// <summary>Takes no connections any more. Those it has, it keeps.</summary>
    public void Down()
    {
        _listener?.Stop();
        _listener = null;
    }

    /// <summary>From now on it answers the end of that many mails, and then is silent.</summary>
    public void Hold(int after)
    {
        lock (_gate)
            (_hold, _letThrough) = (new(TaskCreationOptions.RunContinuationsAsynchronously), after);
    }

    public void LetGo() => Released()?.TrySetResult();

    /// <summary>What is held is never answered: who waits for it is gone.</summary>
    public void DropHeld() => Released()?.TrySetException(new IOException("never answered"));

    /// <summary>Waits until all connections of a relay that has ended are read to their ends.</summary>
    /// <param name="crash">Its number.</param>
    /// <param name="perConnection">The route's bound of mails in flight.</param>
    /// <returns>How many mails can have been in flight at the crash.</returns>
    public async Task<int> CrashedAsync(int crash, int perConnection)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            lock (_gate)
                if (_open.Count == 0)
                    break;
            Assert.True(since.Elapsed < Shell.Limit, "connections of a relay that is gone do not end");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
        lock (_gate)
        {
            foreach (var connection in _ended)
                if (!connection.SaidQuit)
                    connection.Crash = crash;
            var inFlight = _ended.Sum(c => c.SaidQuit ? 0 : c.InFlight(perConnection));
            _ended.Clear();
            return inFlight;
        }
    }

    /// <summary>Connections that the relay broke off without being killed: to be asked before a kill.</summary>
    public int BrokenOff
    {
        get
        {
            lock (_gate)
                return _ended.Count(c => !c.SaidQuit);
        }
    }

    public ValueTask DisposeAsync()
    {
        Down();
        LetGo();
        lock (_gate)
            foreach (var client in _open.Values)
                client.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What stands between the end of a mail and its answer.</summary>
    internal async ValueTask BeforeAnswerAsync()
    {
        Task? hold;
        lock (_gate)
            hold = _hold is not null && _letThrough-- <= 0 ? _hold.Task : null;
        if (hold is not null)
            await hold;
        else if (AnswersAfter is > 0 and var wait)
            await Task.Delay(wait);
        Interlocked.Increment(ref _answered);
    }

    private TaskCompletionSource? Released()
    {
        lock (_gate)
        {
            var held = _hold;
            _hold = null;
            return held;
        }
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync();
                var connection = new HopConnection();
                lock (_gate)
                    _open.Add(connection, client);
                _ = ServeAsync(client, connection);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped: the hop is down.
        }
    }

    private async Task ServeAsync(TcpClient client, HopConnection connection)
    {
        try
        {
            client.NoDelay = true;
            await using var stream = client.GetStream();
            await new LoadSinkSession(this, connection, stream).RunAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The relay was killed, or the test is over.
        }
        finally
        {
            lock (_gate)
            {
                connection.EndedAt = Stopwatch.GetTimestamp();
                _open.Remove(connection);
                _ended.Add(connection);
            }
            client.Dispose();
        }
    }
}
