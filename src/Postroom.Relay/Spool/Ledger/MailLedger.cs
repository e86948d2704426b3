using Postroom.Mail;
using Postroom.Mail.Audit;
using Postroom.Mail.Status;
using Postroom.Relay.Spool.Journal;
using Postroom.Relay.Spool.Journal.Forget;
using Postroom.Relay.Spool.Ledger.Boxes;
using Postroom.Relay.Spool.Ledger.Forget;
using Postroom.Relay.Spool.Ledger.Search;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>
/// The index of the journal, in one SQLite file: what waits, what became of everything, what happened when.
/// </summary>
/// <remarks>
/// The journal is the truth. The ledger takes its records in batches, each in one transaction with the position it
/// then stands at, so it is never ahead of itself: after a power cut it may be behind, and takes the rest again.
/// All members are for one thread at a time; others read through <see cref="OpenReader"/>.
/// A full disk is a <see cref="DiskFullException"/>, any other failure of the file an <see cref="IOException"/>; the
/// batch is then not in, and may be applied again.
/// </remarks>
public sealed class MailLedger : IDisposable
{
    private readonly Database _database;
    private readonly BatchWriter _writer;
    private readonly ApplicationBook _applications;
    private readonly WordIndex _words;
    private readonly Eraser _eraser;
    private readonly MailLoader _loader;
    private readonly Backlog _backlog;
    private readonly Relaner _relaner;
    private readonly PauseBook _pauses;
    private readonly Tally _tally;
    private readonly Statement _position;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly TaskCompletionSource _damaged = Promise.New();
    private MailId _newestMail;
    private DateTimeOffset? _newestSign;

    private MailLedger(Database database)
    {
        _database = database;
        database.FoundDamage = Suspect;
        _applications = new ApplicationBook(database);
        _words = new WordIndex(database);
        _loader = new MailLoader(database);
        _writer = new BatchWriter(database, _loader, _applications, _words);
        _backlog = new Backlog(database);
        _pauses = new PauseBook(database);
        _tally = new Tally(database);
        _eraser = new Eraser(database, _tally, _loader, _words, _applications);
        Oblivion = new Oblivion(database);
        _relaner = new Relaner(database, _tally);
        _position = database.Prepare(
            "INSERT OR REPLACE INTO position(id, segment, place, newest) VALUES(1, ?1, ?2, ?3)");
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        ReadPosition();
    }

    /// <summary>Told of what happened when it is in, in order; must be quick, and not throw. Null: nobody.</summary>
    public Action<IReadOnlyList<TrailEvent>>? Watcher { get; set; }

    /// <summary>Everything up to and including the record there is in; null while nothing is.</summary>
    public Position? IndexedTo { get; private set; }

    /// <summary>What is to be forgotten, and what is.</summary>
    internal Oblivion Oblivion { get; }

    /// <summary>Fails when the file is found to be damaged: then it is put aside when it is closed.</summary>
    public Task Damaged => _damaged.Task;

