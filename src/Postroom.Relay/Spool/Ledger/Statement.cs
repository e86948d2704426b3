using System.Text;
using SQLitePCL;

namespace Postroom.Relay.Spool.Ledger;

/// <summary>A statement, prepared when it is first used and kept to be used again. Parameters count from 1, columns
/// from 0.</summary>
/// <remarks>Not before: a connection has dozens, and most lives and most readers come to use a few.</remarks>
internal sealed class Statement(Database database, string sql) : IDisposable
{
    private sqlite3_stmt? _handle;
    private byte[] _text = [];

    private sqlite3_stmt Handle => _handle ??= database.Compile(sql);

    /// <summary>The highest number of a parameter in it.</summary>
    public int Parameters => raw.sqlite3_bind_parameter_count(Handle);

    /// <summary>Goes to the next row; false after the last, when the statement is ready to be bound again.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(Handle);
        if (code == raw.SQLITE_ROW)
            return true;
        _ = raw.sqlite3_reset(Handle);
        database.Check(code);
        return false;
    }

    /// <summary>For a statement without rows.</summary>
    public void Run()
    {
        while (Step())
        {
            // RETURNING is not used; a stray row is passed over.
        }
    }

    /// <summary>Gives up the rows that were not read.</summary>
    public void Reset() => _ = raw.sqlite3_reset(Handle);

    public Statement Bind(int parameter, long value)
    {
        database.Check(raw.sqlite3_bind_int64(Handle, parameter, value));
        return this;
    }

    public Statement Bind(int parameter, long? value)
    {
        database.Check(value is { } number
            ? raw.sqlite3_bind_int64(Handle, parameter, number)
            : raw.sqlite3_bind_null(Handle, parameter));
        return this;
    }

    public Statement Bind(int parameter, string? value)
    {
        if (value is null)
        {
            database.Check(raw.sqlite3_bind_null(Handle, parameter));
            return this;
        }

        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (_text.Length < most)
            _text = new byte[Math.Max(most, 512)];
        var length = Encoding.UTF8.GetBytes(value, _text);
        database.Check(raw.sqlite3_bind_text(Handle, parameter, _text.AsSpan(0, length)));
        return this;
    }

    public Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        database.Check(raw.sqlite3_bind_blob(Handle, parameter, value));
        return this;
    }

    public bool IsNull(int column) => raw.sqlite3_column_type(Handle, column) == raw.SQLITE_NULL;

    public long Long(int column) => raw.sqlite3_column_int64(Handle, column);

    public int Int(int column) => raw.sqlite3_column_int(Handle, column);

    public string Text(int column) => raw.sqlite3_column_text(Handle, column).utf8_to_string() ?? "";

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(Handle, column);

    public void Dispose() => _handle?.Dispose();
}
