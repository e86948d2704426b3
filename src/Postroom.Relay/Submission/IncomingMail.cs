using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Message;
using Postroom.Mail.Senders;
using Postroom.Mail.Smtp;
using Postroom.Mail.Trouble;
using Postroom.Relay.Spool;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Submission;

/// <summary>The mail that a session is taking in: its body on the way to the spool, and what was seen of it.</summary>
internal sealed class IncomingMail(SubmissionParts parts) : IDisposable
{
    // RFC 5321 §6.3 asks for 100 or more of a relay in general; an application's mail has passed few or none.
    private const int MostReceived = 50;

    private BodyWriter? _body;
    private Sighting? _seen;
    private FingerprintReader? _print; // kept from mail to mail: one that was given up is forgotten at the next

    public long Size => _body?.Length ?? 0;

    /// <summary>Whose the mail was that was given to the spool; null where it was not recognised.</summary>
    public AppFacts? App { get; private set; }

    /// <summary>Why it was not taken, in the words of <see cref="RefusalReasons"/>.</summary>
    public string Reason { get; private set; } = RefusalReasons.StoreFailed;

    /// <summary>What was made to happen to it on purpose; null: nothing.</summary>
    public Made? Made { get; private set; }

    /// <summary>Opens the body and begins to look.</summary>
    /// <exception cref="SpoolFailedException">The store has failed.</exception>
    public NotedBody Begin()
    {
        Made = null;
        _body = parts.Spool.OpenBody();
        _seen?.Dispose();
        _seen = new Sighting(parts.Recogniser); // its predecessor may still be at work for a mail that took too long
        (_print ??= new FingerprintReader()).Reset();
        return new NotedBody(_body, _seen, _print);
    }

    /// <summary>Between reads: lets the body go to disk.</summary>
    public ValueTask FlushAsync() => _body?.FlushAsync(CancellationToken.None) ?? ValueTask.CompletedTask;

    /// <summary>An envelope of a mail whose client declared nothing: as its octets are (RFC 6152, RFC 6531).</summary>
    public Envelope Described(Envelope envelope, MailData data) => envelope with
    {
        Body = data.EightBit ? BodyKind.EightBitMime : BodyKind.SevenBit,
        SmtpUtf8 = _seen!.Header.Facts.EightBitHeader || !Ascii.IsValid(envelope.From.Address)
            || envelope.Recipients.Any(to => !Ascii.IsValid(to.Path.Address)),
    };

    /// <summary>Nothing came of it.</summary>
    public void Drop()
    {
        _body?.Dispose();
        _seen?.Dispose();
        (_body, _seen) = (null, null);
    }

    /// <summary>Gives the mail to the spool. Only a receipt makes a 250 (promise 1).</summary>
    public async ValueTask<(Reply Reply, Receipt? Receipt)> AcceptAsync(Handover handover, MailData data)
    {
        var (body, header) = (_body!, _seen!.Header);
        if (header.ReceivedCount > MostReceived)
        {
            Reason = RefusalReasons.Loop;
            return (ServerReplies.Loop, null);
        }

        var facts = header.Facts with
        {
            EightBit = data.EightBit,
            Repaired = data.Repaired,
            App = _seen.Recognise(handover.Origin, handover.Envelope.From),
            Fingerprint = IsAnyones(handover) ? _print!.Finish() : null,
        };
        _seen.Dispose();
        App = facts.App;
        if (IsAnyones(handover)) // else nobody sends from there now
            parts.Onlooker.Met(handover.Origin, facts);
        if (handover.Origin.Listener != SubmissionServer.Own && Meddled(handover, facts) is { } made)
        {
            Made = made; // a delay comes when the mail is safe
            if (!made.Effect.GoesOn)
            {
                Reason = RefusalReasons.Made;
                return (made.Refusal, null);
            }
        }

        MailId? offered = null;
        var draft = new Draft(handover.Envelope, handover.Origin, facts, body)
        {
            TraceBlock = (id, at) =>
            {
                offered = id;
                if (facts.Fingerprint is not null)
                {
                    parts.Onlooker.Offered(id, handover.Envelope, facts);
                    parts.Onlooker.Counted(id, handover.Origin, handover.Envelope, facts);
                }

                return new Front(
                    TraceBlock.Write(handover, id, at, header),
                    header.HasMessageId ? null : TraceBlock.MessageIdFor(id, handover.HostName));
            },
        };
        var isTaken = false;
        try
        {
            var (receipt, refusal) = await parts.Spool.AcceptAsync(draft, CancellationToken.None);
            (Reason, isTaken) = (ReasonOf(refusal), receipt is not null);
            return receipt != null ? (Reply.Accepted(receipt), receipt) : (ReplyTo(refusal), null);
        }
        catch (SpoolFailedException)
        {
            Reason = RefusalReasons.StoreFailed;
            return (ServerReplies.StoreFailed, null);
        }
        finally
        {
            if (offered is { } id && facts.Fingerprint is not null)
                parts.Onlooker.Answered(id, isTaken);
        }
    }

    private Made? Meddled(Handover handover, HeaderFacts facts) => parts.Onlooker.Meddle?.Invoke(new Occasion(
        Stage.Data, new LastingFacts(handover.Envelope.From, handover.Origin, facts, Size),
        [.. handover.Envelope.Recipients.Select(one => one.Path)], parts.Clock.GetUtcNow()));

    public void Dispose()
    {
        Drop();
        _print?.Dispose();
        _print = null;
    }

    // Our own mail is sent as often as it is meant to be, and so are reports and what a person has sent once more (a
    // replay, a released copy): none of it is a duplicate, or tells where its source is.
    private static bool IsAnyones(Handover handover) => handover.Origin is { Listener: not SubmissionServer.Own,
        Replay: null } && handover.Envelope.From != ReversePath.Null;

    private static string ReasonOf(Refusal refusal) => refusal switch
    {
        Refusal.DiskFull => RefusalReasons.DiskFull,
        Refusal.QueueFull => RefusalReasons.IndexBehind,
        Refusal.TooSlow => RefusalReasons.TooSlow,
        _ => RefusalReasons.StoreFailed,
    };

    private static Reply ReplyTo(Refusal refusal) => refusal switch
    {
        Refusal.DiskFull or Refusal.QueueFull => ServerReplies.DiskFull,
        _ => ServerReplies.StoreFailed,
    };
}
