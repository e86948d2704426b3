using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Postroom.Mail.Authentication;

/// <summary>The mechanisms of RFC 7208 §5.</summary>
internal enum SpfKind { All, Include, A, Mx, Ptr, Ip4, Ip6, Exists }

/// <summary>A mechanism with its qualifier (RFC 7208 §4.6.1).</summary>
/// <param name="Text">As it is written.</param>
/// <param name="Verdict">What a match means (§4.6.2).</param>
/// <param name="Domain">The domain-spec, with its macros; null: the domain itself.</param>
internal sealed record SpfTerm(string Text, Verdict Verdict, SpfKind Kind, string? Domain)
{
    /// <summary>Of ip4 and ip6.</summary>
    public IPAddress? Network { get; init; }

    /// <summary>How many bits of an address of version 4 count; 0 to 32.</summary>
    public int Bits4 { get; init; } = 32;

    /// <summary>How many bits of an address of version 6 count; 0 to 128.</summary>
    public int Bits6 { get; init; } = 128;

    /// <summary>Whether it asks DNS, and counts (§4.6.4).</summary>
    public bool Asks => Kind is not (SpfKind.All or SpfKind.Ip4 or SpfKind.Ip6);

    /// <summary>Whether an address is the one given, as far as its bits count.</summary>
    public bool Covers(IPAddress one, IPAddress address)
    {
        if (one.AddressFamily != address.AddressFamily)
            return false;
        var bits = one.AddressFamily == AddressFamily.InterNetwork ? Bits4 : Bits6;
        var (left, right) = (one.GetAddressBytes(), address.GetAddressBytes());
        for (var i = 0; i < left.Length && bits > i * 8; i++)
        {
            var mask = (0xFF00 >> Math.Min(bits - i * 8, 8)) & 0xFF;
            if ((left[i] & mask) != (right[i] & mask))
                return false;
        }

        return true;
    }
}

/// <summary>A record of SPF, read whole before anything of it is judged (RFC 7208 §4.6).</summary>
/// <param name="Flaw">What is wrong with its syntax, in words; null: nothing.</param>
internal sealed partial record SpfRecord(IReadOnlyList<SpfTerm> Terms, string? Flaw)
{
    // A name has room for far less: who writes more wants something else.
    private const int Longest = 16 * 1024;

    /// <summary>The domain-spec of redirect= (§6.1).</summary>
    public string? Redirect { get; init; }

    /// <summary>The domain-spec of exp= (§6.2).</summary>
    public string? Explanation { get; init; }

    /// <summary>Those of a name's TXT records that are SPF's (§4.5).</summary>
    public static List<string> Among(IReadOnlyList<string> texts) =>
        [.. texts.Where(text => text.Equals("v=spf1", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("v=spf1 ", StringComparison.OrdinalIgnoreCase))];

    /// <summary>Reads one.</summary>
    public static SpfRecord Of(string text)
    {
        if (text.Length > Longest)
            return Wrong(string.Create(CultureInfo.InvariantCulture, $"it is longer than {Longest} octets"));
        var record = new SpfRecord([], null);
        var terms = new List<SpfTerm>();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            if (Modifier().Match(word) is { Success: true } modifier)
            {
                var (name, value) = (modifier.Groups[1].Value.ToLowerInvariant(), modifier.Groups[2].Value);
                var isKnown = name is "redirect" or "exp";
                if (name == "redirect" ? record.Redirect is not null : name == "exp" && record.Explanation is not null)
                    return Wrong($"{name}= stands there twice");
                if (isKnown ? !SpfMacros.IsDomainSpec(value) : !SpfMacros.IsMacroString(value))
                    return Wrong($"what follows {name}= cannot be read");
                record = name switch
                {
                    "redirect" => record with { Redirect = value },
                    "exp" => record with { Explanation = value },
                    _ => record,
                };
            }
            else if (Term(word) is { } term)
                terms.Add(term);
            else
                return Wrong($"“{Printable.Of(word.Length > 100 ? word[..100] : word)}” cannot be read");
        }

        return record with { Terms = terms };

        static SpfRecord Wrong(string flaw) => new([], flaw);
    }

