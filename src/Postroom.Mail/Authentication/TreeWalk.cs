namespace Postroom.Mail.Authentication;

/// <summary>The way from a domain up, by which its organization is found (RFC 9989 §4.10).</summary>
/// <param name="Records">Those on the way, the lowest first.</param>
/// <param name="Organization">The organizational domain (§4.10.2).</param>
/// <param name="Failure">Why nobody knows, in words; null: it is known.</param>
internal sealed record TreeWalk(IReadOnlyList<DmarcRecord> Records, string Organization, string? Failure)
{
    private const int MostLabels = 8;

    /// <summary>Walks; null while questions are open. All steps are asked for at once: few stop before the
    /// end.</summary>
    public static TreeWalk? Of(Known known, string domain)
    {
        var steps = Steps(domain).ToList();
        var answers = steps.Select(step => known.Of("_dmarc." + step, RecordType.Txt)).ToList();
        if (answers.Contains(null))
            return null;
        var records = new List<DmarcRecord>();
        for (var i = 0; i < steps.Count; i++)
        {
            if (answers[i]!.Outcome == DnsOutcome.Failed)
                return new TreeWalk(records, domain,
                    $"DNS does not say what the record at _dmarc.{steps[i]} is: {answers[i]!.Why}");
            if (DmarcRecord.Among(steps[i], answers[i]!.Records) is not { } record)
                continue;
            records.Add(record);
            if (record.Suffix is "y" or "n")
                break;
        }

        return new TreeWalk(records, OrganizationOf(domain, records), null);
    }

    // A name of more labels than eight is gone on with by its last seven.
    private static IEnumerable<string> Steps(string domain)
    {
        yield return domain;
        var labels = domain.Split('.');
        for (var count = Math.Min(labels.Length, MostLabels) - 1; count > 0; count--)
            yield return string.Join('.', labels[^count..]);
    }

    private static string OrganizationOf(string domain, List<DmarcRecord> records)
    {
        if (records.Count == 0)
            return domain;
        var last = records[^1];
        if (last.Suffix != "y" || last.Domain == domain)
            return last.Domain;
        // One label below the suffix, on the way to the domain.
        var labels = domain.Split('.');
        return string.Join('.', labels[^(last.Domain.Split('.').Length + 1)..]);
    }
}
