using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Postroom.Simulation;

/// <summary>Where applications connect to one life of the relay.</summary>
internal sealed class NearSide(World world, Life life) : IConnectionListenerFactory
{
    private readonly List<NearConnection> _all = [];
    private readonly Dictionary<int, NearListener> _bound = [];

    /// <summary>An application connects; null if nobody listens.</summary>
    public NearConnection? Connect(ClientConnection client, int port)
    {
        if (!_bound.TryGetValue(port, out var listener) || !listener.IsBound || life.IsOver)
            return null;
        var connection = new NearConnection(world, life, client);
        _all.Add(connection);
        listener.Offer(connection);
        return connection;
    }

    /// <summary>The process is gone. With the power also what its kernel had still to send.</summary>
    public void Die(bool withPower)
    {
        foreach (var connection in _all)
            connection.Die(withPower);
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(_bound[((IPEndPoint)endpoint).Port] = new NearListener(endpoint));
}

/// <summary>One address that it listens at.</summary>
internal sealed class NearListener(EndPoint endpoint) : IConnectionListener
{
    private readonly Queue<NearConnection> _waiting = new();
    private TaskCompletionSource<ConnectionContext?>? _accepting;

    public EndPoint EndPoint => endpoint;

    public bool IsBound { get; private set; } = true;

    public void Offer(NearConnection connection)
    {
        if (_accepting is { } accepting)
        {
            _accepting = null;
            accepting.SetResult(connection);
        }
        else
            _waiting.Enqueue(connection);
    }

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        if (_waiting.TryDequeue(out var connection))
            return new(connection);
        if (!IsBound)
            return new((ConnectionContext?)null);
        return new((_accepting = new TaskCompletionSource<ConnectionContext?>()).Task);
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        IsBound = false;
        _accepting?.TrySetResult(null);
        return default;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}

/// <summary>The relay's end of an application's connection.</summary>
internal sealed class NearConnection : ConnectionContext, IDuplexPipe
{
    private readonly Pipe _in = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0));
    private readonly SimulatedWire _out;

    public NearConnection(World world, Life life, ClientConnection client)
    {
        _out = new SimulatedWire(world.Scheduler, world.Outside, client.Latency)
        {
            OnOctets = client.Arrived,
            OnEnd = client.Ended,
        };
        Transport = this;
        Output = new WireWriter(life, _out);
        ToRelay = new SimulatedWire(world.Scheduler, world.Outside, client.Latency)
        {
            OnOctets = octets =>
            {
                _in.Writer.Write(octets);
                _ = _in.Writer.FlushAsync().AsTask();
            },
            OnEnd = isLost => _in.Writer.Complete(isLost ? new ConnectionResetException("reset by peer") : null),
        };
        ConnectionId = world.NextName("c");
        RemoteEndPoint = new IPEndPoint(IPAddress.Loopback, 40_000 + (int)(world.Scheduler.Steps % 20_000));
        LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 25);
    }

    public SimulatedWire ToRelay { get; }

    public PipeReader Input => _in.Reader;

    public PipeWriter Output { get; }

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    public void Die(bool withPower)
    {
        if (withPower)
            _out.Cut();
        else
            _out.Close();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _out.Close();
        _in.Reader.CancelPendingRead();
    }

    public override ValueTask DisposeAsync()
    {
        _out.Close();
        return base.DisposeAsync();
    }

    /// <summary>What the relay writes to an application; each flush is a moment at which it may die.</summary>
    private sealed class WireWriter(Life life, SimulatedWire wire) : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _buffer = new();

        public override void Advance(int bytes) => _buffer.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _buffer.GetSpan(sizeHint);

        public override void CancelPendingFlush()
        {
            // None is ever pending.
        }

        public override void Complete(Exception? exception = null) => wire.Close();

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            life.Live();
            wire.Send(_buffer.WrittenSpan);
            _buffer.Clear();
            return new(new FlushResult(isCanceled: false, isCompleted: wire.HasEnded));
        }
    }
}
