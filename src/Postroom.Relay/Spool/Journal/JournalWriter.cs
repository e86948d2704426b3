namespace Postroom.Relay.Spool.Journal;

/// <summary>The thread that writes: all that is pending as one group, one call; then one sync, if somebody is in a
/// hurry.</summary>
/// <remarks>
/// While a sync runs, the next group gathers: that is all the batching there is, and no timer takes part. One timer is
/// armed only while a patient append is unsynced. A write or sync that fails ends everything (fail stop): the kernel
/// may have dropped what it could not write and called it clean, so a second try would prove nothing. A full disk is
/// no exception: part of the group may stand there already, and the floor of free space, checked before a mail is
/// taken, makes it a case of last resort.
/// </remarks>
internal sealed class JournalWriter
{
    private const int MostPerGroup = 8 << 20;

    private readonly IDisk _disk;
    private readonly JournalSettings _settings;
    private readonly TimeProvider _time;
    private readonly JournalScratch _scratch;
    private readonly DurableQueue _durable;
    private readonly Housekeeping _housekeeping;
    private readonly ITimer _patience;
    private readonly Action<Position> _aboutToWrite;
    private readonly IThreads _threads;
    private readonly IThread _thread;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _failed = Promise.New();
    private readonly TaskCompletionSource _ended = Promise.New();

    // Under the lock.
    private List<Append> _pending = [];
    private bool _syncDue;
    private bool _timerArmed;
    private bool _stopping;
    private TaskCompletionSource? _rolling;
    private SpoolFailedException? _failure;

    // Of the thread alone.
    private readonly List<Frame> _frames = [];
    private List<Append> _taken = [];
    private List<Append> _unsynced = [];
    private ActiveSegment _active;
    private long _unsyncedSince;
    private ChainHead _head; // read by any
    private long _lastEntry; // read by any

