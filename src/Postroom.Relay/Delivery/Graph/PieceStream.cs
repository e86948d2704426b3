namespace Postroom.Relay.Delivery.Graph;

/// <summary>Cuts what is written into it into pieces of one length; the last may be shorter.</summary>
/// <param name="taken">Gets each piece and where it begins. Null: only counts.</param>
internal sealed class PieceStream(int length, Func<ReadOnlyMemory<byte>, long, Task>? taken) : Stream
{
    private readonly byte[] _piece = taken is null ? [] : new byte[length];
    private int _used;

    /// <summary>Octets written so far.</summary>
    public long Total { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Total;

    public override long Position { get => Total; set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (taken is null)
        {
            Total += buffer.Length;
            return;
        }

        while (!buffer.IsEmpty)
        {
            var part = Math.Min(buffer.Length, _piece.Length - _used);
            buffer[..part].CopyTo(_piece.AsMemory(_used));
            (_used, Total, buffer) = (_used + part, Total + part, buffer[part..]);
            if (_used == _piece.Length)
                await EndAsync();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Gives the last piece.</summary>
    public async Task EndAsync()
    {
        if (_used == 0)
            return;
        var piece = _piece.AsMemory(0, _used);
        _used = 0;
        await taken!(piece, Total - piece.Length);
    }

    // What filters hold back when they are flushed is a few octets: they are counted, or wait for the next piece.
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (taken is not null && _used + count >= _piece.Length)
            throw new NotSupportedException("a whole piece is written asynchronously");
        if (taken is not null)
            buffer.AsSpan(offset, count).CopyTo(_piece.AsSpan(_used));
        (_used, Total) = (_used + (taken is null ? 0 : count), Total + count);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
