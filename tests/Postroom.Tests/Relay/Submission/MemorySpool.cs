using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Tests.Relay.Submission;

/// <summary>A mail as the spool got it.</summary>
public sealed record Stored(MailId Id, Draft Draft, string Trace, string Body);

/// <summary>As much of a spool as Submission sees: it remembers, and refuses where it is told to.</summary>
public sealed class MemorySpool(TimeProvider clock) : ISpool
{
    private long _last;

    public ConcurrentQueue<Stored> Mails { get; } = new();

    public Refusal Refusal { get; set; }

    public bool HasRoom { get; set; } = true;

    public bool IsBroken { get; set; }

    /// <summary>Every body opened; all are disposed of once their session is over.</summary>
    public ConcurrentQueue<Body> Bodies { get; } = new();

    public Task Failed => Task.Delay(Timeout.Infinite);

    public ISpoolIndex Index => throw new NotSupportedException();

    public IReadOnlyList<LaneCount> Lanes => [];

    public BodyWriter OpenBody()
    {
        if (IsBroken)
            throw new SpoolFailedException("the disk is gone");
        var body = new Body();
        Bodies.Enqueue(body);
        return body;
    }

    public ValueTask<Acceptance> AcceptAsync(Draft draft, CancellationToken cancel)
    {
        if (IsBroken)
            throw new SpoolFailedException("the disk is gone");
        if (Refusal != Refusal.None)
            return new(new Acceptance(null, Refusal));
        var now = clock.GetUtcNow();
        var id = MailId.After(new MailId(Interlocked.Increment(ref _last)), now);
        var trace = Encoding.UTF8.GetString(draft.TraceBlock(id, now).Fields);
        Mails.Enqueue(new Stored(id, draft, trace, Encoding.Latin1.GetString(((Body)draft.Body).Octets)));
        return new(new Acceptance(new Receipt(id, now), Refusal.None));
    }

    public ValueTask<IReadOnlyList<Lease>> LeaseAsync(string lane, int most, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask SettleAsync(Settlement settlement) => throw new NotSupportedException();

    public ValueTask PauseAsync(string lane, Failure why) => throw new NotSupportedException();

    public ValueTask ResumeAsync(string lane) => throw new NotSupportedException();

    public ValueTask<int> DirectAsync(Directive directive, CancellationToken cancel) =>
        throw new NotSupportedException();

    public void Note(TrailEvent happened) => throw new NotSupportedException();

    public ValueTask NoteAsync(TrailEvent happened) => throw new NotSupportedException();

    public ValueTask LanesChangedAsync(CancellationToken cancel) => throw new NotSupportedException();

    public ValueTask RouteByAsync(LaneOf laneOf, CancellationToken cancel) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public sealed class Body : BodyWriter
    {
        private readonly ArrayBufferWriter<byte> _octets = new();

        public byte[] Octets => _octets.WrittenSpan.ToArray();

        public bool IsDisposed { get; private set; }

        public override long Length => _octets.WrittenCount;

        public override void Advance(int count) => _octets.Advance(count);

        public override Memory<byte> GetMemory(int sizeHint = 0) => _octets.GetMemory(sizeHint);

        public override ValueTask FlushAsync(CancellationToken cancel) => ValueTask.CompletedTask;

        public override void Dispose() => IsDisposed = true;
    }
}
