using System.Buffers;
using System.Globalization;
using System.Text;

namespace Postroom.Api.Export;

/// <summary>Writes mails as an mbox of the kind mboxrd: what is written to it between <see cref="Begin"/> and
/// <see cref="EndAsync"/> is one mail. One of which nothing is written is not there.</summary>
/// <remarks>
/// RFC 4155, appendix A, says how an mbox is cut: by lines that begin with <c>From </c>. Such a line of a mail, with
/// or without <c>&gt;</c> before it, gets one <c>&gt;</c> more, so that whoever takes one away from each has the mail
/// back. All else goes as it is, the CRLF of its lines too; the lines that are ours end in LF, as that appendix has it.
/// Only a mail whose last line has no end gets one.
/// </remarks>
public sealed class MboxStream(Stream into) : Stream
{
    private const string NullPath = "MAILER-DAEMON"; // what stands for it in each mbox there is

    private static readonly byte[] Mark = "From "u8.ToArray();

    // How much of a mark was seen in this line, and is held back; -1 where the line is another.
    private int _seen;
    private byte _last;
    private byte[] _head = [];

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <param name="from">The reverse-path; empty for the null one.</param>
    /// <param name="at">When the mail was accepted.</param>
    public void Begin(string from, DateTimeOffset at)
    {
        // asctime(3), whose day is two columns wide.
        var date = at.UtcDateTime.ToString("ddd MMM ", CultureInfo.InvariantCulture)
            + at.UtcDateTime.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2)
            + at.UtcDateTime.ToString(" HH:mm:ss yyyy", CultureInfo.InvariantCulture);
        _head = Encoding.UTF8.GetBytes($"From {(from.Length > 0 ? from : NullPath)} {date}\n");
        _seen = 0;
    }

    public async Task EndAsync(CancellationToken cancel)
    {
        if (_seen > 0)
            await into.WriteAsync(Mark.AsMemory(0, _seen), cancel);
        await into.WriteAsync(_last == '\n' ? "\n"u8.ToArray() : "\n\n"u8.ToArray(), cancel);
    }

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return;
        if (_head.Length > 0)
            await into.WriteAsync(_head, cancellationToken);
        _head = [];
        var quoted = ArrayPool<byte>.Shared.Rent(Mark.Length + buffer.Length + buffer.Length / Mark.Length + 1);
        try
        {
            var length = Quote(buffer.Span, quoted);
            await into.WriteAsync(quoted.AsMemory(0, length), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(quoted);
        }
    }

    // Signs before a mark go at once: one more of them may as well stand behind the others.
    private int Quote(ReadOnlySpan<byte> octets, Span<byte> quoted)
    {
        var length = 0;
        foreach (var octet in octets)
        {
            if (_seen >= 0 && octet == Mark[_seen])
            {
                if (++_seen < Mark.Length)
                    continue;
                quoted[length++] = (byte)'>';
                length += Release(quoted[length..]);
                continue;
            }

            var isSign = _seen == 0 && octet == '>';
            if (_seen > 0)
                length += Release(quoted[length..]);
            quoted[length++] = octet;
            _seen = octet == '\n' || isSign ? 0 : -1;
        }

        _last = octets[^1];
        return length;
    }

    private int Release(Span<byte> quoted)
    {
        var held = _seen;
        Mark.AsSpan(0, held).CopyTo(quoted);
        _seen = -1;
        return held;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
