using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>
/// Works out in memory where a run of records leads, so that each row is written once, in its last state: a mail that
/// was accepted, leased and delivered within one batch costs one row and not five.
/// </summary>
/// <param name="load">Reads a mail that is not of this batch; null if the ledger has none of that id.</param>
/// <param name="isForgotten">Whether there was such a mail, of those there are not.</param>
internal sealed class Batch(Func<MailId, MailWork?> load, Func<Position, MailId, bool> isForgotten, LaneOf laneOf)
{
    private readonly Dictionary<MailId, MailWork?> _mails = [];

    public IEnumerable<MailWork> Mails => _mails.Values.OfType<MailWork>();

    /// <summary>Mails whose acceptance is forgotten.</summary>
    public HashSet<MailId> Forgotten { get; } = [];

    /// <summary>Events of the relay itself, in order.</summary>
    public List<TrailEvent> OfRelay { get; } = [];

    /// <summary>Everything that happened, in the order of the journal; null where nobody watches.</summary>
    public List<TrailEvent>? Told { get; init; }

    /// <summary>What the journal says and the life of a recipient does not allow: noted, and passed over.</summary>
    public List<(Position At, string What)> Anomalies { get; } = [];

    /// <summary>The newest instant that any record told.</summary>
    public DateTimeOffset? Newest { get; private set; }

    /// <summary>The highest id that was accepted.</summary>
    public MailId NewestMail { get; private set; }

    public void Add(Position at, JournalRecord record)
    {
        switch (record)
        {
            case AcceptedRecord accepted: Accept(at, accepted); break;
            case LeasedRecord leased: Lease(at, leased); break;
            case SettledRecord settled: Settle(at, settled); break;
            case DirectedRecord directed: Direct(at, directed); break;
            case RevokedRecord revoked: Revoke(at, revoked); break;
            case LeasesLostRecord lost: Lose(at, lost); break;
            case NotedRecord noted: Note(at, noted.Event); break;
            case GoneRecord gone: Forget(gone); break;
            default: Anomalies.Add((at, $"a record of an unknown kind, {record.GetType().Name}")); break;
        }
    }

    private void Accept(Position at, AcceptedRecord accepted)
    {
        Seen(accepted.At);
        if (Find(accepted.Id) is not null)
        {
            Anomalies.Add((at, $"{accepted.Id} was accepted twice"));
            return;
        }

        var envelope = accepted.Envelope;
        var recipients = new RecipientWork[envelope.Recipients.Count];
        for (var n = 0; n < recipients.Length; n++)
        {
            var to = envelope.Recipients[n].Path;
            recipients[n] = new RecipientWork(n, to)
            {
                Lane = laneOf(envelope.From, to, accepted.Origin.Replay?.Route), Due = accepted.At,
            };
        }

        var mail = new MailWork(accepted.Id, envelope.From, accepted.At)
        {
            New = accepted, Route = accepted.Origin.Replay?.Route, Recipients = recipients,
        };
        _mails[accepted.Id] = mail;
        NewestMail = accepted.Id > NewestMail ? accepted.Id : NewestMail;
        Tell(mail, at, new TrailEvent(accepted.At, EventKind.Accepted, accepted.Id, null)
        {
            Who = accepted.Origin.User,
            Text = accepted.ReportOf is { } about ? $"a report about {about}" : accepted.Header.Repaired,
        });
        if (accepted.ReportOf is { } reported && Find(at, reported) is { } original)
            Tell(original, at, new TrailEvent(accepted.At, EventKind.Reported, reported, null)
            {
                Text = $"{accepted.Id} to {accepted.Envelope.Recipients[0].Path}",
            });
    }

    private void Forget(GoneRecord gone)
    {
        if (gone.Mail is not { } id)
            return;
        Forgotten.Add(id);
        NewestMail = id > NewestMail ? id : NewestMail;
    }

    private void Lease(Position at, LeasedRecord leased)
    {
        Seen(leased.At);
        foreach (var parcel in leased.Parcels)
        {
            if (Find(at, parcel.Id) is not { } mail)
                continue;
            foreach (var n in parcel.Recipients)
                if (Step(mail, n, Happening.Leased, leased.At, at) is { } recipient)
                    recipient.Lane = parcel.Lane;
            var all = parcel.Recipients.Count == mail.Recipients.Length;
            foreach (var n in all ? [-1] : parcel.Recipients)
            {
                int? one = n < 0 ? null : n;
                Tell(mail, at, new TrailEvent(leased.At, EventKind.Trying, mail.Id, one) { Lane = parcel.Lane });
            }
        }
    }

    // Of those named and no others: a mail may be in one lane with several leases at once, each with an end of its own.
    private void Settle(Position at, SettledRecord settled)
    {
        Seen(settled.At);
        if (Find(at, settled.Id) is not { } mail)
            return;
        foreach (var happened in settled.Events.Where(e => e.At < settled.At))
            Tell(mail, at, happened); // on the way, before it was known what comes of it
        var attempt = settled.Attempt;
        foreach (var verdict in settled.Verdicts)
        {
            if (Recipient(mail, verdict.Index, at) is not { } recipient)
                continue;
            if (!LifeStepper.TrySettle(mail, recipient, verdict, settled.At, laneOf))
            {
                Impossible(at, mail, recipient, verdict.What);
                LifeStepper.TryStep(mail, recipient, Happening.Returned, settled.At, laneOf);
            }

            if (recipient.State == State.Captured)
                recipient.Came = at;
            Tell(mail, at, EventOf(settled, verdict, attempt));
            attempt = null; // The try is told once, with the first of those it was for.
        }

        foreach (var happened in settled.Events.Where(e => e.At >= settled.At))
            Tell(mail, at, happened);
        EndIfRevoked(mail, settled.At);
    }