    private static SpfTerm? Term(string word)
    {
        if (Mechanism().Match(word) is not { Success: true } parts)
            return null;
        var verdict = parts.Groups["q"].Value switch
        {
            "-" => Verdict.Fail, "~" => Verdict.SoftFail, "?" => Verdict.Neutral, _ => Verdict.Pass,
        };
        var kind = Enum.Parse<SpfKind>(parts.Groups["kind"].Value, ignoreCase: true);
        var (argument, rest) = (parts.Groups["arg"], parts.Groups["rest"].Value);
        var term = new SpfTerm(word, verdict, kind, null);
        if (kind is SpfKind.Ip4 or SpfKind.Ip6)
            return argument.Success ? Addressed(term, argument.Value + rest) : null;
        if (kind is SpfKind.A or SpfKind.Mx)
        {
            // What a domain-spec and two lengths are is seen from the end: a slash may stand in a name too.
            var lengths = Lengths().Match((argument.Success ? argument.Value : "") + rest);
            if (!lengths.Success || (argument.Success && !SpfMacros.IsDomainSpec(lengths.Groups["name"].Value))
                || (!argument.Success && lengths.Groups["name"].Length > 0)
                || Bits(lengths.Groups["four"], 32) is not { } four || Bits(lengths.Groups["six"], 128) is not { } six)
                return null;
            return term with
            {
                Domain = argument.Success ? lengths.Groups["name"].Value : null, Bits4 = four, Bits6 = six,
            };
        }

        if (rest.Length > 0 || (kind == SpfKind.All) == argument.Success && kind != SpfKind.Ptr)
            return null;
        if (argument.Success && !SpfMacros.IsDomainSpec(argument.Value))
            return null;
        return term with { Domain = argument.Success ? argument.Value : null };
    }

    private static SpfTerm? Addressed(SpfTerm term, string text)
    {
        var lengths = OneLength().Match(text);
        var isFour = term.Kind == SpfKind.Ip4;
        if (!lengths.Success || Bits(lengths.Groups["bits"], isFour ? 32 : 128) is not { } bits)
            return null;
        var name = lengths.Groups["name"].Value;
        if (isFour ? !Quad().IsMatch(name) : !name.Contains(':', StringComparison.Ordinal)
            || name.AsSpan().IndexOfAny("%[]/") >= 0)
            return null;
        return IPAddress.TryParse(name, out var network)
            ? term with { Network = network, Bits4 = isFour ? bits : 32, Bits6 = isFour ? 128 : bits } : null;
    }

    // All where nothing is written; null where it is no length.
    private static int? Bits(Group written, int most) => !written.Success ? most
        : written.Value is "0" || (written.Length is > 0 and <= 3 && written.Value[0] != '0')
            ? int.Parse(written.Value, CultureInfo.InvariantCulture) is var bits && bits <= most ? bits : null
            : null;

    // To the very end (\z): a record that was pasted with the end of its line is wrong, and $ would let that pass.
    [GeneratedRegex(@"^([A-Za-z][A-Za-z0-9_.-]*)=(.*)\z", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Modifier();

    [GeneratedRegex(@"^(?<q>[-+~?]?)(?<kind>all|include|a|mx|ptr|ip4|ip6|exists)(?::(?<arg>.*)|(?<rest>/.*))?\z",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Mechanism();

    [GeneratedRegex(@"^(?<name>.*?)(?:/(?<four>[0-9]*))?(?://(?<six>[0-9]*))?\z", RegexOptions.Singleline)]
    private static partial Regex Lengths();

    [GeneratedRegex(@"^(?<name>[^/]*)(?:/(?<bits>[0-9]*))?\z", RegexOptions.Singleline)]
    private static partial Regex OneLength();

    [GeneratedRegex(@"^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!\z)|\z)){4}\z")]
    private static partial Regex Quad();
}
