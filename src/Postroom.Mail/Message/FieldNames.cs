using System.Collections.Frozen;

namespace Postroom.Mail.Message;

/// <summary>Header fields that somebody wants to see besides those that are always noted.</summary>
public sealed class FieldNames
{
    /// <summary>The most octets of a name that can be asked for.</summary>
    public const int Longest = 64;

    private readonly FrozenDictionary<string, string> _names;
    private readonly FrozenDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _find;

    /// <param name="names">In any case; each a field-name of RFC 5322 §2.2 of at most <see cref="Longest"/>
    /// octets.</param>
    /// <exception cref="ArgumentException">One is not.</exception>
    public FieldNames(IEnumerable<string> names)
    {
        _names = names.Select(name => IsName(name)
                ? name.ToLowerInvariant() : throw new ArgumentException($"{name} is no field name", nameof(names)))
            .Distinct().ToFrozenDictionary(name => name);
        _find = _names.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static FieldNames None { get; } = new([]);

    public bool IsEmpty => _names.Count == 0;

    /// <summary>Whether a header can have a field of that name, and it can be asked for.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= Longest && name.All(static c => c is > ' ' and < '\x7f' and not ':');

    /// <summary>The name in small letters, of those that are wanted; else null.</summary>
    internal string? Find(ReadOnlySpan<byte> name)
    {
        if (IsEmpty || name.Length > Longest)
            return null;
        Span<char> lower = stackalloc char[Longest];
        for (var i = 0; i < name.Length; i++)
            lower[i] = char.ToLowerInvariant((char)name[i]);
        return _find.TryGetValue(lower[..name.Length], out var known) ? known : null;
    }
}
