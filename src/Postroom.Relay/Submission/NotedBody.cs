using System.Buffers;
using Postroom.Mail.Senders;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Submission;

/// <summary>Lets a sighting see what goes into a body.</summary>
internal sealed class NotedBody(BodyWriter body, Sighting seen) : IBufferWriter<byte>
{
    private Memory<byte> _given;

    public void Advance(int count)
    {
        if (!seen.IsDone)
            seen.Read(_given.Span[..count]);
        body.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _given = body.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
