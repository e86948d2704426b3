using System.Buffers;
using System.Collections.Frozen;

namespace Postroom.Mail.Routing;

/// <summary>A list of address patterns, made ready to be asked for every recipient.</summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>*</c> any address, the null path too;</item>
/// <item><c>&lt;&gt;</c> the null reverse-path;</item>
/// <item><c>example.com</c> and <c>*@example.com</c> this domain, not those below it;</item>
/// <item><c>*.example.com</c> and <c>*@*.example.com</c> the domains below it, not it;</item>
/// <item><c>alice@example.com</c> this address.</item>
/// </list>
/// Domains match in either case (RFC 5321 §2.4). So do local parts, though the RFC would let a host tell Alice from
/// alice: no administrator who writes one means only one of them.
/// A list that begins with <c>*</c> costs one comparison; any other a lookup for each label of the domain.
/// </remarks>
internal sealed class AddressPatterns
{
    private static readonly SearchValues<char> NeverInside = SearchValues.Create("*<>, \t\r\n");

    private readonly bool _any;
    private readonly bool _null;
    private readonly Lookup _addresses;
    private readonly Lookup _domains;
    private readonly Lookup _below;

    /// <exception cref="ArgumentException">One of them is no pattern; the message says why.</exception>
    public AddressPatterns(IReadOnlyList<string> patterns)
    {
        List<string> addresses = [], domains = [], below = [];
        foreach (var pattern in patterns)
        {
            if (Complaint(pattern) is { } complaint)
                throw new ArgumentException(complaint, nameof(patterns));
            var text = pattern.StartsWith("*@", StringComparison.Ordinal) ? pattern[2..] : pattern;
            if (text == "*")
                _any = true;
            else if (text == "<>")
                _null = true;
            else if (text.StartsWith("*.", StringComparison.Ordinal))
                below.Add(text[2..]);
            else
                (text.Contains('@') ? addresses : domains).Add(text);
        }

        (_addresses, _domains, _below) = (new Lookup(addresses), new Lookup(domains), new Lookup(below));
    }

    /// <summary>What is wrong with a pattern, as a sentence for the person who wrote it; null if nothing.</summary>
    public static string? Complaint(string pattern)
    {
        if (pattern is "*" or "<>" or "*@*")
            return null;
        var rest = pattern.StartsWith("*@", StringComparison.Ordinal) ? pattern.AsSpan(2) : pattern;
        if (rest.StartsWith("*."))
            rest = rest[2..];
        if (rest.IsEmpty)
            return $"'{pattern}' names no domain";
        if (rest.ContainsAny(NeverInside))
            return $"'{pattern}' is no pattern: use *, <>, example.com, *.example.com or alice@example.com";
        var at = rest.LastIndexOf('@');
        if (at == 0 || at == rest.Length - 1 || (at > 0 && rest.Length < pattern.Length))
            return $"'{pattern}' is neither a domain nor an address: use example.com, "
                + "*.example.com or alice@example.com";
        return rest[(at + 1)..].StartsWith(".") ? $"'{pattern}': a domain does not begin with a dot" : null;
    }

    /// <param name="address">Without angle brackets; empty for the null path.</param>
    public bool Match(string address)
    {
        if (_any)
            return true;
        if (address.Length == 0)
            return _null;
        if (_addresses.Has(address))
            return true;
        var at = address.LastIndexOf('@');
        return at >= 0 && (_domains.Has(address.AsSpan(at + 1)) || MatchBelow(address.AsSpan(at + 1)));
    }

    private bool MatchBelow(ReadOnlySpan<char> domain)
    {
        if (_below.IsEmpty)
            return false;
        for (var dot = domain.IndexOf('.'); dot >= 0; dot = domain.IndexOf('.'))
        {
            domain = domain[(dot + 1)..];
            if (_below.Has(domain))
                return true;
        }

        return false;
    }

    private readonly struct Lookup(List<string> names)
    {
        private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _names =
            names.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

        public bool IsEmpty { get; } = names.Count == 0;

        public bool Has(ReadOnlySpan<char> name) => !IsEmpty && _names.Contains(name);
    }
}
