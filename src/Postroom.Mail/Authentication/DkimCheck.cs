using System.Globalization;

namespace Postroom.Mail.Authentication;

/// <summary>What a signature is worth.</summary>
/// <param name="Why">What is so, as a sentence.</param>
/// <param name="Cure">What to do, as a sentence; empty where nothing is to be done.</param>
public sealed record DkimResult(Verdict Verdict, string Why, string Cure)
{
    /// <summary>Bits of the key; 0 where there is none.</summary>
    public int Bits { get; init; }

    /// <summary>The key's domain only tries DKIM (t=y): receivers are to treat its mail as if it were not
    /// signed.</summary>
    public bool IsTest { get; init; }
}

/// <summary>Verifies a signature with the key that its domain publishes (RFC 6376 §6.1).</summary>
public static class DkimCheck
{
    /// <summary>RFC 8301 §3.2: no receiver takes a smaller key of RSA.</summary>
    public const int LeastBits = 1024;

    private const string SignAnew = "Sign last: nothing may change the mail behind the signer.";

    /// <summary>Judges; null while a question is open.</summary>
    /// <param name="now">Decides whether it has expired.</param>
    public static DkimResult? Of(Known known, DkimSignature signature, DateTimeOffset now)
    {
        var (who, name) = (signature.Domain, $"{signature.Selector}._domainkey.{signature.Domain}");
        if (signature.Flaw is { } flaw)
            return new(Verdict.PermError, $"The signature of {who} is wrong: {flaw} (RFC 6376 §6.1.1).",
                "See what signs this mail.");
        if (signature.Body is null)
            return new(Verdict.PermError, $"The signature of {who} is of the algorithm {signature.Algorithm}, which "
                + "receivers do not take (RFC 8301 §3.1).", "Sign with rsa-sha256.");
        if (known.Of(name, RecordType.Txt) is not { } answer)
            return null;
        if (answer.Outcome == DnsOutcome.Failed)
            return new(Verdict.TempError, $"DNS does not say what the key {name} is: {answer.Why}.",
                "Ask again later; receivers do too.");
        if (answer.IsVoid)
            return new(Verdict.PermError, $"There is no key at {name}.",
                $"Publish the key of the signer as a TXT record at {name}.");
        if (answer.Records.Count > 1)
            return new(Verdict.PermError, $"{name} has several TXT records, and what receivers make of that is open "
                + "(RFC 6376 §3.6.2.2).", "Leave the one with the key there.");
        var (key, wrong) = DkimKey.Of(answer.Records[0]);
        return key is null
            ? new(Verdict.PermError, $"The key at {name} is wrong: {wrong}.", "Publish it as the signer gives it.")
            : With(key, signature, name, now);
    }

    private static DkimResult With(DkimKey key, DkimSignature signature, string name, DateTimeOffset now)
    {
        var who = signature.Domain;
        if (key.Octets.Length == 0)
            return new(Verdict.Fail, $"The key at {name} was revoked: its p= is empty (RFC 6376 §3.6.1).",
                "Have the signer use a key that stands, and publish it.");
        if (key.Algorithm + "-sha256" != signature.Algorithm)
            return new(Verdict.PermError, $"The signature of {who} is of {signature.Algorithm}, and the key at {name} "
                + $"is one of {key.Algorithm}.", "Publish the key that the signer signs with, or name its selector.");
        if (key.IsStrict && signature.Identity != who)
            return new(Verdict.PermError, $"The key at {name} is for {who} alone (t=s), and the signature is for "
                + $"{signature.Identity}.", "Sign without i=, or take the s out of t=.");
        var (isOf, bits, flaw) = key.Verifies(signature.HeaderHash, signature.Signature);
        if (flaw is not null)
            return new(Verdict.PermError, $"The key at {name} is wrong: {flaw}.",
                "Publish it as the signer gives it.");
        if (key.Algorithm == "rsa" && bits < LeastBits)
            return new(Verdict.Policy, string.Create(CultureInfo.InvariantCulture, $"The key at {name} has {bits} "
                + $"bits, and receivers take none below {LeastBits} (RFC 8301 §3.2)."),
                "Sign with a key of 2048 bits.") { Bits = bits };
        var result = signature.Body == false
            ? new(Verdict.Fail, $"The signature of {who} is not of this body (RFC 6376 §3.4): it was changed after it "
                + "was signed.", SignAnew)
            : !isOf ? new(Verdict.Fail, $"The signature of {who} is not of this header, or not by the key at {name}.",
                SignAnew + " If nothing does, publish the key that the signer signs with.")
            : signature.Expires <= now ? new(Verdict.Fail, string.Create(CultureInfo.InvariantCulture,
                $"The signature of {who} expired at {signature.Expires:u} (x=)."), "Have the signer give it more time: "
                    + "mail waits for days where a next hop is away.")
            : new DkimResult(Verdict.Pass, $"The key at {name} verifies the signature of {who}.", "");
        return result with { Bits = bits, IsTest = key.IsTest };
    }
}
