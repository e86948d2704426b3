using System.IO.Pipelines;

namespace Postroom.Tests.Relay.Delivery;

/// <summary>Two ends of a wire in memory.</summary>
internal sealed class Duplex(PipeReader reader, PipeWriter writer) : Stream
{
    private readonly Stream _in = reader.AsStream();
    private readonly Lock _gate = new();
    private Duplex? _other;
    private long _written;
    private long _read;
    private bool _isReading;
    private bool _isOver;

    public static (Duplex Ours, Duplex Theirs) Pair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        var (ours, theirs) = (new Duplex(back.Reader, there.Writer), new Duplex(there.Reader, back.Writer));
        (ours._other, theirs._other) = (theirs, ours);
        return (ours, theirs);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get; set; }

    /// <summary>It is closed, or all that was written to it is read and dealt with: more is being waited for.</summary>
    public bool IsQuiet
    {
        get
        {
            var written = _other!.Written;
            lock (_gate)
                return _isOver || (_isReading && _read == written);
        }
    }

    /// <summary>More was written to it than was read.</summary>
    public bool HasMore
    {
        get
        {
            var written = _other!.Written;
            lock (_gate)
                return _read < written;
        }
    }

    private long Written => Interlocked.Read(ref _written);

    /// <summary>Ends as a reset does, and not as a close.</summary>
    public void Reset() => writer.Complete(new IOException("Connection reset by peer"));

    public override void Flush() => throw new NotSupportedException();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
            _isReading = true;
        var read = 0;
        try
        {
            return read = await _in.ReadAsync(buffer, cancellationToken);
        }
        finally
        {
            lock (_gate)
                (_isReading, _read, _isOver) = (false, _read + read, _isOver || (read == 0 && buffer.Length > 0));
        }
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Interlocked.Add(ref _written, buffer.Length);
        try
        {
            if ((await writer.WriteAsync(buffer, cancellationToken)).IsCompleted)
                throw new IOException("Broken pipe");
        }
        catch (InvalidOperationException)
        {
            throw new IOException("the wire is closed");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            lock (_gate)
                _isOver = true;
            writer.Complete(); // first: what the other side reads is the end, before a write of its own fails
            reader.Complete();
        }

        base.Dispose(disposing);
    }
}
