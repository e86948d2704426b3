using System.Globalization;
using System.Net;
using Postroom.Mail.Authentication;

namespace Postroom.Mail.Content.Checks;

/// <summary>What of a mail its sender is judged by; held while DNS is asked, when the mail itself need not be.
/// </summary>
/// <param name="From">The reverse-path, without brackets; empty: the null path.</param>
/// <param name="Author">The domain of From; null where there is none, or more than one.</param>
public sealed record SenderFacts(string From, string? Author, IReadOnlyList<DkimSignature?> Signatures)
{
    /// <summary>Those of a mail.</summary>
    public static SenderFacts Of(CheckedMail mail) => new(mail.From, mail.Author, DkimSignature.In(mail.Octets));
}

/// <summary>What receivers would find of a sender.</summary>
/// <param name="Results">As behind the name in Authentication-Results (RFC 8601 §2.2).</param>
public sealed record SenderJudgement(IReadOnlyList<Finding> Findings, string Results);

/// <summary>SPF, DKIM and DMARC as a receiver would judge them, with what DNS says.</summary>
public static class AskedSender
{
    /// <summary>The names of the findings that say, where DNS is not asked, what is open; these take their
    /// place.</summary>
    public static IReadOnlySet<string> InPlaceOf { get; } = new HashSet<string>
    {
        "spf-domain", "dkim-body", "dkim-algorithm", "dmarc",
    };

    /// <summary>Judges with what is known. It holds only where no question is open after it.</summary>
    /// <param name="address">From where receivers would see the mail come; null: not known.</param>
    public static SenderJudgement Of(Known known, SenderFacts facts, IPAddress? address, DateTimeOffset now)
    {
        var findings = new List<Finding>();
        var results = new List<string>();
        var vouched = new List<Vouched>();
        var isSilent = false;
        var domain = DomainName.Of(Printable.Of(CheckedMail.DomainOf(facts.From)));
        if (Spf(known, facts.From, domain, address, now) is { } spf)
        {
            findings.AddRange(spf.Findings);
            isSilent |= spf.Verdict == Verdict.TempError;
            if (spf.Verdict is { } verdict)
                results.Add($"spf={verdict.Word()} smtp.mailfrom={domain}");
            if (spf.Verdict == Verdict.Pass)
                vouched.Add(new("spf", domain));
        }

        foreach (var signature in facts.Signatures.OfType<DkimSignature>())
            if (DkimCheck.Of(known, signature, now) is { } dkim)
            {
                findings.AddRange(OfSignature(signature, dkim));
                isSilent |= dkim.Verdict == Verdict.TempError;
                results.Add($"dkim={dkim.Verdict.Word()} header.d={signature.Domain} header.s={signature.Selector}");
                if (dkim.Verdict == Verdict.Pass && !dkim.IsTest)
                    vouched.Add(new("dkim", signature.Domain));
            }

        if (facts.Signatures.Count == 0)
            results.Add("dkim=none");
        if (facts.Author is { } author && DomainName.IsName(DomainName.Of(author))
            && DmarcCheck.Of(known, author, vouched) is { } dmarc)
        {
            // It may yet pass by what is not known.
            var isOpen = dmarc.Verdict == Verdict.Fail && address is null && domain.Length > 0;
            isSilent &= dmarc.Verdict == Verdict.Fail;
            findings.AddRange(OfDmarc(author, dmarc, isOpen ? "Without an address to judge SPF for, "
                : isSilent ? "As long as DNS is silent, " : ""));
            if (!isOpen)
                results.Add($"dmarc={(isSilent ? Verdict.TempError : dmarc.Verdict).Word()} "
                    + $"header.from={DomainName.Of(author)}");
        }

        return new SenderJudgement(findings, string.Join("; ", results));
    }

    // The verdict is null where it depends on an address that nobody gave.
    private static (Verdict? Verdict, List<Finding> Findings)? Spf(
        Known known, string from, string domain, IPAddress? address, DateTimeOffset now)
    {
        if (domain.Length == 0)
            return (Verdict.None, [new("spf", Severity.Fine, "The reverse-path is empty: SPF is judged by the name "
                + "that the next hop's client gives in EHLO (RFC 7208 §2.4).", "")]);
        if (SpfWalk.Of(known, domain) is not { } shape)
            return null;
        var findings = new List<Finding> { OfShape(domain, shape) };
        if (shape.Open is { } everybody)
            findings.Add(new("spf-open", Severity.Problem, $"Everybody may send as {domain}: {everybody} matches any "
                + "address.", "End the record with ~all or -all.") { Where = domain });
        if (address is null)
        {
            findings.Add(new("spf", Severity.Advice, $"Whether SPF passes depends on the address that receivers see: "
                + "from which address does the mail reach them?", "Give the public address of the server that sends "
                    + "to the world: --ip ADDRESS, or ip=ADDRESS.") { Where = domain });
            return (shape.Verdict == Verdict.Neutral ? null : shape.Verdict, findings);
        }

        if (!Reach.IsPublic(address))
            findings.Add(new("spf-address", Severity.Advice, $"{address} is no address of the public internet: no "
                + "receiver there sees a mail come from it.", "Give that of the server that sends to the world."));
        if (SpfCheck.Of(known, new SpfAsked(domain, address, from, now)) is not { } spf)
            return null;
        findings.Add(OfSpf(domain, address, spf));
        return (spf.Verdict, findings);
    }

