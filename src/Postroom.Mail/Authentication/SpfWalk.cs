using System.Globalization;

namespace Postroom.Mail.Authentication;

/// <summary>What a record of SPF is without an address to judge it for.</summary>
/// <param name="Verdict">None, TempError or PermError where every receiver finds that; Neutral: it depends on the
/// address.</param>
/// <param name="Why">What is so, as words to follow “because”; empty for Neutral.</param>
public sealed record SpfShape(Verdict Verdict, string Why)
{
    /// <summary>Terms that ask DNS where nothing matches, of at most 10 (RFC 7208 §4.6.4); past the bound of the walk
    /// it is at least so many.</summary>
    public int Terms { get; init; }

    /// <summary>The domains whose records are included or redirected to, in the order they come.</summary>
    public IReadOnlyList<string> Includes { get; init; } = [];

    /// <summary>The term by which everybody may send, with the domain whose record it stands in; null: there is
    /// none.</summary>
    public string? Open { get; init; }
}

/// <summary>Goes through a record of SPF and all that it includes, as a receiver does for whom nothing matches.
/// </summary>
public sealed class SpfWalk
{
    // Receivers stop at 10: what is said past that is only how much there is to take out.
    private const int Bound = 30;

    private readonly Known _known;
    private readonly List<string> _includes = [];

    private SpfShape? _wrong;
    private string? _everybody;
    private int _terms;
    private bool _isOpen;

    private SpfWalk(Known known) => _known = known;

    /// <summary>Goes through it; null while questions are open.</summary>
    public static SpfShape? Of(Known known, string domain)
    {
        var walk = new SpfWalk(known);
        walk.Go(DomainName.Of(domain), from: null);
        if (walk._isOpen)
            return null;
        var shape = walk._wrong ?? (walk._terms > SpfCheck.MostTerms
            ? new(Verdict.PermError, string.Create(CultureInfo.InvariantCulture,
                $"the record asks DNS {walk._terms} times, and receivers stop at {SpfCheck.MostTerms} "
                    + $"(RFC 7208 §4.6.4)")) : new(Verdict.Neutral, ""));
        return shape with { Terms = walk._terms, Includes = walk._includes, Open = walk._everybody };
    }

    private void Go(string domain, string? from)
    {
        var found = _known.Of(domain, RecordType.Txt);
        _isOpen |= found is null;
        if (found is null || _wrong is not null)
            return;
        var records = SpfRecord.Among(found.Records);
        if (found.Outcome == DnsOutcome.Failed)
            _wrong = new(Verdict.TempError, $"DNS does not say what the record of {domain} is: {found.Why}");
        else if (records.Count != 1)
            _wrong = records.Count > 1
                ? new(Verdict.PermError, $"{domain} publishes several SPF records, and one is all that there may be")
                : from is null ? new(Verdict.None, $"{domain} publishes no SPF record")
                : new(Verdict.PermError, $"the record of {from} includes {domain}, which publishes no SPF record");
        else if (SpfRecord.Of(records[0]) is { Flaw: { } flaw })
            _wrong = new(Verdict.PermError, $"the record of {domain} is wrong: {flaw}");
        else
            Into(SpfRecord.Of(records[0]), domain);
    }

    private void Into(SpfRecord record, string domain)
    {
        var isEnded = false;
        foreach (var term in record.Terms.TakeWhile(_ => !isEnded))
        {
            isEnded = term.Kind == SpfKind.All;
            if (isEnded && term.Verdict == Verdict.Pass)
                _everybody ??= $"{term.Text} in the record of {domain}";
            Count(term.Asks);
            if (term.Kind == SpfKind.Include)
                Follow(term.Domain!, domain);
        }

        if (isEnded || record.Redirect is not { } redirect)
            return;
        Count(true);
        Follow(redirect, domain);
    }

    private void Count(bool asks) => _terms += asks ? 1 : 0;

    // What a macro makes of a name depends on the mail and the address: it is counted and not gone into.
    private void Follow(string spec, string from)
    {
        if (SpfMacros.HasMacros(spec) || _terms >= Bound)
            return;
        var target = DomainName.Of(spec);
        if (!_includes.Contains(target))
            _includes.Add(target);
        Go(target, from);
    }
}
