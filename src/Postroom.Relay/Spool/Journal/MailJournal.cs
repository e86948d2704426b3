using Postroom.Relay.Spool.Journal.Check;

namespace Postroom.Relay.Spool.Journal;

/// <summary>The truth: what was promised, and what became of it, in the order in which it happened.</summary>
/// <remarks>
/// <para>One active segment takes everything. Appends are encoded on the caller's thread and written by one thread, all
/// that is pending as one group that ends with a seal: a group counts whole or not at all. One checked sync a group,
/// if anybody is in a hurry; what is done is told only after it.</para>
/// <para>Order of life: <see cref="Open"/>, <see cref="Recover"/>, appends, <see cref="DisposeAsync"/>. After a failed
/// write or sync every append fails, for good: the process ends, and the next start recovers.</para>
/// </remarks>
public sealed class MailJournal : IAsyncDisposable
{
    private readonly IDisk _disk;
    private readonly JournalSettings _settings;
    private readonly TimeProvider _time;
    private readonly IThreads _threads;
    private readonly JournalScratch _scratch;
    private readonly DurableQueue _durable = new();
    private Housekeeping? _housekeeping;
    private JournalWriter? _writer;

    private MailJournal(IDisk disk, JournalSettings settings, TimeProvider time, IThreads threads)
    {
        (_disk, _settings, _time, _threads) = (disk, settings, time, threads);
        _scratch = new JournalScratch(disk, settings.MarksSize);
    }

    /// <summary>Never completes while the journal is sound; faults with the reason once it has failed.</summary>
    public Task Failed => Writer.Failed;

    /// <summary>Entries that are durable and not yet taken.</summary>
    public long DurableNotTaken => _durable.Count;

    /// <summary>The segments that still hold bodies, the active one last.</summary>
    public IReadOnlyList<SegmentFacts> Segments => Keeper.Segments;

    /// <summary>What was found damaged, or could not be tidied up, since the start; recovery's findings are its
    /// own.</summary>
    public IReadOnlyList<DamageReport> Damage => Keeper.Damage;

    /// <summary>Where the chain stands: its last group that is on stable storage.</summary>
    public ChainHead Head => Writer.Head;

    /// <summary>The last record that is on stable storage; the default where this life has written none.</summary>
    public Position LastEntry => Writer.LastEntry;

    /// <summary>Memory for at-wire marks; its content is to be trusted only if <see cref="Recovery.PageCacheKept"/>,
    /// and else every bit of it is set until it is wiped.</summary>
    public IScratch Marks => _scratch.Slots;

    /// <summary>The longest append in octets, envelope and all, that fits in a segment.</summary>
    public int MostOctets => Writer.MostOctets;

    private JournalWriter Writer =>
        _writer ?? throw new InvalidOperationException("the journal has not been recovered");

    private Housekeeping Keeper =>
        _housekeeping ?? throw new InvalidOperationException("the journal has not been recovered");

