namespace Postroom.Relay.Delivery.Graph;

/// <summary>A mail's octets as a stream that can be sought in, so that its parts stay where they are.</summary>
internal sealed class ContentStream(Content content) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => content.Length;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var length = content.InMemory.Count > 0
            ? FromMemory(buffer.Span)
            : await content.ReadAsync(Position, buffer, cancellationToken);
        Position += length;
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <remarks>Only what is in memory can be read without waiting.</remarks>
    public override int Read(byte[] buffer, int offset, int count)
    {
        if (content.InMemory.Count == 0)
            throw new NotSupportedException("a mail on the disk is read asynchronously");
        var length = FromMemory(buffer.AsSpan(offset, count));
        Position += length;
        return length;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        SeekOrigin.End => Length + offset,
    };

    public override void Flush() => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int FromMemory(Span<byte> into)
    {
        var from = Position;
        foreach (var piece in content.InMemory)
        {
            if (from < piece.Length)
            {
                var length = Math.Min(into.Length, piece.Length - (int)from);
                piece.Span.Slice((int)from, length).CopyTo(into);
                return length;
            }

            from -= piece.Length;
        }

        return 0;
    }
}
