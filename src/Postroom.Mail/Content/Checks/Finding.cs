namespace Postroom.Mail.Content.Checks;

/// <summary>How bad it is.</summary>
public enum Severity
{
    /// <summary>Looked at, and as it should be.</summary>
    Fine,

    /// <summary>Some readers will have it worse than need be.</summary>
    Advice,

    /// <summary>Somebody will not get it, not see it, or not trust it.</summary>
    Problem,
}

/// <summary>One thing that was found about a mail.</summary>
/// <param name="Name">Never changes: <c>link-template</c>.</param>
/// <param name="What">What is so, in a sentence.</param>
/// <param name="Cure">What to do, in a sentence; empty where nothing is to be done.</param>
public sealed record Finding(string Name, Severity Severity, string What, string Cure)
{
    /// <summary>Where: a link, a field, a line; null for the whole mail.</summary>
    public string? Where { get; init; }
}

/// <summary>A mail that is to be checked.</summary>
/// <param name="Mail">What it shows.</param>
/// <param name="Octets">All of it.</param>
/// <param name="From">The reverse-path, without brackets; empty: the null path.</param>
/// <param name="Recipients">Whom it is for.</param>
public sealed record CheckedMail(
    ShownMail Mail, ReadOnlyMemory<byte> Octets, string From, IReadOnlyList<string> Recipients)
{
    /// <summary>What it is called here.</summary>
    public string? Id { get; init; }

    /// <summary>What this relay repaired, in words; null: nothing.</summary>
    public string? Repaired { get; init; }

    /// <summary>The domain of the From field, in small letters; null where there is none, or more than one.</summary>
    public string? Author => HeaderChecks.Domains(Mail) is [var only] ? only : null;

    /// <summary>The part behind the @, in small letters; empty where there is none.</summary>
    public static string DomainOf(string address)
    {
        var at = address.LastIndexOf('@');
        return at < 0 ? "" : address[(at + 1)..].Trim().TrimEnd('>', '.').ToLowerInvariant();
    }
}

/// <summary>Checks a mail, by what stands in it alone: asks nobody.</summary>
public static class MailChecks
{
    private const int MostOfAKind = 10;

    /// <summary>What was found, the worst first; of one name at most ten.</summary>
    public static IReadOnlyList<Finding> Of(CheckedMail mail, ContentLimits? limits = null)
    {
        limits ??= new ContentLimits();
        IEnumerable<Finding> all =
        [
            .. HeaderChecks.Of(mail), .. BodyChecks.Of(mail, limits), .. LinkChecks.Of(mail, limits),
            .. ClientChecks.Of(mail, limits), .. SenderChecks.Of(mail),
        ];
        return [.. all.GroupBy(one => one.Name).SelectMany(kind => kind.Take(MostOfAKind))
            .OrderByDescending(one => one.Severity)];
    }
}
