using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Postroom.Mail.Authentication;

/// <summary>What SPF is judged for.</summary>
/// <param name="Domain">Whose record: the domain of the reverse-path (RFC 7208 §2.4).</param>
/// <param name="Address">From where the receiver sees the mail come.</param>
/// <param name="Sender">The reverse-path, without brackets.</param>
/// <param name="Now">The instant, which a macro of explanations stands for.</param>
public sealed record SpfAsked(string Domain, IPAddress Address, string Sender, DateTimeOffset Now)
{
    /// <summary>What the client says in EHLO.</summary>
    public string Helo { get; init; } = "unknown";
}

/// <summary>What SPF says.</summary>
/// <param name="Why">Which mechanism of which record, or what is wrong, as words to follow “because”.</param>
public sealed record SpfResult(Verdict Verdict, string Why)
{
    /// <summary>Terms that asked DNS, of at most 10 (RFC 7208 §4.6.4).</summary>
    public int Terms { get; init; }

    /// <summary>Terms whose question found nothing, of at most 2 (RFC 7208 §4.6.4).</summary>
    public int Voids { get; init; }

    /// <summary>What the domain has receivers say of a fail (RFC 7208 §6.2); null where it says nothing.</summary>
    public string? Explanation { get; init; }
}

/// <summary>check_host() of RFC 7208 §4.</summary>
/// <remarks>
/// A void lookup is counted for each term whose own question finds nothing; the addresses of a host that MX or PTR
/// named are not counted: a host with addresses of one version alone is no mistake.
/// </remarks>
public sealed class SpfCheck
{
    /// <summary>Terms that ask, of one check (§4.6.4).</summary>
    public const int MostTerms = 10;

    private const int MostVoids = 2;
    private const int MostNames = 10;

    private readonly Known _known;
    private readonly SpfAsked _asked;
    private readonly RecordType _family;

    private int _terms;
    private int _voids;
    private SpfResult? _stop;
    private (string Spec, string Domain)? _explanation;

    private SpfCheck(Known known, SpfAsked asked)
    {
        _known = known;
        _asked = asked;
        _family = asked.Address.AddressFamily == AddressFamily.InterNetwork ? RecordType.A : RecordType.Aaaa;
    }

    /// <summary>Judges; null while questions are open.</summary>
    public static SpfResult? Of(Known known, SpfAsked asked)
    {
        var address = asked.Address.IsIPv4MappedToIPv6 ? asked.Address.MapToIPv4() : asked.Address;
        var sender = asked.Sender.StartsWith('@') ? "postmaster" + asked.Sender
            : asked.Sender.Contains('@', StringComparison.Ordinal) ? asked.Sender : "postmaster@" + asked.Domain;
        var check = new SpfCheck(known, asked with { Address = address, Sender = sender });
        if (check.Host(DomainName.Of(asked.Domain), isIncluded: false) is not { } result)
            return null;
        if (result.Verdict == Verdict.Fail && check._explanation is var (spec, domain))
        {
            if (check.Explained(spec, domain) is not { } explanation)
                return null;
            result = result with { Explanation = explanation.Length > 0 ? explanation : null };
        }

        return result with { Terms = check._terms, Voids = check._voids };
    }

    // §4.3 to §4.7.
    private SpfResult? Host(string domain, bool isIncluded)
    {
        if (!DomainName.IsQualified(domain))
            return new(Verdict.None, $"{Printable.Of(domain)} is no domain that could have a record");
        if (_known.Of(domain, RecordType.Txt) is not { } answer)
            return null;
        if (answer.Outcome == DnsOutcome.Failed)
            return new(Verdict.TempError, $"DNS does not say what the record of {domain} is: {answer.Why}");
        var found = SpfRecord.Among(answer.Records);
        if (found.Count != 1)
            return found.Count == 0
                ? new(Verdict.None, $"{domain} publishes no SPF record")
                : new(Verdict.PermError, string.Create(CultureInfo.InvariantCulture,
                    $"{domain} publishes {found.Count} SPF records, and one is all that there may be"));
        var record = SpfRecord.Of(found[0]);
        if (record.Flaw is { } flaw)
            return new(Verdict.PermError, $"the record of {domain} is wrong: {flaw}");
        foreach (var term in record.Terms)
        {
            var matches = Matches(term, domain);
            if (_stop is not null || matches is null)
                return _stop;
            if (matches is false)
                continue;
            if (!isIncluded && record.Explanation is { } explanation)
                _explanation = (explanation, domain);
            return new(term.Verdict, $"{term.Text} of the record of {domain} matches");
        }

        return record.Redirect is { } redirect
            ? Redirected(redirect, domain, isIncluded)
            : new(Verdict.Neutral, $"nothing in the record of {domain} matches");
    }

    private SpfResult? Redirected(string spec, string domain, bool isIncluded)
    {
        if (!Count())
            return _stop;
        if (NameOf(spec, domain) is not { } target)
            return null;
        var result = Host(target, isIncluded);
        return result is { Verdict: Verdict.None }
            ? new(Verdict.PermError, $"the record of {domain} redirects to that of {target}, and {result.Why}")
            : result;
    }

