namespace Postroom.Relay.Spool.Ledger.Search;

/// <summary>
/// Gives each address its number, once: a few thousand people get millions of mails, and a part of an address is looked
/// for here and nowhere else.
/// </summary>
internal sealed class AddressBook(Database database) : IDisposable
{
    private const int MostKnown = 5_000;

    private readonly Statement _find = database.Prepare("SELECT id FROM address WHERE text = ?1");
    private readonly Statement _add = database.Prepare("INSERT INTO address(text) VALUES(?1)");
    private readonly Dictionary<string, long> _known = new(StringComparer.Ordinal);

    /// <summary>To be used within a transaction.</summary>
    public long NumberOf(string address)
    {
        if (_known.TryGetValue(address, out var number))
            return number;
        if (_known.Count == MostKnown)
            _known.Clear();
        if (Find(address) is not { } found)
        {
            _add.Bind(1, address).Run();
            found = Find(address) ?? throw new LedgerCorruptException("an address that was added is not there");
        }

        _known.Add(address, found);
        return found;
    }

    /// <summary>The transaction was taken back, and what it added with it.</summary>
    public void Forget() => _known.Clear();

    public void Dispose()
    {
        _find.Dispose();
        _add.Dispose();
    }

    private long? Find(string address)
    {
        if (!_find.Bind(1, address).Step())
            return null;
        var number = _find.Long(0);
        _find.Reset();
        return number;
    }
}
