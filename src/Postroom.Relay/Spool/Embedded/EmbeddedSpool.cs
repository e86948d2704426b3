using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Embedded.Aside;
using Postroom.Relay.Spool.Embedded.Retention;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Check;
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

    // A stop waits no longer for the index: the journal has it all, and the next start reads it there.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly SpoolParts _parts;
    private readonly SpoolSettings _settings;
    private readonly MailJournal _journal;
    private readonly IndexFeeder _feeder;
    private readonly LaneBoard _board;
    private readonly Reshaping _reshaping;
    private readonly BodyKeeping _bodies;
    private readonly DiskRoom _room;
    private readonly SteadyClock _clock;
    private readonly ClockWatch _watch;
    private readonly Lock _ids = new();
    private readonly Sorting _sorting;
    private readonly Loading _loading;
    private readonly HashSet<Task> _revoking = []; // guarded by _ids
    private readonly GivingBack _givingBack;
    private readonly Checkpoints _checkpoints;
    private readonly Auditing _auditing;
    private volatile LaneOf _laneOf;
    private MailId _last;

    internal EmbeddedSpool(SpoolParts parts, LaneOf laneOf, MailId last)
    {
        (_parts, _laneOf, _last) = (parts, laneOf, last);
        (_settings, _journal, _clock) = (parts.Settings, parts.Journal, parts.Clock);
        _feeder = new IndexFeeder(parts, () => _laneOf);
        _checkpoints = new Checkpoints(parts, AppendCheckpointAsync);
        _auditing = new Auditing(parts.Journal);
        Index = new EmbeddedIndex(parts, _feeder, () => LastDurable);
        _bodies = new BodyKeeping(parts, _settings);
        _board = new LaneBoard(_journal, parts.Marks, _clock, parts.Time, _settings.Window)
        {
            Freed = _bodies.Freed,
            Load = (parcel, slot) => _loading!.LoadAsync(parcel, slot),
            Refill = lane => _ = _reshaping!.RefillAsync(lane),
            GiveBack = leases => _givingBack!.All(leases),
            GiveBackUnread = (parcel, slot) => _ = _givingBack!.UnreadAsync(parcel, slot),
            Durable = Durable,
        };
        _givingBack = new GivingBack(parts, _board, SettleAsync, Append);
        _watch = new ClockWatch(_clock, _board, Note);
        _loading = new Loading(parts, (EmbeddedIndex)Index, _bodies, _watch);
        _sorting = new Sorting(_board, _clock);
        _reshaping = new Reshaping(parts, _board, _feeder, Append, () => LastDurable);
        _room = new DiskRoom(parts, _settings.FreeSpaceFloor, Note);
        _feeder.AfterBite = _bodies.AfterBiteAsync;
        foreach (var use in parts.Ledger.Lanes())
            _reshaping.Found(use);
        Forgetter = new Forgetter(parts, _bodies, _feeder, _checkpoints, Durable);
        Failed = FailsAsync();
    }

    public Task Failed { get; }

    public ISpoolIndex Index { get; }

    public SpoolGauges Gauges => new(_parts, _board, (EmbeddedIndex)Index);

    public Forgetter Forgetter { get; }

    public bool HasRoom => _room.IsEnough;

    public IReadOnlyList<LaneCount> Lanes => _board.Count();

    /// <summary>The last position of ours that is durable: what "caught up" has to reach.</summary>
    private Position LastDurable { get; set; }

    public BodyWriter OpenBody() => _bodies.Open();

    /// <summary>From now on the head of the chain is signed: at most every <see cref="SpoolSettings.CheckpointEvery"/>,
    /// and at an orderly stop.</summary>
    /// <param name="sign">The checkpoint as text; null if it cannot be signed now.</param>
    public void KeepCheckpoints(Func<ChainHead, string?> sign) => _checkpoints.Begin(sign);

    /// <summary>Verifies the journal up to what is durable now, beside everything else.</summary>
    /// <exception cref="OperationCanceledException">Given up, or the spool is being closed.</exception>
    public Task<VerifyReport> VerifyAsync(ChainWitness witness, CancellationToken cancel) =>
        _auditing.RunAsync(witness, cancel);

    /// <summary>Gives back all space of bodies that nobody needs any more; by itself it does so where it is worth
    /// it.</summary>
    public Task CompactAsync() => _bodies.GiveBackAllAsync();

    public async ValueTask<Acceptance> AcceptAsync(Draft draft, CancellationToken cancel)
    {
        var began = _clock.Ticks;
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
                var left = _settings.AnswerWithin - _parts.Time.GetElapsedTime(began, _clock.Ticks);
                left = left > TimeSpan.Zero ? left : TimeSpan.Zero;
                await durable.WaitAsync(left, _parts.Time, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                Revoke(intake, leased, durable);
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
            _board.Settled(lease, () => _sorting.StillOpen(lease, record, _laneOf));
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
        _board.Settled(lease, () => _sorting.StillOpen(lease, record, _laneOf));
        foreach (var report in reports)
            Publish(report, leased: null);
    }

    public async ValueTask PauseAsync(string lane, Failure why)
    {
        if (!_board.Pause(lane, _clock.Wall))
            return;
        await TryNoteAsync(new TrailEvent(_clock.Wall, EventKind.LanePaused, null, null)
        {
            Lane = lane,
            Failure = why,
            Text = Explanation.Of(why)?.ToString(),
        });
    }

    public async ValueTask ResumeAsync(string lane)
    {
        if (_board.Resume(lane, _clock.Wall))
            await TryNoteAsync(new TrailEvent(_clock.Wall, EventKind.LaneResumed, null, null) { Lane = lane });
    }

    public ValueTask<int> DirectAsync(Directive directive, CancellationToken cancel) =>
        _reshaping.DirectAsync(directive, cancel);

    public void Note(TrailEvent happened) => _ = TryNoteAsync(happened);

    public async ValueTask NoteAsync(TrailEvent happened) =>
        await Append(new Entry(new NotedRecord(happened)), urgent: false);

    public async ValueTask LanesChangedAsync(CancellationToken cancel) => await _board.Changed.WaitAsync(cancel);

    public async ValueTask RouteByAsync(LaneOf laneOf, CancellationToken cancel)
    {
        _laneOf = laneOf;
        await _reshaping.RelaneAsync(laneOf, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        Task[] revoking;
        lock (_ids)
            revoking = [.. _revoking];
        await Task.WhenAll(revoking);
        await _auditing.EndAsync();
        await Forgetter.EndAsync();
        if (!Failed.IsCompleted)
        {
            await TryNoteAsync(new TrailEvent(_clock.Wall, EventKind.Stopped, null, null));
            await _checkpoints.EndAsync();
            using var enough = new CancellationTokenSource(StopPatience, _parts.Time);
            await Task.WhenAny(Index.CaughtUpAsync(enough.Token).AsTask());
        }

        _checkpoints.Dispose();
        _auditing.Dispose();
        Forgetter.Dispose();
        _reshaping.Dispose();
        await _feeder.DisposeAsync();
        await _journal.DisposeAsync();
        _board.Dispose();
        ((EmbeddedIndex)Index).Dispose();
        await _parts.DisposeAsync();
    }

    private async Task FailsAsync() => await await Task.WhenAny(_journal.Failed, _feeder.Broken, _parts.Ledger.Damaged);

    private async Task TryNoteAsync(TrailEvent happened)
    {
        try
        {
            await NoteAsync(happened);
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

    private async Task AppendCheckpointAsync(TrailEvent checkpoint)
    {
        var entry = new Entry(new NotedRecord(checkpoint));
        await _journal.AppendAsync(entry, urgent: false);
        NoteDurable(entry.Position);
    }

    private void Durable(Position position)
    {
        NoteDurable(position);
        _checkpoints.Moved();
    }

    private void NoteDurable(Position position)
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
        _watch.Look();
        var at = _clock.Wall;
        MailId id;
        lock (_ids)
            id = _last = MailId.After(_last, at);
        var front = draft.TraceBlock(id, at);
        var header = front.MessageId is { } made ? draft.Header with { MessageId = made } : draft.Header;
        var laneOf = _laneOf;
        var record = new AcceptedRecord(id, at, draft.Envelope, draft.Origin, header)
        {
            Trace = front.Fields,
            Size = body.Length,
            Pieces = [.. body.Written],
            ReportOf = reportOf,
        };
        return new Intake(record, new Entry(record, body.Rest), _sorting.Fresh(record, laneOf), body)
        {
            SortedBy = laneOf,
        };
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
        _bodies.NeededUntil(intake.Writer, intake.Entry.Position);
        Durable(intake.Entry.Position);
        foreach (var parcel in intake.Parcels)
        {
            if (leased is not null && parcel.SlotIn(leased) is { } slot)
            {
                parcel.Record = null;
                _board.Deliver(parcel.Lane, [_loading.Lent(parcel, intake.Record, intake.Body, slot)]);
                continue;
            }

            if (parcel.Lane.IsPaused)
                parcel.Forget();
            else if (_bodies.MayKeep(intake.Body.Length))
                parcel.Body = intake.Body;
            lock (_board.Gate)
                if (ReferenceEquals(intake.SortedBy, _laneOf))
                    _board.Publish(parcel);
                else
                    PublishAnew(intake, parcel);
        }
    }

    // Routes changed between the sorting and here. The ledger has the new lane, so memory must have it too.
    private void PublishAnew(Intake intake, Parcel parcel)
    {
        int[] indices = [.. parcel.Recipients.Select(r => r.Index)];
        var anew = _sorting.Fresh(intake.Record, indices, _laneOf);
        LaneBoard.Discount(parcel);
        _bodies.Freed(parcel.Forget());
        _board.Count(anew);
        foreach (var other in anew)
            _board.Publish(other);
    }

    private void Revoke(Intake intake, List<(Parcel Parcel, int Slot)>? leased, Task durable)
    {
        _bodies.NeededUntil(intake.Writer, Position.Never);
        var revoking = RevokeAsync(intake, leased, durable);
        lock (_ids)
        {
            _revoking.RemoveWhere(done => done.IsCompleted);
            _revoking.Add(revoking);
        }
    }

    // The 451 is out. Whatever becomes of the record, the mail is not accepted; only a crash right now may deliver it.
    private async Task RevokeAsync(Intake intake, List<(Parcel Parcel, int Slot)>? leased, Task durable)
    {
        try
        {
            await durable;
            // The lease that came with it ends in the same commit, after the revocation: at no time does it wait.
            var (id, now) = (intake.Record.Id, _clock.Wall);
            var entries = new List<Entry> { new(new RevokedRecord(id, now)) };
            foreach (var (parcel, _) in leased ?? [])
                entries.Add(new Entry(parcel.Returned(now)));
            await _journal.AppendAsync(entries, urgent: true);
            Durable(entries[^1].Position);
            _bodies.NeededUntil(intake.Writer, entries[^1].Position);
            _board.Revoked(intake.Parcels, leased);
            SpoolLog.Revoked(_parts.Log, intake.Record.Id);
        }
        catch (SpoolFailedException e)
        {
            SpoolLog.NotRevoked(_parts.Log, intake.Record.Id, e);
        }
    }
}
