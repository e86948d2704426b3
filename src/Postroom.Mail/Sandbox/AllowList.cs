using System.Buffers;
using System.Collections.Frozen;

namespace Postroom.Mail.Sandbox;

/// <summary>The recipients a rule is for: who is not surely on it is not on it.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>alice@example.com</c> this address;</item>
/// <item><c>@example.com</c> this domain, not those below it;</item>
/// <item><c>qa-*@example.com</c>, <c>*@*.example.com</c> a pattern of whole addresses.</item>
/// </list>
/// Letters in either case. An address is compared as it was given: no other spelling of a domain is guessed.
/// </remarks>
public sealed class AllowList
{
    private static readonly SearchValues<char> NeverInside = SearchValues.Create("<>,; \t\r\n");

    private readonly FrozenSet<string> _addresses;
    private readonly FrozenSet<string> _domains;
    private readonly string[] _patterns;

    /// <exception cref="ArgumentException">One of them is none; the message says why.</exception>
    public AllowList(IReadOnlyList<string> entries)
    {
        foreach (var entry in entries)
            if (Complaint(entry) is { } complaint)
                throw new ArgumentException(complaint, nameof(entries));
        _patterns = [.. entries.Where(Wildcard.IsPattern)];
        var plain = entries.Where(entry => !Wildcard.IsPattern(entry)).ToLookup(entry => entry[0] == '@');
        _domains = plain[true].Select(entry => entry[1..]).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _addresses = plain[false].ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>What is wrong with an entry, as a sentence for the person who wrote it; null if nothing.</summary>
    public static string? Complaint(string entry)
    {
        if (entry == "*")
            return null;
        if (entry.Length == 0 || entry.AsSpan().ContainsAny(NeverInside) || entry.Any(char.IsControl))
            return $"'{entry}' is no recipient: write alice@example.com, @example.com or qa-*@example.com";
        var at = entry.LastIndexOf('@');
        if (at < 0)
            return $"'{entry}' names no address: write @{entry} for a domain, or a whole address";
        return at == entry.Length - 1 || entry[at + 1] == '.'
            ? $"'{entry}' names no domain after its @" : null;
    }

    public bool Has(ForwardPath to)
    {
        if (_addresses.Contains(to.Address) || _domains.Contains(to.Domain)) // no entry has an empty domain
            return true;
        foreach (var pattern in _patterns)
            if (Wildcard.Matches(pattern, to.Address))
                return true;
        return false;
    }
}
