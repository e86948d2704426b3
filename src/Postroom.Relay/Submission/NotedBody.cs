using System.Buffers;
using Postroom.Mail.Message;
using Postroom.Mail.Senders;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Submission;

/// <summary>Lets a sighting and a fingerprint see what goes into a body.</summary>
internal sealed class NotedBody(BodyWriter body, Sighting seen, FingerprintReader print) : IBufferWriter<byte>
{
    private Memory<byte> _given;

    public void Advance(int count)
    {
        var octets = _given.Span[..count];
        if (!seen.IsDone)
            seen.Read(octets);
        print.Read(octets);
        body.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _given = body.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