    public JournalWriter(
        IDisk disk, JournalSettings settings, TimeProvider time, JournalState state, ActiveSegment active)
    {
        (_disk, _settings, _time, _active, _head) = (disk, settings, time, active, active.Head);
        (_scratch, _durable, _housekeeping) = (state.Scratch, state.Durable, state.Housekeeping);
        _aboutToWrite = to => _scratch.WritingTo = to;
        _threads = state.Threads;
        _thread = _threads.Start("postroom journal", Turn);
        _patience = time.CreateTimer(_ => SyncDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = _failed.Task.Exception; // looked at: nobody has to
        _housekeeping.Active(_active, why => Fail(why));
    }

    public Task Failed => _failed.Task;

    /// <summary>The last group that is on stable storage.</summary>
    public ChainHead Head => Volatile.Read(ref _head);

    /// <summary>The last entry that is on stable storage; the default where this life has none.</summary>
    public Position LastEntry
    {
        get
        {
            var at = Volatile.Read(ref _lastEntry);
            return new Position((int)(at >> 32), unchecked((int)at));
        }
    }

    /// <summary>The longest append that fits in a segment.</summary>
    public int MostOctets => _settings.SegmentSize - SegmentHeader.Size - (2 * Seal.Size);

    public void Enqueue(Append append)
    {
        SpoolFailedException? failure;
        var isFirst = false;
        lock (_lock)
        {
            failure = _failure ?? (_stopping ? new SpoolFailedException("the journal is closed") : null);
            if (failure is null)
            {
                _pending.Add(append);
                isFirst = _pending.Count == 1;
            }
        }

        if (failure is not null)
            append.SetException(failure);
        else if (isFirst)
            _thread.Wake();
    }

    /// <summary>Ends the active segment behind what is pending, if anything stands in it.</summary>
    public Task RollAsync()
    {
        Task rolled;
        lock (_lock)
        {
            if (_failure is not null || _stopping)
                throw _failure ?? new SpoolFailedException("the journal is closed");
            _rolling ??= Promise.New();
            rolled = _rolling.Task;
        }

        _thread.Wake();
        return rolled;
    }

    /// <summary>Writes what is pending, then the clean stop.</summary>
    public Task StopAsync()
    {
        lock (_lock)
            _stopping = true;
        _thread.Wake();
        return _ended.Task;
    }

    private void SyncDue()
    {
        lock (_lock)
            (_syncDue, _timerArmed) = (true, false);
        _thread.Wake();
    }

    /// <summary>Writes all that is pending. False: the journal is at its end, and so is the thread.</summary>
    private bool Turn()
    {
        try
        {
            bool isOver;
            while (Gather(out isOver))
                WriteAll();
            if (!isOver)
                return true;
            WriteGroup(cleanStop: true);
            Sync();
        }
        // whatever it is: nobody may be told that it went well
        catch (Exception e) when (e is not ThreadInterruptedException)
        {
            var failure = Fail(e);
            End(_taken, failure);
            End(_unsynced, failure);
        }

        _patience.Dispose();
        _active.Dispose();
        _ended.SetResult();
        return false;
    }

    /// <summary>Takes what is pending; false if there is nothing, and no sync is due either.</summary>
    /// <param name="isOver">Nor will anything come.</param>
    private bool Gather(out bool isOver)
    {
        lock (_lock)
        {
            if (_failure is not null)
                throw _failure;
            isOver = _stopping;
            if (_pending.Count == 0 && !_syncDue && _rolling is null)
                return false;
            (_pending, _taken) = (_taken, _pending);
            _syncDue = false;
            return true;
        }
    }

    private void WriteAll()
    {
        var isUrgent = false;
        var octets = 0;
        foreach (var append in _taken)
        {
            if (octets > 0 && octets + append.Octets > MostPerGroup)
                octets = WriteGroup(cleanStop: false);
            if (_active.End + ActiveSegment.GroupOctets(octets + append.Octets) + Seal.Size > _settings.SegmentSize)
            {
                if (octets > 0)
                    octets = WriteGroup(cleanStop: false);
                Roll();
            }

            for (var frame = append.First; frame is not null; frame = frame.Next)
                _frames.Add(frame);
            octets += append.Octets;
            isUrgent |= append.IsUrgent;
            if (append.IsPiece)
                continue;
            if (_unsynced.Count == 0)
                _unsyncedSince = _time.GetTimestamp();
            _unsynced.Add(append);
        }

        if (octets > 0)
            WriteGroup(cleanStop: false);
        CompletePieces();
        if ((isUrgent || IsOverdue()) && _unsynced.Count > 0)
            Sync();
        else if (_unsynced.Count > 0)
            ArmTimer();
        RollIfAsked();
        _housekeeping.ZeroAheadIfDue(_active);
    }

    private void RollIfAsked()
    {
        TaskCompletionSource? asked;
        lock (_lock)
            (asked, _rolling) = (_rolling, null);
        if (asked is null)
            return;
        try
        {
            if (_active.End > SegmentHeader.Size + Seal.Size)
                Roll();
        }
        finally
        {
            asked.SetResult(); // if it failed, so does whatever is asked of the journal next
        }
    }

    private int WriteGroup(bool cleanStop)
    {
        var from = _active.End;
        _active.WriteGroup(_frames, _time.GetUtcNow(), cleanStop, _aboutToWrite);
        _settings.Meters.Written(_active.End - from);
        _scratch.WrittenTo = new Position(_active.Number, _active.End);
        foreach (var frame in _frames)
            frame.GiveBack();
        _frames.Clear();
        return 0;
    }

    private void CompletePieces()
    {
        foreach (var append in _taken)
            if (append.IsPiece)
                append.EndLater(null, _threads);
        _taken.Clear();
        if (_taken.Capacity > 4096)
            _taken.Capacity = 256;
    }

    private void Sync()
    {
        var began = _time.GetTimestamp();
        _active.Sync();
        _settings.Meters.Synced(_time.GetElapsedTime(began), _unsynced.Count);
        _scratch.SyncedTo = new Position(_active.Number, _active.Synced);
        Volatile.Write(ref _head, _active.Head);
        lock (_lock)
            if (_failure is not null)
                throw _failure;
        if (_unsynced.Count == 0)
            return;
        var done = _unsynced;
        _unsynced = new List<Append>(Math.Min(done.Count, 256));
        foreach (var append in done)
            for (var frame = append.First; frame is not null; frame = frame.Next)
                frame.Entry!.InlineBody = default;
        var last = done[^1].First;
        while (last.Next is { } next)
            last = next;
        Volatile.Write(ref _lastEntry, ((long)last.Entry!.Position.Segment << 32) | (uint)last.Entry.Position.Offset);
        _durable.Add(done); // before anybody can say that it is done: who then asks the index waits for it
        _threads.Soon(new Completion(done, _threads));
    }

    // Under load somebody in a hurry always comes first, and the timer finds nothing old enough to pay a sync for.
    private bool IsOverdue() => _unsynced.Count > 0 && _time.GetElapsedTime(_unsyncedSince) >= _settings.Patience;

    private void ArmTimer()
    {
        lock (_lock)
        {
            if (_timerArmed)
                return;
            _timerArmed = true;
        }

        _patience.Change(_settings.Patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The segment is full: all of it is synced, then the next one's header vouches for where it
    /// ends.</summary>
    private void Roll()
    {
        Sync();
        var previous = new Position(_active.Number, _active.End);
        var next = ActiveSegment.Create(_disk, _active.Number + 1, _active.Chain);
        _scratch.WritingTo = new Position(next.Number, SegmentHeader.Size + Seal.Size);
        next.WriteGroup([], _time.GetUtcNow(), cleanStop: false, aboutToWrite: null);
        next.Begin(_disk, previous, _active.Chain);
        _scratch.Begin(new Position(next.Number, next.End));
        var full = _active;
        _active = next;
        full.Dispose();
        _housekeeping.Retired(full, next);
    }

    /// <summary>The end of all promises. Called by any thread; the first reason counts.</summary>
    private SpoolFailedException Fail(Exception why)
    {
        var failure = why as SpoolFailedException
            ?? new SpoolFailedException($"the journal failed: {why.Message}", why);
        List<Append> pending;
        TaskCompletionSource? rolling;
        lock (_lock)
        {
            _failure ??= failure;
            failure = _failure;
            pending = _pending;
            _pending = [];
            (rolling, _rolling) = (_rolling, null);
        }

        rolling?.SetResult();

        _failed.TrySetException(failure);
        End(pending, failure);
        _thread.Wake();
        return failure;
    }

    private void End(List<Append> appends, SpoolFailedException failure)
    {
        foreach (var append in appends)
            append.EndLater(failure, _threads);
    }
}