    private static TrailEvent EventOf(SettledRecord settled, Verdict verdict, AttemptFacts? attempt) =>
        new(settled.At, KindOf(verdict.What), settled.Id, verdict.Index)
        {
            Lane = settled.Lane,
            Reply = verdict.Reply,
            Failure = verdict.Failure,
            Text = verdict.Text,
            NextDue = verdict.NextDue,
            Attempt = attempt,
        };

    private void Direct(Position at, DirectedRecord directed)
    {
        Seen(directed.At);
        foreach (var target in directed.Targets)
        {
            if (Find(at, target.Mail) is not { } mail)
                continue;
            Step(mail, target.Recipient, directed.What, directed.At, at);
            Tell(mail, at, new TrailEvent(directed.At, KindOf(directed.What), mail.Id, target.Recipient)
            {
                Who = directed.Who, Text = directed.Why,
            });
        }
    }

    private void Revoke(Position at, RevokedRecord revoked)
    {
        Seen(revoked.At);
        if (Find(at, revoked.Id) is not { } mail)
            return;
        Tell(mail, at, new TrailEvent(revoked.At, EventKind.Revoked, mail.Id, null));
        mail.Revoked = true;
        EndIfRevoked(mail, revoked.At);
    }

    /// <summary>A revoked mail is cancelled as soon as no courier has it: it was never promised to anybody.</summary>
    private void EndIfRevoked(MailWork mail, DateTimeOffset when)
    {
        if (!mail.Revoked)
            return;
        foreach (var recipient in mail.Recipients)
            LifeStepper.TryStep(mail, recipient, Happening.Cancelled, when, laneOf);
    }

    private void Lose(Position at, LeasesLostRecord lost)
    {
        Seen(lost.At);
        foreach (var target in lost.InDoubt)
            Lose(at, lost.At, target, Happening.LeaseLost);
        foreach (var target in lost.Untried)
            Lose(at, lost.At, target, Happening.Returned);
    }

    private void Lose(Position at, DateTimeOffset when, Target target, Happening what)
    {
        if (Find(at, target.Mail) is not { } mail)
            return;
        var lane = Recipient(mail, target.Recipient, at)?.Lane;
        Step(mail, target.Recipient, what, when, at);
        Tell(mail, at, new TrailEvent(when, KindOf(what), mail.Id, target.Recipient) { Lane = lane });
        EndIfRevoked(mail, when);
    }

    private void Note(Position at, TrailEvent happened)
    {
        Seen(happened.At);
        if (happened.Mail is not { } id)
        {
            OfRelay.Add(happened);
            Told?.Add(happened);
        }
        else if (Find(at, id) is { } mail)
            Tell(mail, at, happened);
    }

    private void Seen(DateTimeOffset at) => Newest = Newest > at ? Newest : at;

    private RecipientWork? Step(MailWork mail, int n, Happening what, DateTimeOffset when, Position at)
    {
        if (Recipient(mail, n, at) is not { } recipient)
            return null;
        if (LifeStepper.TryStep(mail, recipient, what, when, laneOf))
            return recipient;
        Impossible(at, mail, recipient, what);
        return null;
    }

    private void Impossible(Position at, MailWork mail, RecipientWork recipient, Happening what) =>
        Anomalies.Add((at, $"recipient {recipient.Index} of {mail.Id} was {recipient.State} and cannot be {what}"));

    private void Tell(MailWork mail, Position at, TrailEvent happened)
    {
        if (mail.Events.Count == 0)
            mail.First = at;
        mail.Events.Add(happened);
        Told?.Add(happened);
    }

    private RecipientWork? Recipient(MailWork mail, int n, Position at)
    {
        if ((uint)n < (uint)mail.Recipients.Length)
            return mail.Recipients[n];
        Anomalies.Add((at, $"{mail.Id} has no recipient {n}"));
        return null;
    }

    private MailWork? Find(Position at, MailId id)
    {
        var mail = Find(id);
        if (mail is null && !Forgotten.Contains(id) && !isForgotten(at, id))
            Anomalies.Add((at, $"there is no mail {id}"));
        return mail;
    }

    private MailWork? Find(MailId id)
    {
        if (!_mails.TryGetValue(id, out var mail))
            _mails.Add(id, mail = load(id));
        return mail;
    }

    private static EventKind KindOf(Happening what) => what switch
    {
        Happening.Leased => EventKind.Trying,
        Happening.Returned => EventKind.Returned,
        Happening.LeaseLost => EventKind.InDoubt,
        Happening.Accepted => EventKind.Delivered,
        Happening.Deferred => EventKind.Deferred,
        Happening.Refused => EventKind.Failed,
        Happening.Expired => EventKind.Expired,
        Happening.Captured => EventKind.Captured,
        Happening.Suppressed => EventKind.Suppressed,
        Happening.Held => EventKind.Held,
        Happening.Released => EventKind.Released,
        Happening.Hurried => EventKind.Hurried,
        Happening.Cancelled or Happening.Discarded => EventKind.Cancelled,
    };
}
