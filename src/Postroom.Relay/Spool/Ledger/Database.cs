using System.Globalization;
using SQLitePCL;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>One connection to the ledger's file, for one thread at a time.</summary>
/// <remarks>
/// SQLite's own calls and not ADO.NET: the ledger binds some thirty values a mail, and boxing them would cost more
/// than storing them.
/// </remarks>
internal sealed class Database : IDisposable
{
    private const int CacheKibibytes = 6 * 1024;
    private const int BusyMilliseconds = 5_000;
    private readonly sqlite3 _handle;

    // SQLite counts its memory under one lock of the whole process, at every allocation; nobody asks for the count.
    static Database()
    {
        Batteries_V2.Init();
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0); // too late if SQLite is in use here already: no harm
    }

    private Database(sqlite3 handle, string file) => (_handle, File) = (handle, file);

    public string File { get; }

    /// <summary>Told when a call finds the file damaged.</summary>
    public Action<LedgerCorruptException>? FoundDamage { get; set; }

    /// <summary>
    /// The writer's connection, which creates the file; its log is copied back by <see cref="Checkpoint"/>.
    /// </summary>
    /// <remarks>
    /// WAL with synchronous=NORMAL may lose its newest transactions at a power cut, together with the position they
    /// carry, and the journal feeds them again. With FULL each batch would cost a sync that buys nothing.
    /// </remarks>
    public static Database OpenToWrite(string file)
    {
        var database = Open(file, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        try
        {
            database.Execute("PRAGMA journal_mode=WAL");
            database.Execute("PRAGMA wal_autocheckpoint=16384");
            database.Execute("PRAGMA journal_size_limit=67108864");
            database.Tune(CacheKibibytes);
            return database;
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A connection that cannot write.</summary>
    public static Database OpenToRead(string file)
    {
        var database = Open(file, raw.SQLITE_OPEN_READONLY);
        try
        {
            database.Tune(CacheKibibytes / 3);
            return database;
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException)
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>A function of a text, which may be null, and a number, for the queries of this connection.</summary>
    public void Define(string name, Func<string?, long, bool> holds) => Check(raw.sqlite3_create_function(
        _handle, name, 2, raw.SQLITE_UTF8, null, (context, _, given) =>
        {
            var text = raw.sqlite3_value_text(given[0]).utf8_to_string();
            raw.sqlite3_result_int(context, holds(text, raw.sqlite3_value_int64(given[1])) ? 1 : 0);
        }));

    /// <summary>A function of two numbers.</summary>
    public void Define(string name, Func<long, long, bool> holds) => Check(raw.sqlite3_create_function(
        _handle, name, 2, raw.SQLITE_UTF8, null, (context, _, given) => raw.sqlite3_result_int(context,
            holds(raw.sqlite3_value_int64(given[0]), raw.sqlite3_value_int64(given[1])) ? 1 : 0)));

    /// <summary>A function of two numbers that ends its statement with an error where it says no.</summary>
    public void DefineGuard(string name, Func<long, long, bool> passes) => Check(raw.sqlite3_create_function(
        _handle, name, 2, raw.SQLITE_UTF8, null, (context, _, given) =>
        {
            if (passes(raw.sqlite3_value_int64(given[0]), raw.sqlite3_value_int64(given[1])))
                raw.sqlite3_result_int(context, 1);
            else
                raw.sqlite3_result_error(context, name);
        }));

    /// <summary>A mistake in it shows when it is first used.</summary>
    public Statement Prepare(string sql) => new(this, sql);

    /// <summary>For the statement itself.</summary>
    public sqlite3_stmt Compile(string sql)
    {
        Check(raw.sqlite3_prepare_v2(_handle, sql, out var statement));
        return statement;
    }

    public void Execute(string sql)
    {
        using var statement = Prepare(sql);
        while (statement.Step())
        {
            // A pragma answers with a row that nobody needs here.
        }
    }

    /// <summary>The first column of the first row as a number; 0 if there is no row.</summary>
    public long Number(string sql)
    {
        using var statement = Prepare(sql);
        return statement.Step() ? statement.Long(0) : 0;
    }

    /// <summary>Rolls back what is open; SQLite may already have done so itself.</summary>
    public void Abandon()
    {
        if (raw.sqlite3_get_autocommit(_handle) == 0)
            Execute("ROLLBACK");
    }

    /// <summary>Copies the write-ahead log back into the file, as far as no reader is in the way.</summary>
    public void Checkpoint() => Check(raw.sqlite3_wal_checkpoint_v2(
        _handle, null!, raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _));

    /// <summary>The same, and then the log is empty; unless a reader holds on to it for longer than one
    /// waits.</summary>
    public void EmptyLog()
    {
        var code = raw.sqlite3_wal_checkpoint_v2(_handle, null!, raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        if ((code & 0xff) != raw.SQLITE_BUSY)
            Check(code);
    }

    /// <summary>Fails if a call of SQLite's did.</summary>
    public void Check(int code)
    {
        if (code is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)
            return;
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"{File}: {raw.sqlite3_errmsg(_handle).utf8_to_string()} (SQLite {raw.sqlite3_extended_errcode(_handle)})");
        throw (code & 0xff) switch
        {
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Damaged(message),
            raw.SQLITE_FULL => new DiskFullException(message),
            _ => new IOException(message),
        };
    }

    public void Dispose() => _handle.Dispose();

    private LedgerCorruptException Damaged(string message)
    {
        var damage = new LedgerCorruptException(message) { IsOfFile = true };
        FoundDamage?.Invoke(damage);
        return damage;
    }

    private static Database Open(string file, int flags)
    {
        var code = raw.sqlite3_open_v2(file, out var handle, flags | raw.SQLITE_OPEN_NOMUTEX, null);
        var database = new Database(handle, file);
        try
        {
            database.Check(code);
            database.Check(raw.sqlite3_busy_timeout(handle, BusyMilliseconds));
            return database;
        }
        catch (Exception e) when (e is IOException or LedgerCorruptException)
        {
            database.Dispose();
            throw;
        }
    }

    private void Tune(int cacheKibibytes)
    {
        Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA cache_size=-{cacheKibibytes}"));
        Execute("PRAGMA temp_store=MEMORY");
        Execute("PRAGMA synchronous=NORMAL");
        Execute("PRAGMA mmap_size=0");
        Execute("PRAGMA trusted_schema=OFF");
    }
}
