using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Ledger;
using Postroom.Relay.Telemetry;

namespace Postroom.Relay.Spool.Embedded;

/// <summary>The spool of one machine: the journal is the truth, the ledger its index, the lanes what is due.</summary>
/// <remarks>
/// <para>The stations of a mail here:</para>
/// <list type="number">
/// <item>Accepted: record and body go into the journal in one group, with the lease if somebody waits for fresh mail.
/// The receipt exists when that group is synced.</item>
/// <item>Published: it stands in its lane (<see cref="LaneBoard"/>), or is delivered to who leased it.</item>
/// <item>Settled: the outcome is in the journal; what is still open stands in its lane again.</item>
/// <item>Indexed: <see cref="IndexFeeder"/> carries all of it into the ledger, later, in bites.</item>
/// </list>
/// </remarks>
public sealed class EmbeddedSpool : ISpool
{
    // Under the next hop's shortest patience and far over what a healthy disk takes to index this much.
    private static readonly TimeSpan IndexPatience = TimeSpan.FromSeconds(4);

    private readonly SpoolParts _parts;
    private readonly SpoolSettings _settings;
    private readonly MailJournal _journal;
    private readonly IndexFeeder _feeder;
    private readonly LaneBoard _board;
    private readonly Reshaping _reshaping;
    private readonly BodyKeeping _bodies;
    private readonly DiskRoom _room;
    private readonly SteadyClock _clock;
    private readonly Lock _ids = new();
    private LaneOf _laneOf;
    private MailId _last;

    internal EmbeddedSpool(SpoolParts parts, LaneOf laneOf, MailId last)
    {
        (_parts, _laneOf, _last) = (parts, laneOf, last);
        (_settings, _journal, _clock) = (parts.Settings, parts.Journal, parts.Clock);
        _feeder = new IndexFeeder(parts, () => _laneOf);
        Index = new EmbeddedIndex(parts, _feeder, () => LastDurable);
        _board = new LaneBoard(_journal, parts.Marks, _clock, parts.Time, _settings.Window)
        {
            Load = LoadAsync,
            Refill = lane => _ = _reshaping!.RefillAsync(lane),
            GiveBack = GiveBack,
        };
        _reshaping = new Reshaping(parts, _board, _feeder, Append, () => LastDurable);
        _bodies = new BodyKeeping(parts, _settings);
        _room = new DiskRoom(parts, _settings.FreeSpaceFloor, Note);
        _feeder.AfterBite = _bodies.AfterBiteAsync;
        foreach (var use in parts.Ledger.Lanes())
            _reshaping.Found(use);
    }

    public Task Failed => _journal.Failed;

    public ISpoolIndex Index { get; }

    public bool HasRoom => _room.IsEnough;

    public IReadOnlyList<LaneCount> Lanes => _board.Count();

    /// <summary>The last position of ours that is durable: what "caught up" has to reach.</summary>
    private Position LastDurable { get; set; }

    public BodyWriter OpenBody() => new PieceWriter(_journal.AppendBodyPieceAsync);