    // Null: a question is open, or all has stopped.
    private bool? Matches(SpfTerm term, string domain)
    {
        if (term.Asks && !Count())
            return null;
        if (!term.Asks)
            return term.Kind == SpfKind.All || term.Covers(term.Network!, _asked.Address);
        if ((term.Domain is { } spec ? NameOf(spec, domain) : domain) is not { } target)
            return null;
        return term.Kind switch
        {
            SpfKind.Include => Included(target, domain),
            SpfKind.A => HasAddress(target, term, isCounted: true),
            SpfKind.Mx => HasExchange(target, term),
            SpfKind.Ptr => HasName(target),
            _ => Exists(target),
        };
    }

    // §5.2.
    private bool? Included(string target, string domain)
    {
        if (Host(target, isIncluded: true) is not { } inner)
            return null;
        if (inner.Verdict is Verdict.TempError or Verdict.PermError or Verdict.None)
            _stop ??= inner.Verdict == Verdict.None
                ? new(Verdict.PermError, $"the record of {domain} includes {target}, and {inner.Why}") : inner;
        return _stop is null ? inner.Verdict == Verdict.Pass : null;
    }

    private bool? Exists(string target) =>
        Asked(target, RecordType.A, isCounted: true) is { } answer ? answer.Outcome == DnsOutcome.Found : null;

    private bool? HasAddress(string target, SpfTerm term, bool isCounted) =>
        Asked(target, _family, isCounted) is { } answer
            ? answer.Records.Any(one => IPAddress.TryParse(one, out var at) && term.Covers(at, _asked.Address)) : null;

    // §5.4.
    private bool? HasExchange(string target, SpfTerm term)
    {
        if (Asked(target, RecordType.Mx, isCounted: true) is not { } answer)
            return null;
        if (answer.Records.Count > MostNames)
        {
            _stop = new(Verdict.PermError, $"{target} has more than {MostNames} MX records");
            return null;
        }

        // All are asked for at once; what comes of them counts in their order.
        if (answer.Records.Select(host => _known.Of(host, _family)).ToList().Contains(null))
            return null;
        foreach (var host in answer.Records)
            if (HasAddress(host, term, isCounted: false) is not false and var has)
                return has;
        return false;
    }

    // §5.5. Who cannot say which names an address has is taken for one without.
    private bool? HasName(string target) => Names(isCounted: true) is { } names
        ? names.Any(name => DomainName.IsWithin(name, DomainName.Of(target))) : null;

    // The names of the address that have this address; null while that is open.
    private List<string>? Names(bool isCounted)
    {
        if (_known.Of(SpfMacros.Reversed(_asked.Address), RecordType.Ptr) is not { } answer)
            return null;
        if (isCounted && answer.IsVoid && !CountVoid())
            return null;
        var names = answer.Records.Take(MostNames).Select(DomainName.Of).ToList();
        var addresses = names.Select(name => _known.Of(name, _family)).ToList();
        return addresses.Contains(null) ? null : [.. names.Where((_, i) => addresses[i]!.Records.Any(one =>
            IPAddress.TryParse(one, out var at) && at.Equals(_asked.Address)))];
    }

    private DnsAnswer? Asked(string name, RecordType type, bool isCounted)
    {
        if (_known.Of(name, type) is not { } answer)
            return null;
        if (answer.Outcome == DnsOutcome.Failed)
        {
            _stop = new(Verdict.TempError, $"DNS does not say what {Printable.Of(name)} is: {answer.Why}");
            return null;
        }

        return isCounted && answer.IsVoid && !CountVoid() ? null : answer;
    }

    private bool Count()
    {
        if (++_terms > MostTerms)
            _stop = new(Verdict.PermError, $"the record asks DNS more than {MostTerms} times (RFC 7208 §4.6.4)");
        return _stop is null;
    }

    private bool CountVoid()
    {
        if (++_voids > MostVoids)
            _stop = new(Verdict.PermError,
                $"more than {MostVoids} terms of the record name what is not there (RFC 7208 §4.6.4)");
        return _stop is null;
    }

    private string? NameOf(string spec, string domain) =>
        SpfMacros.Expand(spec, letter => ValueOf(letter, domain)) is { } name
            ? DomainName.Shortened(name.EndsWith('.') ? name[..^1] : name) : null;

    // §6.2: of an explanation with anything wrong there is none.
    private string? Explained(string spec, string domain)
    {
        if (NameOf(spec, domain) is not { } name || _known.Of(name, RecordType.Txt) is not { } answer)
            return null;
        if (answer.Records is not [var text] || text.Length > 1_000
            || !text.Split(' ').All(SpfMacros.IsMacroString))
            return "";
        return SpfMacros.Expand(text, letter => ValueOf(letter, domain)) is { } said ? Printable.Of(said) : null;
    }

    // §7.2, §7.3. Null: it is not known yet.
    private string? ValueOf(char letter, string domain)
    {
        var at = _asked.Sender.LastIndexOf('@');
        return letter switch
        {
            's' => _asked.Sender,
            'l' => _asked.Sender[..at],
            'o' => _asked.Sender[(at + 1)..],
            'd' => domain,
            'i' => SpfMacros.Dotted(_asked.Address),
            'p' => Names(isCounted: false) is { } names
                ? names.Find(name => name == domain) ?? names.Find(name => DomainName.IsWithin(name, domain))
                    ?? names.FirstOrDefault() ?? "unknown"
                : null,
            'h' => _asked.Helo,
            'c' => _asked.Address.ToString(),
            'r' => "unknown",
            't' => _asked.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            _ => SpfMacros.Family(_asked.Address),
        };
    }
}
