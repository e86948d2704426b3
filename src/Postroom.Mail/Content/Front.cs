namespace Postroom.Mail.Content;

/// <summary>The first octets of a stream, as one that ends there.</summary>
internal sealed class Front(Stream whole, long octets) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => octets;

    public override long Position
    {
        get => whole.Position;
        set => whole.Position = value;
    }

    public override int Read(Span<byte> buffer) =>
        whole.Read(buffer[..(int)Math.Clamp(octets - whole.Position, 0, buffer.Length)]);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) =>
        whole.Seek(origin == SeekOrigin.End ? octets + offset : offset,
            origin == SeekOrigin.End ? SeekOrigin.Begin : origin);

    public override void Flush() => whole.Flush();

    public override void SetLength(long value) => throw new NotSupportedException("it is only read");

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("it is only read");
}
