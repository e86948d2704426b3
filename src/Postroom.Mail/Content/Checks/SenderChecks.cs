using Postroom.Mail.Authentication;

namespace Postroom.Mail.Content.Checks;

/// <summary>SPF, DKIM and DMARC as a receiver would begin with them. Nobody is asked: what only DNS knows is said to be
/// open.</summary>
internal static class SenderChecks
{
    private enum Alignment { None, Sibling, Suffix, Same }

    public static IEnumerable<Finding> Of(CheckedMail mail)
    {
        var spf = SpfDomain(mail);
        yield return new("spf-domain", Severity.Fine, spf.Length == 0
            ? "The reverse-path is empty: SPF is judged by the name that the next hop's client gives in EHLO (RFC "
                + "7208 §2.4)."
            : $"SPF is judged by {spf}, the domain of the reverse-path (RFC 7208 §2.4).",
            spf.Length == 0 ? "" : $"The servers that this mail leaves by have to stand in the SPF record of {spf}.");
        var signatures = DkimSignature.In(mail.Octets);
        foreach (var signature in signatures)
            yield return OfSignature(signature);
        if (signatures.Count == 0)
            yield return new("dkim-none", Severity.Advice, "The mail bears no DKIM signature as it leaves here.",
                "Have the provider that it goes through sign for the domain of From.");
        if (mail.Author is { } author)
            yield return Dmarc(author, spf,
                [.. signatures.OfType<DkimSignature>().Where(one => one.Body is not false)]);
    }

    private static string SpfDomain(CheckedMail mail) => Printable.Of(CheckedMail.DomainOf(mail.From));

    private static Finding OfSignature(DkimSignature? signature) => signature switch
    {
        null => new("dkim-unreadable", Severity.Problem, "A DKIM-Signature has no d=, s= or bh= (RFC 6376 §3.5).",
            "See what signs this mail."),
        { Body: false } => new("dkim-body", Severity.Problem,
            $"The signature of {signature.Domain} is not of this body (RFC 6376 §3.4): it was changed after it was "
                + $"signed.",
            "Sign last: nothing may change the mail behind the signer.") { Where = Name(signature) },
        { Body: null } => new("dkim-algorithm", Severity.Problem,
            $"The signature of {signature.Domain} is of an algorithm that receivers do not take (RFC 8301 §3.1).",
            "Sign with rsa-sha256.") { Where = Name(signature) },
        _ => new("dkim-body", Severity.Fine,
            $"The signature of {signature.Domain} is of this body; whether its key verifies it, only DNS knows.", "")
        {
            Where = Name(signature),
        },
    };

    private static Finding Dmarc(string author, string spf, List<DkimSignature> signatures)
    {
        var best = signatures.Select(one => (By: "DKIM", one.Domain)).Append((By: "SPF", Domain: spf))
            .Select(one => (one.By, one.Domain, How: Align(author, one.Domain))).MaxBy(one => one.How);
        return best.How switch
        {
            Alignment.None => new("dmarc", Severity.Problem,
                $"DMARC would fail: neither SPF ({(spf.Length == 0 ? "no domain" : spf)}) nor a signature is of "
                    + $"{author}, the "
                    + "domain of From (RFC 7489 §3.1).",
                $"Send with a reverse-path of {author}, or have it signed with d={author}.") { Where = author },
            Alignment.Sibling => new("dmarc", Severity.Advice,
                $"{best.Domain} and {author} are beside each other: DMARC would pass by {best.By} if what they "
                    + $"share is their "
                    + "organizational domain and the policy is relaxed (RFC 7489 §3.2). That is not known here.",
                "Use the same domain in both, and it does not matter.") { Where = author },
            Alignment.Suffix => new("dmarc", Severity.Fine,
                $"DMARC would pass by {best.By} of {best.Domain}, as it is of one house with {author}, if "
                    + $"{Open(best.By)} "
                    + "and the policy is relaxed (RFC 7489 §3.1).", "") { Where = author },
            _ => new("dmarc", Severity.Fine,
                $"DMARC would pass by {best.By} of {best.Domain}, the domain of From, if {Open(best.By)} (RFC 7489 "
                    + $"§3.1).",
                "") { Where = author },
        };
    }

    private static string Open(string by) =>
        by == "SPF" ? "the servers that it leaves by are allowed to" : "the signature verifies";

    // The organizational domain needs a list of public suffixes, which there is none of here: one domain below the
    // other is aligned wherever the upper one is no such suffix; two side by side may be.
    private static Alignment Align(string author, string domain)
    {
        if (domain.Length == 0)
            return Alignment.None;
        if (domain == author)
            return Alignment.Same;
        if ((author.EndsWith("." + domain, StringComparison.Ordinal) && domain.Contains('.', StringComparison.Ordinal))
            || (domain.EndsWith("." + author, StringComparison.Ordinal) && author.Contains('.',
                StringComparison.Ordinal)))
            return Alignment.Suffix;
        var (one, other) = (author.Split('.'), domain.Split('.'));
        return one.Length > 1 && other.Length > 1 && one[^1] == other[^1] && one[^2] == other[^2]
            ? Alignment.Sibling : Alignment.None;
    }

    private static string Name(DkimSignature signature) => $"d={signature.Domain}; s={signature.Selector}";
}
