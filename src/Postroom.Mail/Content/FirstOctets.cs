namespace Postroom.Mail.Content;

/// <summary>Keeps the first octets that are written to it, and counts them all: what is decoded into it may be of any
/// size.</summary>
internal sealed class FirstOctets(int most) : Stream
{
    private readonly MemoryStream _kept = new();

    /// <summary>How many were written.</summary>
    public long Seen { get; private set; }

    public bool IsCut => Seen > most;

    public ReadOnlySpan<byte> Kept => _kept.GetBuffer().AsSpan(0, (int)_kept.Length);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Seen;

    public override long Position
    {
        get => Seen;
        set => throw new NotSupportedException("it is only written to");
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Seen += buffer.Length;
        _kept.Write(buffer[..(int)Math.Min(buffer.Length, most - _kept.Length)]);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => _kept.Flush();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("it is only written to");

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("it is only written to");

    public override void SetLength(long value) => throw new NotSupportedException("it is only written to");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _kept.Dispose();
        base.Dispose(disposing);
    }
}
