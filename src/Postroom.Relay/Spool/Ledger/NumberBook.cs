namespace Postroom.Relay.Spool.Ledger;

/// <summary>Gives what many mails have in common its number, once; a table keeps it.</summary>
/// <param name="find">Asks for the number.</param>
/// <param name="add">Adds a row, with the same parameters.</param>
/// <param name="bind">Fills them in.</param>
/// <param name="most">So many numbers are kept in memory.</param>
internal sealed class NumberBook<T>(Statement find, Statement add, Action<Statement, T> bind, int most) : IDisposable
    where T : notnull
{
    private readonly Dictionary<T, long> _known = [];

    /// <summary>To be used within a transaction.</summary>
    public long NumberOf(T what)
    {
        if (_known.TryGetValue(what, out var number))
            return number;
        if (_known.Count == most)
            _known.Clear();
        if (Find(what) is not { } found)
        {
            bind(add, what);
            add.Run();
            found = Find(what) ?? throw new LedgerCorruptException($"{what} was added and is not there");
        }

        _known.Add(what, found);
        return found;
    }

    /// <summary>The transaction was taken back, and what it added with it.</summary>
    public void Forget() => _known.Clear();

    public void Dispose()
    {
        find.Dispose();
        add.Dispose();
    }

    private long? Find(T what)
    {
        bind(find, what);
        if (!find.Step())
            return null;
        var number = find.Long(0);
        find.Reset();
        return number;
    }
}
