using Postroom.Mail;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Tests.Relay.Queue;

internal sealed record StoryMail(MailId Id, Envelope Envelope, DateTimeOffset AcceptedAt, byte[] Body)
{
    public List<StoryRecipient> Recipients { get; } = [];
    public string Text => System.Text.Encoding.UTF8.GetString(Body);
    public StoryRecipient Only => Recipients.Single();
    public bool Marked { get; set; }

    /// <summary>Its body need not be read: it travels in one write with its envelope.</summary>
    public bool IsInMemory { get; set; }

    /// <summary>It does not match its checksum any more.</summary>
    public bool IsDamaged { get; set; }
}

internal sealed class StoryRecipient
{
    public State State { get; set; } = State.Waiting;
    public required string Lane { get; set; }
    public int FailedTries { get; set; }
    public bool DelayReported { get; set; }
    public DateTimeOffset Due { get; set; } = DateTimeOffset.MinValue;
    public Verdict? Last { get; set; }
}

internal sealed class StoryLease(StoryMail mail, string lane, TimeSpan age, List<StoryRecipient> leased) : Lease
{
    public StoryMail Mail { get; } = mail;
    public override MailId Id => Mail.Id;
    public override string Lane { get; } = lane;
    public override Envelope Envelope => Mail.Envelope;
    public override Origin Origin { get; } = new("apps", "127.0.0.1", "jira.example.com", null, "ESMTP");
    public override HeaderFacts Header => HeaderFacts.None;
    public override DateTimeOffset AcceptedAt => Mail.AcceptedAt;
    public override TimeSpan Age { get; } = age;
    public override MailContent Content => new StoryContent(Mail);
    public override void MarkAtWire() => Mail.Marked = true;

    public override IReadOnlyList<LeasedRecipient> Recipients { get; } = [.. leased.Select(r =>
    {
        var index = mail.Recipients.IndexOf(r);
        return new LeasedRecipient(index, mail.Envelope.Recipients[index], r.FailedTries, r.DelayReported);
    })];
}

internal sealed class StoryContent(StoryMail mail) : MailContent
{
    public override long Length => mail.Body.Length;
    public override IReadOnlyList<ReadOnlyMemory<byte>> InMemory => mail.IsInMemory ? [mail.Body] : [];

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
    {
        var piece = mail.Body.AsMemory((int)Math.Min(offset, mail.Body.Length));
        if (mail.IsDamaged && piece.Length <= mail.Body.Length / 2)
            throw new DamagedBodyException("the body does not match its checksum");
        var most = piece.Length > 1_000 ? into.Length : 7; // in pieces, as a disk may give it
        var count = Math.Min(Math.Min(piece.Length, into.Length), most);
        piece[..count].CopyTo(into);
        return ValueTask.FromResult(count);
    }
}

internal sealed class StoryBody : BodyWriter
{
    private readonly System.Buffers.ArrayBufferWriter<byte> _bytes = new();

    public byte[] Bytes => _bytes.WrittenSpan.ToArray();
    public override long Length => _bytes.WrittenCount;
    public override void Advance(int count) => _bytes.Advance(count);
    public override Memory<byte> GetMemory(int sizeHint = 0) => _bytes.GetMemory(sizeHint);
    public override ValueTask FlushAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    public override void Dispose()
    {
        // Nothing of it lies anywhere but in memory.
    }
}