    private static Finding OfShape(string domain, SpfShape shape) => shape.Verdict switch
    {
        Verdict.None => new Finding("spf-record", Severity.Problem, $"There is no SPF: {shape.Why}.",
            $"Publish a TXT record at {domain} that names the servers its mail leaves by: v=spf1 … ~all."),
        Verdict.TempError => new("spf-record", Severity.Problem, $"{Sentence(shape.Why)}.",
            "See whether its name servers answer; receivers put such mail off."),
        Verdict.PermError => new("spf-record", Severity.Problem, $"No receiver can judge by SPF: {shape.Why}.",
            shape.Terms > SpfCheck.MostTerms
                ? "Take out what is not sent through any more, and name addresses (ip4:, ip6:) in the place of names."
                : "Mend the record."),
        _ => new("spf-record", Severity.Fine, string.Create(CultureInfo.InvariantCulture, $"The SPF record of {domain} "
            + $"can be read, and asks DNS at most {shape.Terms} times of {SpfCheck.MostTerms}"
            + $"{(shape.Includes.Count == 0 ? "" : "; it includes " + string.Join(", ", shape.Includes.Take(20)))}."),
            ""),
    } with { Where = domain };

    private static Finding OfSpf(string domain, IPAddress address, SpfResult spf)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"SPF {Said(spf.Verdict)} for {address}: {spf.Why} "
            + $"({spf.Terms} of {SpfCheck.MostTerms} lookups)."
            + $"{(spf.Explanation is { } words ? $" The domain has receivers say: “{words}”" : "")}");
        return new("spf", spf.Verdict == Verdict.Pass ? Severity.Fine : spf.Verdict is Verdict.Neutral
            or Verdict.SoftFail ? Severity.Advice : Severity.Problem, what, spf.Verdict switch
            {
                Verdict.Pass => "",
                Verdict.None => $"Publish a TXT record at {domain}: v=spf1 {Mechanism(address)} ~all.",
                Verdict.TempError => "Ask again later; receivers do too.",
                Verdict.PermError => "Mend the record: until then no receiver can judge by it.",
                _ => $"If the mail leaves by that address, add {Mechanism(address)}, or the include: of the provider "
                    + $"it belongs to, to the SPF record of {domain}.",
            }) { Where = domain };
    }

    private static IEnumerable<Finding> OfSignature(DkimSignature signature, DkimResult dkim)
    {
        var where = $"d={signature.Domain}; s={signature.Selector}";
        yield return new("dkim", dkim.Verdict == Verdict.Pass ? Severity.Fine : Severity.Problem, dkim.Why, dkim.Cure)
        {
            Where = where,
        };
        if (dkim.IsTest)
            yield return new("dkim-trial", Severity.Advice, $"The key of {signature.Domain} says that it is a trial "
                + "(t=y): receivers treat the mail as if it were not signed.", "Take the y out of t= when it works.")
            {
                Where = where,
            };
        if (dkim.Bits is >= DkimCheck.LeastBits and < 2048)
            yield return new("dkim-key-short", Severity.Advice, string.Create(CultureInfo.InvariantCulture,
                $"The key of {signature.Domain} has {dkim.Bits} bits."),
                "Sign with a key of 2048 bits (RFC 8301 §3.2).")
            {
                Where = where,
            };
        if (signature.Unsigned > 0)
            yield return new("dkim-length", Severity.Advice, string.Create(CultureInfo.InvariantCulture,
                $"The signature of {signature.Domain} leaves the last {signature.Unsigned} octets of the body out "
                + $"(l=): anybody may put there what they want (RFC 6376 §8.2)."), "Have the signer sign without l=.")
            {
                Where = where,
            };
    }

    private static IEnumerable<Finding> OfDmarc(string author, DmarcResult dmarc, string open)
    {
        var severity = dmarc.Verdict switch
        {
            Verdict.Pass => Severity.Fine, Verdict.None => Severity.Advice, _ => Severity.Problem,
        };
        yield return new("dmarc", open.Length > 0 ? Severity.Advice : severity, open + dmarc.Why, dmarc.Cure)
        {
            Where = author,
        };
        foreach (var remark in dmarc.Remarks)
            yield return new("dmarc-record", Severity.Advice, remark, "Mend the record where that is not meant so.")
            {
                Where = author,
            };
    }

    private static string Said(Verdict verdict) => verdict switch
    {
        Verdict.Pass => "passes", Verdict.Fail => "fails", Verdict.SoftFail => "fails softly",
        Verdict.Neutral => "says nothing (neutral)", Verdict.None => "has no record",
        Verdict.Policy => "is not taken", Verdict.TempError => "is open (temperror)",
        Verdict.PermError => "cannot be judged (permerror)",
    };

    private static string Mechanism(IPAddress address) =>
        (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? "ip4:" : "ip6:") + address;

    private static string Sentence(string words) => words.Length == 0 ? words : char.ToUpperInvariant(words[0])
        + words[1..];
}
