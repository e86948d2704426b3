namespace Postroom.Relay.Spool.Journal;

/// <summary>The thread that keeps the writer free: zeros ahead, copies the records of retired segments, gives space
/// back.</summary>
/// <remarks>It sleeps while there is nothing to do. What it could not do is done at the next start: nothing depends
/// on it.</remarks>
internal sealed class Housekeeping
{
    private readonly IDisk _disk;
    private readonly JournalSettings _settings;
    private readonly IThread _thread;
    private readonly Lock _lock = new();
    private readonly Queue<Action> _work = new();
    private readonly Queue<Action> _compactions = new();
    private readonly Queue<int> _releases = new();
    private readonly SortedDictionary<int, SegmentFacts> _segments = [];
    private readonly List<DamageReport> _damage = [];
    private readonly List<TaskCompletionSource> _awaited = [];
    private readonly TaskCompletionSource _ended = Promise.New();
    private ActiveSegment? _active;
    private Action<Exception>? _fail;
    private bool _zeroing;
    private bool _stopping;
    private int _holds;

    public Housekeeping(IDisk disk, JournalSettings settings, IThreads threads)
    {
        (_disk, _settings) = (disk, settings);
        _thread = threads.Start("postroom housekeeping", Turn);
    }

    /// <summary>Segments that hold bodies, the active one last.</summary>
    public IReadOnlyList<SegmentFacts> Segments
    {
        get
        {
            lock (_lock)
            {
                var facts = _segments.Values.ToArray();
                for (var i = 0; i < facts.Length; i++)
                    if (facts[i].Number == _active?.Number)
                        facts[i] = facts[i] with { Octets = _active.End };
                return facts;
            }
        }
    }

    /// <summary>Damage found since the start.</summary>
    public IReadOnlyList<DamageReport> Damage
    {
        get
        {
            lock (_lock)
                return [.. _damage];
        }
    }

    /// <summary>A segment that nobody needs is used again; else it is unlinked, with all that stood in it.</summary>
    public bool Recycles { get; set; } = true;

    /// <summary>The writer begins with this segment, and wants to hear of a failing disk.</summary>
    public void Active(ActiveSegment active, Action<Exception> fail)
    {
        lock (_lock)
        {
            (_active, _fail) = (active, fail);
            _segments[active.Number] = new SegmentFacts(active.Number, active.End, Retired: false, Releasable: false);
        }

        ZeroAheadIfDue(active);
    }

    /// <summary>A segment of an earlier life.</summary>
    public void Retired(int number, long octets, bool hasRecords)
    {
        var givenBack = FreeList.Read(_disk, number).Octets;
        lock (_lock)
            _segments[number] = new SegmentFacts(number, octets, Retired: true, hasRecords) { GivenBack = givenBack };
        if (!hasRecords)
            Post(() => CopyRecords(number));
    }

    public void Retired(ActiveSegment full, ActiveSegment next)
    {
        lock (_lock)
        {
            _active = next;
            _segments[next.Number] = new SegmentFacts(next.Number, next.End, Retired: false, Releasable: false);
        }

        Retired(full.Number, full.End, hasRecords: false);
    }

    public void ZeroAheadIfDue(ActiveSegment active)
    {
        var target = Math.Min(_settings.SegmentSize, active.End + (long)_settings.ZeroAhead);
        if (_settings.ZeroAhead == 0
            || active.ZeroedTo >= Math.Min(_settings.SegmentSize, active.End + (target - active.End) / 2))
            return;
        lock (_lock)
        {
            if (_zeroing)
                return;
            _zeroing = true;
        }

        Post(() => ZeroAhead(active, target));
    }

    public void Release(int number)
    {
        lock (_lock)
        {
            if (!_segments.TryGetValue(number, out var facts) || !facts.Releasable)
                throw new InvalidOperationException($"segment {number} is not releasable");
            _segments.Remove(number);
            _releases.Enqueue(number);
        }

        _thread.Wake();
    }

    /// <summary>Completes when all is done that was to be done until now, or was left to the next start.</summary>
    public Task TidiedAsync()
    {
        var done = Promise.New();
        lock (_lock)
        {
            if (_stopping)
                return Task.CompletedTask;
            _awaited.Add(done);
            _work.Enqueue(() => End(done));
        }

        _thread.Wake();
        return done.Task;
    }

    /// <summary>Gives back what is dead in a segment; completes when that is done, or was given up.</summary>
    public Task CompactAsync(int number, IReadOnlySet<int> live)
    {
        var done = Promise.New();
        lock (_lock)
        {
            if (!_segments.TryGetValue(number, out var facts) || !facts.Releasable)
                throw new InvalidOperationException($"segment {number} is not releasable");
            if (_stopping)
                return Task.CompletedTask; // the next start may
            _awaited.Add(done);
            _compactions.Enqueue(() => Compact(number, live, done));
        }

        _thread.Wake();
        return done.Task;
    }

    /// <summary>Overwrites what is dead in a segment, and gives it back.</summary>
    /// <exception cref="OperationCanceledException">As <see cref="AsideAsync"/>.</exception>
    /// <exception cref="IOException">As there.</exception>
    public Task WipeAsync(int number, IReadOnlySet<int> live) => AsideAsync(disk =>
    {
        var givenBack = Compaction.Run(disk, number, live, wipe: true);
        lock (_lock)
            if (_segments.TryGetValue(number, out var facts))
                _segments[number] = facts with { GivenBack = givenBack };
        return true;
    });