    /// <summary>Opens the file, creates it if there is none, and brings its tables up to date.</summary>
    /// <exception cref="LedgerCorruptException">No sound database: put it aside and feed a new one.</exception>
    /// <exception cref="SpoolUnusableException">Written by a newer program; the message says what to do.</exception>
    public static MailLedger Open(string file)
    {
        var database = Database.OpenToWrite(file);
        try
        {
            Schema.Migrate(database, () => Reindex(database), () => BoxBook.AddAll(database));
            return new MailLedger(database);
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException or SpoolUnusableException)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Renames a damaged file, for a person to look at; the next one is fed anew.</summary>
    public static void PutAside(string file)
    {
        foreach (var part in (string[])["", "-wal", "-shm"])
            if (File.Exists(file + part))
                File.Move(file + part, $"{file}.damaged{part}", overwrite: true);
    }

    /// <summary>Somebody who reads met damage. A row that makes no sense condemns no file.</summary>
    public void Suspect(LedgerCorruptException damage)
    {
        if (damage.IsOfFile)
            _damaged.TrySetException(new SpoolFailedException(
                $"the index is damaged, and the next start builds it anew: {damage.Message}", damage));
        _ = _damaged.Task.Exception; // looked at: nobody has to
    }

    /// <summary>Reads a ledger whose service may be down.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="LedgerCorruptException">No sound database.</exception>
    /// <exception cref="SpoolUnusableException">Written by a newer program, or not a ledger at all.</exception>
    public static ISpoolIndexReader OpenReadOnly(string file) => LedgerReader.Open(file, TimeProvider.System);

    /// <summary>
    /// Takes records in, in the order of the journal; those at or before <see cref="IndexedTo"/> are passed over.
    /// </summary>
    /// <param name="laneOf">Gives new mail its lane, and mail that waits again.</param>
    public void Apply(IReadOnlyList<(Position At, JournalRecord Record)> batch, LaneOf laneOf)
    {
        if (batch.Count == 0 || batch[^1].At <= IndexedTo)
            return;
        InTransaction(() => ApplyWithin(batch, laneOf));
    }

    /// <summary>
    /// Parcels of a lane that wait, in the order of their keys, those after <paramref name="after"/>.
    /// </summary>
    public IReadOnlyList<ParcelRow> Waiting(string lane, DueKey after, int most) => _backlog.Waiting(lane, after, most);

    /// <summary>Leases without an outcome, for recovery.</summary>
    public IReadOnlyList<ParcelRow> Trying() => _backlog.Trying();

    /// <summary>The lanes that have anything waiting or being tried.</summary>
    public IReadOnlyList<LaneUse> Lanes() => _tally.Lanes();

    /// <summary>
    /// Where the bodies lie that are still needed: those of open mail, and of other mail for its time.
    /// Reads as many rows as there is such mail: for the moment when a segment is to go, not for every minute.
    /// </summary>
    public IReadOnlyList<SegmentUse> BodiesNeeded(BodyTimes times) => BodyUse.Of(_database, times);

    /// <summary>The same for one segment: where in it the pieces begin.</summary>
    public IReadOnlySet<int> BodiesNeeded(BodyTimes times, int segment) => BodyUse.In(_database, times, segment);

    /// <summary>What is needed to send a mail; null if there is none of that id.</summary>
    public AcceptedRow? Accepted(MailId id) => _loader.Accepted(id);

    /// <summary>The highest id there is; 0 in an empty ledger.</summary>
    public MailId LastId => _newestMail;

    /// <summary>The recipients of a mail and their states; empty if there is no such mail.</summary>
    public IReadOnlyList<RecipientState> Recipients(MailId id) => _loader.States(id);

    /// <summary>Routes have changed: sorts what waits or is held into its lanes anew, page by page.</summary>
    /// <remarks>What is being tried keeps the lane of its lease, and finds its new one when it waits again.</remarks>
    public void Relane(LaneOf laneOf)
    {
        foreach (var state in (State[])[State.Waiting, State.Held])
            for (var after = new Cursor(new MailId(-1), -1); ;)
            {
                Cursor? next = null;
                InTransaction(() =>
                {
                    next = _relaner.Page(state, after, laneOf);
                    _commit.Run();
                });
                if (next is not { } cursor)
                    break;
                after = cursor;
            }
    }

    /// <summary>Times in which mail of this lane did not age, in order; what overlaps is one.</summary>
    public IReadOnlyList<LanePause> Pauses(string lane) => _pauses.Of(lane);

    /// <summary>
    /// What the journal said and the life of a recipient does not allow, oldest first: each is a bug's trace.
    /// </summary>
    public IReadOnlyList<string> Anomalies(int most)
    {
        using var rows = _database.Prepare(
            "SELECT segment || ':' || place || ' ' || what FROM anomaly ORDER BY id LIMIT ?1");
        rows.Bind(1, most);
        var found = new List<string>();
        while (rows.Step())
            found.Add(rows.Text(0));
        return found;
    }

    /// <summary>Copies the write-ahead log back into the file: when the feeder is idle, or the log has grown.</summary>
    /// <remarks>A commit does it of itself only past 64 MB of log, for that pause would come at random.</remarks>
    public void Checkpoint()
    {
        _pauses.ForgetWhatAgesNothing();
        _database.Checkpoint();
    }

    /// <summary>As <see cref="Checkpoint"/>, and the log is empty then: what was in the file before is nowhere any
    /// more.</summary>
    public void EmptyLog() => _database.EmptyLog();

    /// <summary>Reads beside this writer, on connections of its own, from any thread.</summary>
    public ISpoolIndexReader OpenReader(TimeProvider time) => LedgerReader.Beside(_database.File, time);

    public void Dispose()
    {
        _writer.Dispose();
        _words.Dispose();
        _applications.Dispose();
        _eraser.Dispose();
        _loader.Dispose();
        _backlog.Dispose();
        _relaner.Dispose();
        _pauses.Dispose();
        _tally.Dispose();
        _position.Dispose();
        _begin.Dispose();
        _commit.Dispose();
        _database.Dispose();
        if (_damaged.Task.IsFaulted)
            PutAside(_database.File);
    }

    private static void Reindex(Database database)
    {
        using var loader = new MailLoader(database);
        using var words = new WordIndex(database);
        words.AddAll(loader);
    }

    private void ApplyWithin(IReadOnlyList<(Position At, JournalRecord Record)> records, LaneOf laneOf)
    {
        var watcher = Watcher;
        List<TrailEvent>? told = watcher is null ? null : [];
        var (newestSign, newestMail) = (_newestSign, _newestMail);
        var batch = Begin();
        foreach (var (at, record) in records)
        {
            if (at <= IndexedTo)
                continue;
            var lastSign = Later(batch.Newest, newestSign);
            if (record is ForgottenRecord forgotten)
            {
                End();
                _eraser.Forget(forgotten);
                continue;
            }

            batch.Add(at, record);
            if (record is not NotedRecord { Event: { Mail: null } happened })
                continue;
            _pauses.Note(happened, lastSign);
            if (happened is { Kind: EventKind.Forgotten, Text: Voucher.AllErased })
                _eraser.Done(); // it can only be by those before it: one erases at a time
            if (happened.Kind == EventKind.Forgotten && Voucher.Read(happened.Text) is { Until: { } until } gone)
            {
                End();
                _eraser.Drop(gone.Segment, until);
            }
        }

        End();
        _tally.Write();
        var to = records[^1].At;
        _position.Bind(1, to.Segment).Bind(2, to.Offset).Bind(3, newestSign?.UtcTicks ?? 0).Run();
        _commit.Run();
        (IndexedTo, _newestSign, _newestMail) = (to, newestSign, newestMail);
        if (told is { Count: > 0 })
            watcher!(told);

        Batch Begin()
        {
            var known = newestMail;
            return new Batch(id => id > known ? null : _loader.Load(id), _eraser.IsForgotten, laneOf) { Told = told };
        }

        void End()
        {
            _writer.Write(batch, _tally);
            newestSign = Later(batch.Newest, newestSign);
            newestMail = batch.NewestMail > newestMail ? batch.NewestMail : newestMail;
            batch = Begin();
        }
    }

    /// <summary>The work ends with the commit; what does not get there is taken back.</summary>
    private void InTransaction(Action work)
    {
        _begin.Run();
        var done = false;
        try
        {
            work();
            done = true;
        }
        finally
        {
            if (!done)
            {
                _database.Abandon();
                _tally.Reload();
                _applications.Forget();
                _words.Forget();
            }
        }
    }

    private void ReadPosition()
    {
        _newestMail = new MailId(Math.Max(
            _database.Number("SELECT max(id) FROM mail"), _database.Number("SELECT max(mail) FROM forgotten")));
        using var row = _database.Prepare("SELECT segment, place, newest FROM position");
        if (!row.Step())
            return;
        IndexedTo = new Position(row.Int(0), row.Int(1));
        _newestSign = row.Long(2) == 0 ? null : new DateTimeOffset(row.Long(2), TimeSpan.Zero);
    }

    private static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) =>
        a is null || b is null ? a ?? b : a > b ? a : b;
}
