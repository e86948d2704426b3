using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool;

namespace Postroom.Tests.Relay.Queue;

/// <summary>
/// A spool in memory that keeps the contract of <see cref="ISpool"/> and tells its story, until it is failed.
/// </summary>
internal sealed class StorySpool(TimeProvider time, LaneOf laneOf, Pulse pulse) : ISpool
{
    private readonly Lock _gate = new();
    private readonly List<StoryMail> _mails = [];
    private readonly HashSet<string> _seenLanes = [];
    private readonly TaskCompletionSource _failed = new();
    private readonly Pulse _bell = new();
    private LaneOf _laneOf = laneOf;
    private MailId _last;

    private readonly List<string> _story = [];
    private readonly List<TrailEvent> _trail = [];
    private readonly List<Settlement> _settlements = [];

    /// <summary>Pauses, resumes and routings, in order.</summary>
    public IReadOnlyList<string> Story => Copy(_story);

    public IReadOnlyList<TrailEvent> Trail => Copy(_trail);

    public IReadOnlyList<Settlement> Settlements => Copy(_settlements);

    /// <summary>The last number of parcels each lane's pump asked for.</summary>
    public Dictionary<string, int> Asked { get; } = [];

    /// <summary>Settlements wait for it.</summary>
    public Task SettleGate { get; set; } = Task.CompletedTask;

    public Task Failed => _failed.Task;
    public bool HasRoom => true;
    public ISpoolIndex Index => throw new NotSupportedException();
    public IReadOnlyList<StoryMail> Mails
    {
        get { lock (_gate) return [.. _mails]; }
    }

    public StoryMail Put(
        Envelope envelope, TimeSpan age = default, string body = "Subject: x\r\n\r\nhello\r\n", bool isInMemory = false)
    {
        lock (_gate)
        {
            _last = MailId.After(_last, time.GetUtcNow());
            var mail = new StoryMail(_last, envelope, time.GetUtcNow() - age, System.Text.Encoding.UTF8.GetBytes(body))
            {
                IsInMemory = isInMemory,
            };
            for (var i = 0; i < envelope.Recipients.Count; i++)
                mail.Recipients.Add(new StoryRecipient
                {
                    Lane = _laneOf(envelope.From, envelope.Recipients[i].Path, null),
                });
            _mails.Add(mail);
            Ring();
            return mail;
        }
    }

    public void Fail(string why)
    {
        _failed.TrySetException(new SpoolFailedException(why));
        Ring();
    }

    public BodyWriter OpenBody() => new StoryBody();

    public ValueTask<Acceptance> AcceptAsync(Draft draft, CancellationToken cancel) =>
        throw new NotSupportedException();

    public async ValueTask<IReadOnlyList<Lease>> LeaseAsync(string lane, int most, CancellationToken cancel)
    {
        while (true)
        {
            ThrowIfFailed();
            cancel.ThrowIfCancellationRequested();
            var rung = _bell.Next.WaitAsync(cancel);
            var leases = Take(lane, most, out var next);
            if (leases.Count > 0)
            {
                pulse.Beat();
                return leases;
            }

            using var nap = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            pulse.Beat();
            await await Task.WhenAny(rung, Task.Delay(next, time, nap.Token));
            await nap.CancelAsync();
        }
    }

    public async ValueTask SettleAsync(Settlement settlement)
    {
        await SettleGate;
        ThrowIfFailed();
        var lease = (StoryLease)settlement.Lease;
        lock (_gate)
        {
            foreach (var leased in lease.Recipients)
            {
                var recipient = lease.Mail.Recipients[leased.Index];
                var verdict = settlement.Verdicts.SingleOrDefault(given => given.Index == leased.Index)
                    ?? new Verdict(leased.Index, Happening.Returned);
                recipient.State = RecipientLife.Next(recipient.State, verdict.What);
                recipient.FailedTries += verdict.What == Happening.Deferred ? 1 : 0;
                recipient.Due = verdict.NextDue ?? recipient.Due;
                recipient.DelayReported |= verdict.DelayReported;
                recipient.Last = verdict;
            }

            foreach (var report in settlement.Reports)
                Put(report.Envelope, body: System.Text.Encoding.UTF8.GetString(((StoryBody)report.Body).Bytes));
            _settlements.Add(settlement);
            _trail.AddRange(settlement.Events);
        }

        Ring();
    }

    public ValueTask PauseAsync(string lane, Failure why) => Tell($"pause {lane}: {why.Diagnostic}");

    public ValueTask ResumeAsync(string lane) => Tell($"resume {lane}");

    public ValueTask<int> DirectAsync(Directive directive, CancellationToken cancel) =>
        throw new NotSupportedException();

    public ValueTask NoteAsync(TrailEvent happened)
    {
        Note(happened);
        return ValueTask.CompletedTask;
    }

    public void Note(TrailEvent happened)
    {
        lock (_gate)
            _trail.Add(happened);
    }

    public IReadOnlyList<LaneCount> Lanes
    {
        get
        {
            lock (_gate)
            {
                var lanes = Open().GroupBy(r => r.Lane).Select(g => new LaneCount(g.Key, g.Count())).ToList();
                foreach (var lane in lanes)
                    _seenLanes.Add(lane.Lane);
                return lanes;
            }
        }
    }

    public async ValueTask LanesChangedAsync(CancellationToken cancel)
    {
        while (true)
        {
            ThrowIfFailed();
            var rung = _bell.Next.WaitAsync(cancel);
            lock (_gate)
                if (Open().Any(r => !_seenLanes.Contains(r.Lane)))
                    return;
            await rung;
        }
    }

    public ValueTask RouteByAsync(LaneOf laneOf, CancellationToken cancel)
    {
        lock (_gate)
        {
            _laneOf = laneOf;
            foreach (var mail in _mails)
                for (var i = 0; i < mail.Recipients.Count; i++)
                    if (RecipientLife.IsOpen(mail.Recipients[i].State))
                        mail.Recipients[i].Lane = laneOf(mail.Envelope.From, mail.Envelope.Recipients[i].Path, null);
        }

        return Tell("route");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private List<T> Copy<T>(List<T> list)
    {
        lock (_gate)
            return [.. list];
    }

    private IEnumerable<StoryRecipient> Open() =>
        _mails.SelectMany(m => m.Recipients).Where(r => RecipientLife.IsOpen(r.State));

    private List<Lease> Take(string lane, int most, out TimeSpan next)
    {
        var now = time.GetUtcNow();
        next = TimeSpan.FromDays(40);
        var leases = new List<Lease>();
        lock (_gate)
        {
            Asked[lane] = most;
            foreach (var mail in _mails)
            {
                var here = mail.Recipients.Where(r => r.Lane == lane && r.State == State.Waiting).ToList();
                foreach (var later in here.Where(r => r.Due > now))
                    next = later.Due - now < next ? later.Due - now : next;
                here.RemoveAll(r => r.Due > now);
                if (here.Count == 0 || leases.Count == most)
                    continue;
                foreach (var recipient in here)
                    recipient.State = RecipientLife.Next(recipient.State, Happening.Leased);
                leases.Add(new StoryLease(mail, lane, now - mail.AcceptedAt, here));
            }
        }

        return leases;
    }

    private ValueTask Tell(string what)
    {
        ThrowIfFailed();
        lock (_gate)
            _story.Add(what);
        Ring();
        return ValueTask.CompletedTask;
    }

    private void Ring()
    {
        _bell.Beat();
        pulse.Beat();
    }

    private void ThrowIfFailed()
    {
        if (_failed.Task.IsFaulted)
            throw new SpoolFailedException("the disk is gone");
    }
}