    /// <summary>Does something with what is not written to any more, between what else there is to do.</summary>
    /// <exception cref="OperationCanceledException">The journal is at its end: not done, or who knows how
    /// far.</exception>
    /// <exception cref="IOException">The disk would not.</exception>
    public async Task<T> AsideAsync<T>(Func<IDisk, T> work)
    {
        var done = Promise.New();
        var over = new OperationCanceledException("the journal is being closed");
        var (answer, failure) = (default(T), (Exception?)over);
        lock (_lock)
        {
            if (_stopping)
                throw over;
            _awaited.Add(done);
            _compactions.Enqueue(() =>
            {
                try
                {
                    (answer, failure) = (work(_disk), null);
                }
                catch (Exception e) when (e is IOException or InvalidOperationException)
                {
                    failure = e; // thrown where it is waited for
                }

                End(done);
            });
        }

        _thread.Wake();
        await done.Task;
        return failure is null ? answer! : throw failure;
    }

    /// <summary>When it completes no space is being given back, and none will be until <see cref="Unhold"/>.</summary>
    /// <exception cref="OperationCanceledException">The journal is at its end.</exception>
    public Task HoldAsync()
    {
        var held = Promise.New();
        lock (_lock)
        {
            if (_stopping)
                throw new OperationCanceledException("the journal is being closed");
            _awaited.Add(held);
            _work.Enqueue(() => Hold(held)); // behind what is under way
        }

        _thread.Wake();
        return held.Task;
    }

    public void Unhold()
    {
        lock (_lock)
            _holds--;
        _thread.Wake();
    }

    private void Hold(TaskCompletionSource held)
    {
        lock (_lock)
            _holds++;
        End(held);
    }

    /// <summary>Finishes what is under way and what was released, and leaves the rest to the next start.</summary>
    public Task StopAsync()
    {
        lock (_lock)
            _stopping = true;
        _thread.Wake();
        return _ended.Task;
    }

    private void Post(Action work)
    {
        lock (_lock)
            _work.Enqueue(work);
        _thread.Wake();
    }

    private bool Turn()
    {
        bool isOver;
        while (Next(out isOver) is { } work)
        {
            try
            {
                work();
            }
            catch (IOException e)
            {
                Found(new DamageReport(default, 0, null,
                    $"housekeeping could not go on, the next start will: {e.Message}"));
            }
        }

        if (!isOver)
            return true;
        foreach (var left in _awaited)
            left.SetResult(); // given up: the next start may
        _ended.SetResult();
        return false;
    }

    private Action? Next(out bool isOver)
    {
        lock (_lock)
        {
            isOver = _stopping;
            if (_holds == 0 && _releases.TryDequeue(out var number))
                return () => GiveBack(number);
            if (_stopping)
                return null;
            return _work.TryDequeue(out var work) || (_holds == 0 && _compactions.TryDequeue(out work)) ? work : null;
        }
    }

    private void ZeroAhead(ActiveSegment active, long to)
    {
        try
        {
            active.ZeroAhead(to);
        }
        catch (IOException e)
        {
            _fail?.Invoke(e);
        }
        catch (ObjectDisposedException)
        {
            return; // Retired meanwhile: there is nothing ahead of it any more, and the next one asks for itself.
        }
        finally
        {
            lock (_lock)
                _zeroing = false;
        }
    }

    private void CopyRecords(int number)
    {
        var found = RecordCopy.Make(_disk, number);
        lock (_lock)
        {
            _damage.AddRange(found);
            if (_segments.TryGetValue(number, out var facts))
                _segments[number] = facts with { Releasable = true };
        }
    }

    private void Compact(int number, IReadOnlySet<int> live, TaskCompletionSource done)
    {
        try
        {
            var givenBack = Compaction.Run(_disk, number, live);
            lock (_lock)
                if (_segments.TryGetValue(number, out var facts))
                    _segments[number] = facts with { GivenBack = givenBack };
        }
        finally
        {
            End(done);
        }
    }

    private void End(TaskCompletionSource done)
    {
        lock (_lock)
            _awaited.Remove(done);
        done.SetResult();
    }

    /// <summary>A whole segment is kept to be used again, if none is; any other is unlinked.</summary>
    private void GiveBack(int number)
    {
        var name = JournalFiles.Segment(number);
        long length;
        using (var file = _disk.Open(name, create: false))
            length = file.Length;
        var list = JournalFiles.Free(number);
        var hasHoles = _disk.List(JournalFiles.Records).Contains(Path.GetFileName(list));
        var hasSpare = _disk.List(JournalFiles.Segments).Contains(Path.GetFileName(JournalFiles.Spare));
        if (length == _settings.SegmentSize && !hasSpare && !hasHoles && Recycles)
            _disk.Rename(name, JournalFiles.Spare);
        else
            _disk.Remove(name);
        _disk.SyncFolder(JournalFiles.Segments);
        if (hasHoles)
            _disk.Remove(list); // Only now: until then it says what the holes are.
    }

    private void Found(DamageReport report)
    {
        lock (_lock)
            _damage.Add(report);
    }
}