    public async ValueTask<Acceptance> AcceptAsync(Draft draft, CancellationToken cancel)
    {
        if (!HasRoom)
            return new(null, Refusal.DiskFull);
        if (_journal.DurableNotTaken > _settings.IndexLag && !await IndexedEnoughAsync(cancel))
            return new(null, Refusal.QueueFull);
        try
        {
            var intake = await PrepareAsync(draft, reportOf: null);
            var leased = _board.Prelease(intake.Parcels);
            var durable = leased is null
                ? _journal.AppendAsync(intake.Entry, urgent: true)
                : _journal.AppendAsync([intake.Entry, LeaseEntry(leased)], urgent: true);
            try
            {
                await durable.WaitAsync(_settings.AnswerWithin, _parts.Time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                _ = RevokeAsync(intake, leased, durable);
                return new(null, Refusal.TooSlow);
            }

            Publish(intake, leased);
            return new(new Receipt(intake.Record.Id, intake.Record.At), Refusal.None);
        }
        catch (SpoolFailedException)
        {
            return new(null, Refusal.Failed);
        }
    }

    public ValueTask<IReadOnlyList<Lease>> LeaseAsync(string lane, int most, CancellationToken cancel) =>
        _board.LeaseAsync(lane, most, cancel);

    public async ValueTask SettleAsync(Settlement settlement)
    {
        var lease = (ParcelLease)settlement.Lease;
        var verdicts = lease.WithReturned(settlement.Verdicts);
        var record = new SettledRecord(lease.Id, _clock.Wall, lease.Lane, verdicts)
        {
            Attempt = settlement.Attempt,
            Events = settlement.Events,
        };
        if (settlement.Reports.Count == 0)
        {
            await Append(new Entry(record), urgent: false);
            _board.Settled(lease, StillOpen(lease, verdicts));
            return;
        }

        var entries = new List<Entry> { new(record) };
        var reports = new List<Intake>();
        foreach (var draft in settlement.Reports)
            reports.Add(await PrepareAsync(draft, reportOf: lease.Id));
        entries.AddRange(reports.Select(r => r.Entry));
        foreach (var report in reports)
            _board.Count(report.Parcels);
        await _journal.AppendAsync(entries, urgent: true);
        Durable(entries[^1].Position);
        _board.Settled(lease, StillOpen(lease, verdicts));
        foreach (var report in reports)
            Publish(report, leased: null);
    }

    public async ValueTask PauseAsync(string lane, Failure why)
    {
        if (!_board.Pause(lane, _clock.Wall, out var freed))
            return;
        _bodies.Freed(freed);
        await NoteAsync(new TrailEvent(_clock.Wall, EventKind.LanePaused, null, null) { Lane = lane, Failure = why });
    }

    public async ValueTask ResumeAsync(string lane)
    {
        if (_board.Resume(lane, _clock.Wall))
            await NoteAsync(new TrailEvent(_clock.Wall, EventKind.LaneResumed, null, null) { Lane = lane });
    }

    public ValueTask<int> DirectAsync(Directive directive, CancellationToken cancel) =>
        _reshaping.DirectAsync(directive, cancel);

    public void Note(TrailEvent happened) => _ = NoteAsync(happened);

    public async ValueTask LanesChangedAsync(CancellationToken cancel) => await _board.Changed.WaitAsync(cancel);

    public async ValueTask RouteByAsync(LaneOf laneOf, CancellationToken cancel)
    {
        _laneOf = laneOf;
        await _reshaping.RelaneAsync(laneOf, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (!Failed.IsCompleted)
        {
            await NoteAsync(new TrailEvent(_clock.Wall, EventKind.Stopped, null, null));
            await Index.CaughtUpAsync(CancellationToken.None);
        }

        await _feeder.DisposeAsync();
        await _journal.DisposeAsync();
        _board.Dispose();
        _reshaping.Dispose();
        ((EmbeddedIndex)Index).Dispose();
        _parts.Dispose();
    }

    private async Task NoteAsync(TrailEvent happened)
    {
        try
        {
            await Append(new Entry(new NotedRecord(happened)), urgent: false);
        }
        catch (SpoolFailedException e)
        {
            SpoolLog.NotNoted(_parts.Log, happened.Kind, e);
        }
    }

    private async Task Append(Entry entry, bool urgent)
    {
        await _journal.AppendAsync(entry, urgent);
        Durable(entry.Position);
    }

    private void Durable(Position position)
    {
        lock (_ids)
            if (position > LastDurable)
                LastDurable = position;
    }

    private async ValueTask<bool> IndexedEnoughAsync(CancellationToken cancel)
    {
        try
        {
            await _feeder.ReachedAsync(LastDurable).WaitAsync(IndexPatience, _parts.Time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // A mail that is complete: its id, its record, and a parcel for each lane it waits in.
    private async ValueTask<Intake> PrepareAsync(Draft draft, MailId? reportOf)
    {
        var body = (PieceWriter)draft.Body;
        await body.FinishAsync();
        WatchClock();
        var at = _clock.Wall;
        MailId id;
        lock (_ids)
            id = _last = MailId.After(_last, at);
        var front = draft.TraceBlock(id, at);
        var header = front.MessageId is { } made ? draft.Header with { MessageId = made } : draft.Header;
        var record = new AcceptedRecord(id, at, draft.Envelope, draft.Origin, header)
        {
            Trace = front.Fields,
            Size = body.Length,
            Pieces = [.. body.Written],
            ReportOf = reportOf,
        };
        var inMemory = body.Written.Count == 0 ? body.Rest : default;
        return new Intake(record, new Entry(record, body.Rest), Sorted(record), inMemory);
    }

    private List<Parcel> Sorted(AcceptedRecord record)
    {
        var parcels = new List<Parcel>(1);
        var recipients = record.Envelope.Recipients;
        var lanes = new Dictionary<string, List<ParcelRecipient>>(1);
        for (var i = 0; i < recipients.Count; i++)
        {
            var lane = _laneOf(record.Envelope.From, recipients[i].Path);
            if (!lanes.TryGetValue(lane, out var there))
                lanes[lane] = there = new List<ParcelRecipient>(recipients.Count);
            there.Add(new ParcelRecipient(i, State.Waiting, 0, false));
        }

        lock (_board.Gate)
            foreach (var (lane, there) in lanes)
                parcels.Add(new Parcel(record.Id, _board[lane], record.Origin.Source, record.At)
                {
                    Recipients = [.. there],
                    Due = record.At,
                    Record = record,
                });
        return parcels;
    }

    private Entry LeaseEntry(List<(Parcel Parcel, int Slot)> leased)
    {
        var parcels = new Parcel[leased.Count];
        for (var i = 0; i < parcels.Length; i++)
            parcels[i] = leased[i].Parcel;
        return new Entry(_board.LeaseRecord(parcels));
    }

    private void Publish(Intake intake, List<(Parcel Parcel, int Slot)>? leased)
    {
        Durable(intake.Entry.Position);
        foreach (var parcel in intake.Parcels)
        {
            if (leased is not null && parcel.SlotIn(leased) is { } slot)
            {
                parcel.Record = null;
                _board.Deliver(parcel.Lane, [Lent(parcel, intake.Record, intake.Body, slot)]);
                continue;
            }

            if (parcel.Lane.IsPaused)
                parcel.Forget();
            else if (_bodies.MayKeep(intake.Body.Length))
                parcel.Body = intake.Body;
            _bodies.Freed(_board.Publish(parcel));
        }
    }

    // The 451 is out. Whatever becomes of the record, the mail is not accepted; only a crash right now may deliver it.
    private async Task RevokeAsync(Intake intake, List<(Parcel Parcel, int Slot)>? leased, Task durable)
    {
        try
        {
            await durable;
            await Append(new Entry(new RevokedRecord(intake.Record.Id, _clock.Wall)), urgent: true);
            _board.Revoked(intake.Parcels, leased);
            SpoolLog.Revoked(_parts.Log, intake.Record.Id);
        }
        catch (SpoolFailedException e)
        {
            SpoolLog.NotRevoked(_parts.Log, intake.Record.Id, e);
        }
    }

    private async ValueTask<ParcelLease> LoadAsync(Parcel parcel, int slot)
    {
        var index = (EmbeddedIndex)Index;
        var mail = parcel.Record ?? index.Accepted(parcel.Id);
        if (mail is null)
        {
            await Index.CaughtUpAsync(CancellationToken.None);
            mail = index.Accepted(parcel.Id)
                ?? throw new SpoolFailedException($"the ledger does not know {parcel.Id}, which the journal accepted");
        }

        var body = parcel.Body;
        _bodies.Freed(parcel.Forget());
        return Lent(parcel, mail, body, slot);
    }

    private ParcelLease Lent(Parcel parcel, AcceptedRecord mail, ReadOnlyMemory<byte> body, int slot)
    {
        return new ParcelLease(parcel, mail, slot, _parts.Marks)
        {
            AgeAtLease = Ages.Of(parcel.AcceptedAt, parcel.HeldFor, parcel.Lane.Pauses, _clock.Wall),
            Stored = _bodies.Content(mail, body),
        };
    }

    private void GiveBack(IReadOnlyList<Lease> leases)
    {
        foreach (var lease in leases)
            _ = GiveBackAsync(lease);
    }

    private async Task GiveBackAsync(Lease lease)
    {
        try
        {
            await SettleAsync(new Settlement(lease, [], null, []));
        }
        catch (SpoolFailedException e)
        {
            SpoolLog.NotGivenBack(_parts.Log, lease.Id, e);
        }
    }

    // What waits again, a parcel for each due time. Returned mail keeps its place in the line.
    private List<Parcel> StillOpen(ParcelLease lease, IReadOnlyList<Verdict> verdicts)
    {
        var open = new List<Parcel>();
        foreach (var verdict in verdicts)
        {
            if (RecipientLife.Next(State.Trying, verdict.What) != State.Waiting)
                continue;
            var was = Array.Find(lease.Parcel.Recipients, r => r.Index == verdict.Index);
            var due = verdict.NextDue ?? lease.Parcel.Due;
            var failed = was.FailedTries + (verdict.What == Happening.Deferred ? 1 : 0);
            var recipient = new ParcelRecipient(
                verdict.Index, State.Waiting, failed, was.DelayReported || verdict.DelayReported);
            var parcel = Reopened(lease, recipient, due);
            if (open.Find(p => p.Due == due && p.Lane == parcel.Lane) is { } same)
                same.Recipients = [.. same.Recipients, recipient];
            else
                open.Add(parcel);
        }

        return open;
    }

    private Parcel Reopened(ParcelLease lease, ParcelRecipient recipient, DateTimeOffset due)
    {
        var path = lease.Envelope.Recipients[recipient.Index].Path;
        Lane lane;
        lock (_board.Gate)
            lane = _board[_laneOf(lease.Envelope.From, path)];
        return new Parcel(lease.Id, lane, lease.Parcel.Source, lease.AcceptedAt)
        {
            Recipients = [recipient],
            Due = due,
            DueTicks = _clock.TicksAfter(due - _clock.Wall),
            HeldFor = lease.Parcel.HeldFor,
        };
    }

    private void WatchClock()
    {
        if (_clock.Jump() is not { } jump)
            return;
        _board.Jumped(jump.From, jump.To);
        Note(new TrailEvent(jump.To, EventKind.ClockJumped, null, null)
        {
            Text = $"the clock jumped from {jump.From:u} to {jump.To:u}; the difference counts for nothing",
        });
    }
}
