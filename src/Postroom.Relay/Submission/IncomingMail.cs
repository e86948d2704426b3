using Postroom.Mail;
using Postroom.Mail.Message;
using Postroom.Mail.Smtp;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Submission;

/// <summary>The mail that a session is taking in: its body on the way to the spool, its header as noted.</summary>
internal sealed class IncomingMail(ISpool spool) : IDisposable
{
    // RFC 5321 §6.3 asks for 100 or more of a relay in general; an application's mail has passed few or none.
    private const int MostReceived = 50;

    private BodyWriter? _body;
    private HeaderReader _header = new();

    public long Size => _body?.Length ?? 0;

    /// <summary>Opens the body and begins to note the header.</summary>
    /// <exception cref="SpoolFailedException">The store has failed.</exception>
    public NotedBody Begin()
    {
        _body = spool.OpenBody();
        _header = new HeaderReader(); // its predecessor may still be at work for a mail that took too long
        return new NotedBody(_body, _header);
    }

    /// <summary>Between reads: lets the body go to disk.</summary>
    public ValueTask FlushAsync() => _body?.FlushAsync(CancellationToken.None) ?? ValueTask.CompletedTask;

    /// <summary>Nothing came of it.</summary>
    public void Drop()
    {
        _body?.Dispose();
        _body = null;
    }

    /// <summary>Gives the mail to the spool. Only a receipt makes a 250 (promise 1).</summary>
    public async ValueTask<(Reply Reply, Receipt? Receipt)> AcceptAsync(Handover handover, MailData data)
    {
        var (body, header) = (_body!, _header);
        if (header.ReceivedCount > MostReceived)
            return (ServerReplies.Loop, null);
        var facts = header.Facts with { EightBit = data.EightBit, Repaired = data.Repaired };
        var draft = new Draft(handover.Envelope, handover.Origin, facts, body)
        {
            TraceBlock = (id, at) => TraceBlock.Write(handover, id, at, header),
        };
        try
        {
            var (receipt, refusal) = await spool.AcceptAsync(draft, CancellationToken.None);
            return receipt != null ? (Reply.Accepted(receipt), receipt) : (ReplyTo(refusal), null);
        }
        catch (SpoolFailedException)
        {
            return (ServerReplies.StoreFailed, null);
        }
    }

    public void Dispose() => Drop();

    private static Reply ReplyTo(Refusal refusal) => refusal switch
    {
        Refusal.DiskFull or Refusal.QueueFull => ServerReplies.DiskFull,
        _ => ServerReplies.StoreFailed,
    };
}
