using System.Buffers;
using System.Globalization;
using System.Text;
using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Dsn;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Relay.Queue;

/// <summary>
/// The report of one settlement: station 7 of the <see cref="Conductor"/>. One mail for all its recipients.
/// </summary>
/// <remarks>
/// A report is a mail like any other, accepted in the commit that settles what it reports: there is no moment at which
/// one is known and the other lost. What cannot be returned, or written, stays on the mail's timeline.
/// </remarks>
internal sealed class ReportRound(Desk desk, Lease lease, Orders orders, Action<TrailEvent> note)
{
    /// <summary>Where the whole mail does not come back, its header is looked for in so many octets.</summary>
    private const int MostHeader = 32 << 10;

    private readonly DateTimeOffset _now = desk.Now;
    private readonly List<ReportedRecipient> _reported = [];

    /// <summary>
    /// True if the verdict can be of interest to the sender; cheap, for every recipient of every mail.
    /// </summary>
    public static bool MayBeDue(LeasedRecipient recipient, Verdict verdict) => verdict.What switch
    {
        Happening.Accepted => recipient.Recipient.Notify.HasFlag(Notify.Success),
        Happening.Deferred => recipient.Recipient.Notify.HasFlag(Notify.Delay) && !recipient.DelayReported,
        Happening.Refused or Happening.Expired or Happening.Suppressed => true,
        _ => false,
    };

    /// <summary>Notes what is due about a recipient, if anything is.</summary>
    /// <returns>The verdict, which remembers a delayed report.</returns>
    public Verdict Add(LeasedRecipient recipient, Verdict verdict, bool passedOn)
    {
        var (from, to) = (lease.Envelope.From, recipient.Recipient);
        if (FateOf(verdict, passedOn) is not { } fate)
            return verdict;
        if (ReportRules.CannotReturn(from, to, fate))
            Keep(recipient.Index, "a report is due, and the reverse-path is null (RFC 5321 §4.5.5): it is kept here");
        if (ReportRules.Due(from, to, fate) is not { } action)
            return verdict;
        var reported = verdict.Failure is { } failure
            ? ReportedRecipient.Of(to, action, failure, fate == Fate.Expired)
            : new ReportedRecipient(to, action, new EnhancedStatus(2, 0, 0)) { Diagnostic = verdict.Reply };
        _reported.Add(reported with
        {
            LastAttempt = _now,
            WillRetryUntil = action == ReportAction.Delayed ? GivenUpAt() : null,
        });
        return action == ReportAction.Delayed ? verdict with { DelayReported = true } : verdict;
    }

    /// <summary>Of redirected mail nobody outside hears: what is due about it stays on its timeline.</summary>
    public void KeepBack(LeasedRecipient recipient, Verdict verdict)
    {
        var (from, to) = (lease.Envelope.From, recipient.Recipient);
        if (FateOf(verdict, passedOn: false) is { } fate
            && (ReportRules.CannotReturn(from, to, fate) || ReportRules.Due(from, to, fate) is not null))
            Keep(recipient.Index, "a report is due, and is kept here: the mail was redirected");
    }

    /// <exception cref="SpoolFailedException">The disk failed.</exception>
    public async ValueTask<Draft?> WriteAsync()
    {
        if (_reported.Count == 0)
            return null;
        try
        {
            var request = await RequestAsync();
            return await DraftAsync(request, DeliveryReport.Write(request));
        }
        catch (Exception bug) when (bug is not SpoolFailedException)
        {
            // The verdicts are settled all the same: what became of the mail must not hang on a report about it.
            desk.Log.ReportBroke(bug, lease.Id.ToString());
            Keep(null, "a report is due and could not be written: it is kept here");
            return null;
        }
    }

    private Fate? FateOf(Verdict verdict, bool passedOn) => verdict.What switch
    {
        Happening.Accepted => passedOn ? Fate.PassedOn : Fate.Relayed,
        Happening.Refused or Happening.Suppressed => Fate.Failed,
        Happening.Expired => Fate.Expired,
        Happening.Deferred when lease.Age >= orders.Settings.DelayedAfter => Fate.Delayed,
        _ => null,
    };

    private DateTimeOffset GivenUpAt()
    {
        var left = orders.Settings.Retry.GiveUpAfter - lease.Age;
        return _now + (left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private void Keep(int? recipient, string why) =>
        note(new TrailEvent(_now, EventKind.ReportKept, lease.Id, recipient) { Lane = lease.Lane, Text = why });

    private async ValueTask<ReportRequest> RequestAsync()
    {
        // Several reports may be written about one mail, in one millisecond too, by several lanes.
        var once = ((long)(desk.Roll() * (1L << 50))).ToString("x", CultureInfo.InvariantCulture);
        return new ReportRequest(lease.Id, lease.Envelope, lease.AcceptedAt, desk.HostName, _reported)
        {
            MessageId = $"<{lease.Id}.{once}.report@{desk.HostName}>",
            At = _now,
            From = orders.Settings.ReportsFrom,
            Header = lease.Header,
            Original = await OriginalAsync(),
            OriginalLength = lease.Content.Length,
        };
    }

    private async ValueTask<ReadOnlyMemory<byte>> OriginalAsync()
    {
        var content = lease.Content;
        var anyFailed = _reported.Exists(reported => reported.Action == ReportAction.Failed);
        var most = ReportRules.ReturnsWhole(lease.Envelope.Return, anyFailed, content.Length)
            ? content.Length
            : Math.Min(content.Length, MostHeader);
        var original = new byte[most];
        try
        {
            var read = 0;
            while (read < original.Length &&
                   await content.ReadAsync(read, original.AsMemory(read), CancellationToken.None) is > 0 and var count)
                read += count;
            return original.AsMemory(0, read);
        }
        catch (DamagedBodyException)
        {
            return ReadOnlyMemory<byte>.Empty; // the report is still due; it just brings nothing back
        }
    }

    private async ValueTask<Draft> DraftAsync(ReportRequest request, byte[] text)
    {
        var body = desk.Spool.OpenBody();
        body.Write(text);
        await body.FlushAsync(CancellationToken.None);
        var header = text.AsMemory(0, Math.Max(0, text.AsSpan().IndexOf("\r\n\r\n"u8)));
        var envelope = new Envelope(
            ReversePath.Null, [new Recipient(new ForwardPath(lease.Envelope.From.Address), Notify.Never)])
        {
            SmtpUtf8 = DeliveryReport.IsGlobal(lease.Envelope),
            Body = Ascii.IsValid(text) ? BodyKind.SevenBit : BodyKind.EightBitMime,
        };
        var facts = new HeaderFacts
        {
            Subject = DeliveryReport.Subject(request),
            From = DeliveryReport.Sender(request),
            MessageId = request.MessageId,
            EightBit = !Ascii.IsValid(text),
            EightBitHeader = !Ascii.IsValid(header.Span),
        };
        return new Draft(envelope, new Origin("postroom", "report", null, null, "local"), facts, body)
        {
            TraceBlock = static (_, _) => new Front([]), // it begins here: the report's own header is its first field
        };
    }
}
