namespace Postroom.Mail.Audit;

/// <summary>What never changes of a mail.</summary>
/// <param name="Octets">As it leaves.</param>
public sealed record LastingFacts(ReversePath From, Origin Origin, HeaderFacts Header, long Octets);

/// <summary>
/// The part of the filter language that may decide what becomes of mail: fields that never change, or a mail would fall
/// under another rule with each try.
/// </summary>
public static class Lasting
{
    /// <summary>The fields, as people write them.</summary>
    public const string Names = "source, app, instance, project, node, from, larger, smaller";

    private static readonly Field[] Fields =
    [
        Field.Source, Field.App, Field.Instance, Field.Project, Field.Node, Field.From, Field.Larger, Field.Smaller,
    ];

    /// <summary>The first term that may change; null if none does.</summary>
    public static Field? Passing(Filter filter)
    {
        foreach (var term in filter.Terms)
            if (!Fields.Contains(term.Field))
                return term.Field;
        return null;
    }

    /// <summary>Whether a mail is what a filter of lasting fields means, as `postroom search` would find it.</summary>
    public static bool Has(Filter filter, LastingFacts mail)
    {
        for (var i = 0; i < filter.Terms.Count; i++)
            if (Holds(filter.Terms[i], mail) == filter.Terms[i].Not)
                return false;
        return true;
    }

    private static bool Holds(Term term, LastingFacts mail) => term.Field switch
    {
        Field.Source => Whole(term.Value, mail.Origin.Source),
        Field.App => Whole(term.Value, mail.Header.App?.App),
        Field.Instance => Part(term.Value, mail.Header.App?.Instance) || Part(term.Value, mail.Header.App?.Site),
        Field.Project => Whole(term.Value, mail.Header.App?.Project),
        Field.Node => Whole(term.Value, mail.Header.App?.Node),
        Field.From => Address(term.Value, mail.From.Address) || Part(term.Value, mail.Header.From),
        Field.Larger => mail.Octets > term.Octets,
        Field.Smaller => mail.Octets < term.Octets,
        _ => false,
    };

    private static bool Whole(string value, string? text) => text is not null && Wildcard.Matches(value, text);

    private static bool Part(string value, string? text) => text is not null && Wildcard.Matches($"*{value}*", text);

    // A whole address, a domain from its @ on, a pattern with *, or any part; <> is the null reverse-path.
    private static bool Address(string value, string address) =>
        value == "<>" ? address.Length == 0
        : Wildcard.IsPattern(value) ? Wildcard.Matches(value, address)
        : value.StartsWith('@') ? address.EndsWith(value, StringComparison.OrdinalIgnoreCase)
        : value.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < value.Length - 1
            ? address.Equals(value, StringComparison.OrdinalIgnoreCase)
            : address.Contains(value, StringComparison.OrdinalIgnoreCase);
}
