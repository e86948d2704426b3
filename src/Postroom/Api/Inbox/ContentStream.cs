using Postroom.Relay.Spool;

namespace Postroom.Api.Inbox;

/// <summary>The bytes of a mail to be read from the front.</summary>
internal sealed class ContentStream(MailContent content) : Stream
{
    private long _at;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => content.Length;

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    /// <exception cref="DamagedBodyException">What is stored is not what was accepted.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at >= content.Length)
            return 0;
        var read = await content.ReadAsync(_at, buffer, cancellationToken);
        _at += read;
        return read > 0 ? read : throw new DamagedBodyException("the stored mail is shorter than it was");
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() { }
}
