namespace Postroom.Configuration;

/// <summary>What kind of value stands in the file. A value from the environment is <see cref="Written"/>: any of them.</summary>
public enum RawKind { Text, Whole, Switch, List, Written, Other }

/// <summary>A value as a person wrote it, before anybody knows what it should be.</summary>
/// <param name="Text">The text of a string, the digits of a number, <c>true</c> or <c>false</c>.</param>
/// <param name="Items">Of a list.</param>
public sealed record RawValue(RawKind Kind, string Text, IReadOnlyList<RawValue> Items)
{
    public RawValue(RawKind kind, string text) : this(kind, text, []) { }
}

/// <summary>A key with its value, and where both stand.</summary>
public sealed record RawEntry(string Key, RawValue Value, Place KeyPlace, Place ValuePlace);

/// <summary>One table: the root (<c>""</c>), <c>[spool]</c>, or one of several <c>[[route]]</c>.</summary>
public sealed class RawTable(string name, Place place)
{
    private readonly Dictionary<string, RawEntry> _entries = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public Place Place { get; } = place;

    public IReadOnlyDictionary<string, RawEntry> Entries => _entries;

    /// <summary>False if the key is there already.</summary>
    public bool Add(RawEntry entry) => _entries.TryAdd(entry.Key, entry);

    /// <summary>Puts an entry in the place of one that may be there: the environment wins over the file.</summary>
    public void Override(RawEntry entry) => _entries[entry.Key] = entry;
}
