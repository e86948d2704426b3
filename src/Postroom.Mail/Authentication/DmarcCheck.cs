namespace Postroom.Mail.Authentication;

/// <summary>A domain that SPF or DKIM vouches for.</summary>
/// <param name="By">spf or dkim.</param>
public sealed record Vouched(string By, string Domain);

/// <summary>What DMARC says.</summary>
/// <param name="Why">What is so, as a sentence.</param>
/// <param name="Cure">What to do, as a sentence; empty where nothing is to be done.</param>
public sealed record DmarcResult(Verdict Verdict, string Why, string Cure)
{
    /// <summary>What a receiver is asked to do with the mail as it is; none for one that passes.</summary>
    public DmarcPolicy Disposition { get; init; }

    /// <summary>What else is to be said of the record, as sentences.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];
}

/// <summary>Finds the policy of the author's domain and holds what is vouched for against it (RFC 9989 §4.10, §5.3).
/// </summary>
/// <remarks>
/// The organizational domain is found by asking DNS on the way up, and by no list of public suffixes, as receivers of
/// RFC 7489 §3.2 do: the two differ where a domain publishes a record of its own below its organization's suffix and
/// the organization publishes none.
/// </remarks>
public static class DmarcCheck
{
    /// <summary>Judges; null while questions are open.</summary>
    /// <param name="author">The domain of From.</param>
    /// <param name="vouched">What passed.</param>
    public static DmarcResult? Of(Known known, string author, IReadOnlyList<Vouched> vouched)
    {
        author = DomainName.Of(author);
        var walks = vouched.Select(one => TreeWalk.Of(known, DomainName.Of(one.Domain))).ToList();
        if (TreeWalk.Of(known, author) is not { } walk || walks.Contains(null))
            return null;
        // What the author's own domain says, it says whatever stands above it: that tells organizations alone.
        if (walk.Failure is { } failure && !walk.Records.Any(one => one.Domain == author))
            return new(Verdict.TempError, $"{failure}.", "Ask again later; receivers do too.");
        if (Applied(walk, author) is not { } record)
            return None(known, author);
        if (record is { Oddity: { } wrong, IsReported: false })
            return new(Verdict.PermError, $"The DMARC record of {record.Domain} is wrong: {wrong}. It names nobody for "
                + "reports (rua=) either, and so receivers do without DMARC (RFC 9989 §4.10.1).",
                "Write it as v=DMARC1; p=none; rua=mailto:…: p=, sp= and np= are none, quarantine or reject.");
        var policy = PolicyFor(known, record, author);
        if (policy is null)
            return null;
        var aligned = vouched.Where((one, i) => Aligns(record, walk, one, walks[i]!, author)).ToList();
        var remarks = Remarks(record).ToList();
        var disposition = record.IsTest ? Lowered(policy.Value) : policy.Value;
        if (aligned.Count > 0)
            return new(Verdict.Pass, $"DMARC passes by {Said(aligned[0])}, which aligns with {author}, the domain of "
                + "From.", "") { Remarks = remarks };
        // Nobody knows whether it would have passed.
        if (walks.Append(walk).FirstOrDefault(one => vouched.Count > 0 && one!.Failure is not null)?.Failure
            is { } unknown)
            return new(Verdict.TempError, $"{unknown}.", "Ask again later; receivers do too.") { Remarks = remarks };
        var nobody = vouched.Count == 0
            ? "neither SPF nor a signature passes"
            : $"what passes ({string.Join(", ", vouched.Select(Said))}) does not align with {author}, the domain of "
                + "From";
        return new(Verdict.Fail, $"DMARC fails: {nobody}. The record of {record.Domain} asks receivers to "
            + $"{Asked(disposition)}.", $"Have the mail signed with d={author}, or send it with a reverse-path of "
                + $"{author} by servers that its SPF record allows.")
        {
            Disposition = disposition, Remarks = remarks,
        };
    }

    // §4.10.1: the author's own, that of the organization, that of its suffix.
    private static DmarcRecord? Applied(TreeWalk walk, string author) =>
        walk.Records.FirstOrDefault(one => one.Domain == author)
        ?? walk.Records.FirstOrDefault(one => one.Domain == walk.Organization)
        ?? walk.Records.FirstOrDefault(one => one.Suffix == "y");

    private static DmarcResult? None(Known known, string author)
    {
        if (known.Of("_dmarc." + author, RecordType.Txt) is not { } own)
            return null;
        var several = own.Records.Count(DmarcRecord.IsRecord);
        return several > 1
            ? new(Verdict.PermError, $"_dmarc.{author} has several DMARC records, which counts as none (RFC 9989 "
                + "§4.10).", "Leave one there.")
            : several == 1 ? new(Verdict.PermError, $"The DMARC record at _dmarc.{author} cannot be read.",
                "Write it as v=DMARC1; p=none; rua=mailto:…, each tag once.")
            : new(Verdict.None, $"{author} publishes no DMARC policy, and nor does any domain above it.",
                $"Publish one as a TXT record at _dmarc.{author}: v=DMARC1; p=none to begin with. Large receivers ask "
                    + "for it of who mails many.");
    }

    // §4.7. Null: whether the author's domain is there is open.
    private static DmarcPolicy? PolicyFor(Known known, DmarcRecord record, string author)
    {
        if (record.Domain == author)
            return record.Policy;
        if (record.BelowMissing is not { } missing)
            return record.Below ?? record.Policy;
        return known.Of(author, RecordType.A) is { } answer
            ? answer.Outcome == DnsOutcome.NoName ? missing : record.Below ?? record.Policy : null;
    }

    // §4.4: strict is the same, relaxed is of one organization.
    private static bool Aligns(DmarcRecord record, TreeWalk walk, Vouched one, TreeWalk its, string author) =>
        DomainName.Of(one.Domain) == author
        || (!(one.By == "dkim" ? record.IsStrictDkim : record.IsStrictSpf)
            && walk.Failure is null && its.Failure is null && its.Organization == walk.Organization);

    private static IEnumerable<string> Remarks(DmarcRecord record)
    {
        if (record.Oddity is { } oddity)
            yield return $"The DMARC record of {record.Domain} is wrong: {oddity}. All of it counts as p=none "
                + "(RFC 9989 §4.10.1).";
        if (record.IsTest)
            yield return $"The DMARC record of {record.Domain} is a trial (t=y): its policy counts one step less.";
        if (record.Percent is { } percent and < 100)
            yield return $"The DMARC record of {record.Domain} has pct={percent}, which newer receivers do not know "
                + "(RFC 9989); older ones apply its policy to that part of what fails.";
    }

    private static DmarcPolicy Lowered(DmarcPolicy policy) =>
        policy == DmarcPolicy.Reject ? DmarcPolicy.Quarantine : DmarcPolicy.None;

    private static string Asked(DmarcPolicy policy) => policy switch
    {
        DmarcPolicy.None => "do nothing about that (none)",
        DmarcPolicy.Quarantine => "take it for suspicious (quarantine)",
        DmarcPolicy.Reject => "refuse it (reject)",
    };

    private static string Said(Vouched one) => $"{one.By.ToUpperInvariant()} of {one.Domain}";
}
