using System.Buffers;
using System.IO.Pipelines;

namespace Postroom.Relay.Wire;

/// <summary>The two pipes of an accepted connection as one stream, for TLS to run over. Async only.</summary>
public sealed class ServerStream(IDuplexPipe pipes) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await pipes.Input.ReadAsync(cancellationToken);
        var octets = read.Buffer;
        var count = (int)Math.Min(octets.Length, buffer.Length);
        octets.Slice(0, count).CopyTo(buffer.Span);
        pipes.Input.AdvanceTo(octets.GetPosition(count));
        return count;
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var written = await pipes.Output.WriteAsync(buffer, cancellationToken);
        if (written.IsCompleted)
            throw new IOException("the client closed the connection");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // Each write is flushed.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
