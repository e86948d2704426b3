using System.Buffers;
using Postroom.Mail.Message;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Submission;

/// <summary>Lets the header reader see what goes into a body.</summary>
internal sealed class NotedBody(BodyWriter body, HeaderReader header) : IBufferWriter<byte>
{
    private Memory<byte> _given;

    public void Advance(int count)
    {
        if (!header.IsDone)
            header.Read(_given.Span[..count]);
        body.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _given = body.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
