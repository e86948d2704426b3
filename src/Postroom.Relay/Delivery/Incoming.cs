using Postroom.Mail;
using Postroom.Mail.Smtp;

namespace Postroom.Relay.Delivery;

/// <summary>The replies that a link reads, and whether they were due when they came.</summary>
/// <remarks>
/// What was owed is counted when bytes come, before any of them is looked at: no reply is older than its command.
/// Guarded by the courier's gate, but for <see cref="Read"/>, which is the one reader's.
/// </remarks>
internal sealed class Incoming
{
    public const string HalfEarly = "the beginning of a reply nobody asked for";

    private readonly ReplyReader _replies = new();
    private int _owed;

    /// <summary>What was read is being looked through.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Half a reply came, and none was due.</summary>
    public bool IsHalfEarly => _replies.IsMidway && _owed <= 0;

    public string? Complaint => _replies.Complaint;

    public void Open(Queue<Transfer> sent)
    {
        (IsOpen, _owed) = (true, 0);
        foreach (var transfer in sent)
            _owed += transfer.Written - transfer.Answered;
    }

    public void Close() => IsOpen = false;

    public ReplyProgress Read(ref ReadOnlySpan<byte> bytes, out Reply? reply) => _replies.Read(ref bytes, out reply);

    /// <summary>One reply is taken. True if none was due.</summary>
    public bool TakeEarly() => _owed-- <= 0;
}