    /// <exception cref="SpoolUnusableException">Written by a newer version; the message says what to do.</exception>
    public static MailJournal Open(IDisk disk, JournalSettings settings, TimeProvider time, IThreads threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.SegmentSize, 64 << 10);
        disk.CreateFolder(JournalFiles.Segments);
        disk.CreateFolder(JournalFiles.Records);
        disk.CreateFolder(JournalFiles.Quarantine);
        disk.SyncFolder("");
        Catalogue.Read(disk, []);
        return new MailJournal(disk, settings, time, threads);
    }

    /// <summary>
    /// Gives everything after <paramref name="from"/> (null: from the oldest record kept) in order, and readies the
    /// journal for appends. Once, before the first append. Damage is reported, not thrown. What is given is on stable
    /// storage.
    /// </summary>
    /// <param name="from">The last position that the index has taken: it, and what is before it, is not given.</param>
    public Recovery Recover(Position? from, Action<Position, JournalRecord> replay)
    {
        if (_writer is not null)
            throw new InvalidOperationException("the journal is recovered once");
        var recovery = new JournalRecovery(_disk, _time, _scratch);
        var found = recovery.Run(from, replay);
        var active = recovery.Active!;
        _housekeeping = new Housekeeping(_disk, _settings, _threads);
        foreach (var segment in recovery.Segments)
            if (segment.HasBodies && segment.Number != active.Number)
                _housekeeping.Retired(segment.Number, segment.Cut ?? 0, segment.HasRecords);
        var state = new JournalState(_scratch, _durable, _housekeeping, _threads);
        _writer = new JournalWriter(_disk, _settings, _time, state, active);
        return found;
    }

    /// <summary>Completes when durable.</summary>
    /// <param name="urgent">Sync now; else with the next sync, after the patience of the settings at the
    /// latest.</param>
    /// <exception cref="SpoolFailedException">The disk failed.</exception>
    /// <exception cref="ArgumentException">Longer than <see cref="MostOctets"/>, or a body with a record that has
    /// none.</exception>
    public Task AppendAsync(Entry entry, bool urgent)
    {
        var frame = Frame.Of(entry);
        return Enqueue(frame, frame.Octets, urgent).Task;
    }

    /// <summary>As above, for several that are there all or none, next to each other and in this order.</summary>
    public Task AppendAsync(IReadOnlyList<Entry> entries, bool urgent)
    {
        if (entries.Count == 0)
            return Task.CompletedTask;
        var first = Frame.Of(entries[0]);
        var (last, octets) = (first, first.Octets);
        for (var i = 1; i < entries.Count; i++)
        {
            last.Next = Frame.Of(entries[i]);
            last = last.Next;
            octets += last.Octets;
        }

        return Enqueue(first, octets, urgent).Task;
    }

    /// <summary>Writes a piece of a body ahead of the record that will name it. Completes when written, not
    /// synced.</summary>
    /// <param name="piece">Not empty; must not change until completion.</param>
    /// <exception cref="SpoolFailedException">The disk failed.</exception>
    public async Task<BodyPiece> AppendBodyPieceAsync(ReadOnlyMemory<byte> piece)
    {
        var frame = Frame.OfBody(piece);
        await Enqueue(frame, frame.Octets, urgent: false).Task;
        return frame.Piece;
    }

    /// <summary>What is durable, in order, for the index. One reader. Waits for at least one.</summary>
    public ValueTask<IReadOnlyList<Entry>> TakeDurableAsync(int most, CancellationToken cancel) =>
        _durable.TakeAsync(most, cancel);

    /// <summary>Reads a piece of a body back, written or durable.</summary>
    /// <param name="into">As long as the piece.</param>
    /// <exception cref="DamagedBodyException">It is not what was written, or no longer there.</exception>
    public void ReadBody(BodyPiece piece, Span<byte> into) => BodyReader.Read(_disk, piece, into);

    /// <summary>Nobody needs the bodies of this segment any more: its space is given back or used again.</summary>
    /// <exception cref="InvalidOperationException">The segment is not
    /// <see cref="SegmentFacts.Releasable"/>.</exception>
    public void ReleaseBodies(int segment) => Keeper.Release(segment);

    /// <summary>Completes when the segments retired so far are <see cref="SegmentFacts.Releasable"/>, or could not be
    /// made so, which <see cref="Damage"/> tells.</summary>
    public Task TidiedAsync() => Keeper.TidiedAsync();

    /// <summary>Gives back the space of all bodies of a segment but these; completes when that is done, or was given up
    /// because the disk would not, which <see cref="Damage"/> tells.</summary>
    /// <param name="live">Where in the segment the pieces begin that somebody needs: their
    /// <see cref="BodyPiece.Offset"/>.</param>
    /// <exception cref="InvalidOperationException">The segment is not
    /// <see cref="SegmentFacts.Releasable"/>.</exception>
    public Task CompactAsync(int segment, IReadOnlySet<int> live) => Keeper.CompactAsync(segment, live);

    /// <summary>False: a segment that nobody needs any more is not used again as it is, so that nothing old stands
    /// behind the end of a new one.</summary>
    public bool Recycles
    {
        set => Keeper.Recycles = value;
    }

    /// <summary>Ends the active segment, if anything stands in it: from then on it can be gone through.</summary>
    /// <exception cref="SpoolFailedException">The disk failed, or the journal is closed.</exception>
    public Task RollAsync() => Writer.RollAsync();

    /// <summary>As <see cref="CompactAsync"/>, and what is given back is overwritten first.</summary>
    /// <exception cref="OperationCanceledException">The journal is at its end.</exception>
    /// <exception cref="IOException">The disk would not.</exception>
    public Task WipeAsync(int segment, IReadOnlySet<int> live) => Keeper.WipeAsync(segment, live);

    /// <summary>Does something with the files of retired segments, on the thread that looks after them; not while a
    /// verification reads.</summary>
    /// <exception cref="OperationCanceledException">The journal is at its end.</exception>
    /// <exception cref="IOException">The disk would not.</exception>
    internal Task<T> AsideAsync<T>(Func<IDisk, T> work) => Keeper.AsideAsync(work);

    /// <summary>Verifies all up to the last group that is on stable storage now, beside the writer; until that is done
    /// no space is given back.</summary>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<VerifyReport> VerifyAsync(ChainWitness witness, CancellationToken cancel)
    {
        await Keeper.HoldAsync();
        try
        {
            var to = Head.End;
            VerifyReport? report = null;
            Exception? why = null;
            var done = Promise.New();
            _threads.Start("postroom audit", () =>
            {
                try
                {
                    report = JournalCheck.VerifyTo(_disk, to, witness, cancel);
                }
                catch (Exception e)
                {
                    why = e; // thrown where it is waited for
                }

                done.SetResult();
                return false;
            }).Wake();
            await done.Task;
            if (why is not null)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(why);
            return report!;
        }
        finally
        {
            Keeper.Unhold();
        }
    }

    /// <summary>Writes and syncs what is pending, and notes the clean stop.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
            await _writer.StopAsync();
        if (_housekeeping is not null)
            await _housekeeping.StopAsync();
        _scratch.Dispose();
    }

    private Append Enqueue(Frame first, int octets, bool urgent)
    {
        if (octets > Writer.MostOctets)
            throw new ArgumentException($"{octets} octets do not fit in a segment; {Writer.MostOctets} would");
        var append = new Append(first, octets, urgent);
        Writer.Enqueue(append);
        return append;
    }
}
