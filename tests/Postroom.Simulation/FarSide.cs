using Postroom.Relay.Wire;

namespace Postroom.Simulation;

/// <summary>The door of one life to its next hops.</summary>
internal sealed class FarSide(World world, Life life) : IDialer
{
    private readonly List<HopStream> _all = [];

    public Task<IReadOnlyList<string>> ResolveAsync(string host, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<string>>([host]);

    public async Task<Stream> ConnectAsync(string address, int port, CancellationToken cancel)
    {
        var hop = world.Hops[address];
        await Task.Delay(hop.Latency, life.Time, cancel);
        switch (hop.OnConnect())
        {
            case HopMood.Drops:
                throw new DialException($"{address} refused the connection");
            case HopMood.Stalls:
                await Task.Delay(Timeout.InfiniteTimeSpan, life.Time, cancel);
                break;
        }

        var stream = new HopStream(world, life, hop);
        _all.Add(stream);
        return stream;
    }

    public void Die(bool withPower)
    {
        foreach (var stream in _all)
            stream.Die(withPower);
    }
}

/// <summary>The relay's end of a connection to a next hop.</summary>
internal sealed class HopStream : Stream
{
    private readonly World _world;
    private readonly Life _life;
    private readonly SimulatedWire _toHop;
    private readonly SimulatedWire _toRelay;
    private readonly Queue<byte[]> _arrived = new();
    private int _taken;
    private TaskCompletionSource? _reading;
    private bool _hasEnded;
    private bool _isLost;

    public HopStream(World world, Life life, Hop hop)
    {
        (_world, _life) = (world, life);
        _toRelay = new SimulatedWire(world.Scheduler, world.Outside, hop.Latency)
        {
            OnOctets = octets =>
            {
                _arrived.Enqueue(octets);
                _reading?.TrySetResult();
            },
            OnEnd = isLost =>
            {
                (_hasEnded, _isLost) = (true, isLost);
                _reading?.TrySetResult();
            },
        };
        var session = new HopSession(world, life, hop, _toRelay);
        _toHop = new SimulatedWire(world.Scheduler, world.Outside, hop.Latency)
        {
            OnOctets = session.Arrived,
            OnEnd = _ => session.Ended(),
        };
        session.Greet();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Die(bool withPower)
    {
        if (withPower)
            _toHop.Cut();
        else
            _toHop.Close();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_arrived.Count == 0)
        {
            if (_hasEnded)
                return _isLost ? throw new IOException("connection reset by peer") : 0;
            cancellationToken.ThrowIfCancellationRequested();
            var reading = _reading = new TaskCompletionSource();
            using (cancellationToken.UnsafeRegister(
                       static (done, token) => ((TaskCompletionSource)done!).TrySetCanceled(token), reading))
                await reading.Task;
        }

        var first = _arrived.Peek();
        var count = Math.Min(buffer.Length, first.Length - _taken);
        first.AsMemory(_taken, count).CopyTo(buffer);
        _taken += count;
        if (_taken == first.Length)
        {
            _arrived.Dequeue();
            _taken = 0;
        }

        return count;
    }

    /// <summary>A moment at which the process may die, with any part of it written.</summary>
    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_toHop.HasEnded || (_hasEnded && _isLost))
            throw new IOException("broken pipe");
        cancellationToken.ThrowIfCancellationRequested();
        if (_life.IsFatal())
        {
            _toHop.Send(buffer.Span[.._world.Scheduler.Dice.Next(buffer.Length + 1)]);
            _life.Die();
            throw new IOException("this process is dead");
        }

        _toHop.Send(buffer.Span);
        if (_world.Scheduler.Dice.Next(4) == 0) // the peer takes its time
            await Task.Delay(TimeSpan.FromMilliseconds(_world.Scheduler.Dice.Next(20)), _life.Time, cancellationToken);
    }

    public override void Flush()
    {
        // Each write is on its way.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (!_life.IsOver)
            _toHop.Close();
        base.Dispose(disposing);
    }
}
