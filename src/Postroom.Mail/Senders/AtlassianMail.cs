using System.Text.RegularExpressions;

namespace Postroom.Mail.Senders;

/// <summary>Jira, Jira Cloud and Confluence, by the shapes of their Message-IDs and their own fields.</summary>
internal static partial class AtlassianMail
{
    /// <summary>The host in the ids of every Jira, which names none.</summary>
    private const string AnyJira = "Atlassian.JIRA";

    private const RegexOptions Pure = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    public static AppFacts? Jira(Evidence mail)
    {
        var hosts = mail.MessageIds.Select(id => JiraId().Match(id)).Where(id => id.Success)
            .Select(id => id.Groups["host"].Value).ToList();
        var fingerprint = mail["x-jira-fingerprint"];
        var key = KeyOf(mail);
        var isCloud = IsOfCloud(mail);
        var saysJira = mail.Prefix.Equals("jira", StringComparison.OrdinalIgnoreCase);
        if (hosts.Count == 0 && fingerprint is null && (key is null || !(saysJira || isCloud)))
            return null;
        return new AppFacts(isCloud ? "jira-cloud" : "jira")
        {
            Instance = fingerprint,
            Site = mail.Opening.BaseHref() ?? mail.Opening.Link($"/browse/{key}")?.Site, // not one that a comment names
            Node = hosts.Find(host => host != AnyJira) ?? OldNode(mail),
            Item = key,
            Project = key?[..key.LastIndexOf('-')],
            Event = EventOf(mail),
            Actor = mail.ActorBefore("jira"),
            Reason = mail.Opening.Holds("mentioned you") ? "mentioned" : null,
        };
    }

    public static AppFacts? Confluence(Evidence mail)
    {
        var id = mail.MessageIds.Select(one => ConfluenceId().Match(one)).FirstOrDefault(one => one.Success);
        var old = mail.MessageIds.Select(one => OldConfluenceId().Match(one)).FirstOrDefault(one => one.Success);
        var node = mail["x-atlassian-cluster-node-name"] ?? mail["x-atlassian-cluster-node-id"];
        if (id is null && old is null && node is null && mail["x-atlassian-notifications-version"] is null)
            return null;
        var arrow = mail.Title.IndexOf(" > ", StringComparison.Ordinal);
        return new AppFacts("confluence")
        {
            Instance = id?.Groups["server"].Value,
            Site = mail.Opening.BaseHref() ?? mail.Opening.Link("/display/")?.Site
                ?? mail.Opening.Link("/pages/")?.Site,
            Node = node ?? old?.Groups["host"].Value,
            Project = arrow < 0 ? null : mail.Title[..arrow],
            Item = arrow < 0 ? mail.Title : mail.Title[(arrow + 3)..],
            Actor = mail.ActorBefore("confluence"),
        };
    }

    private static bool IsOfCloud(Evidence mail) =>
        (mail["x-atlassian-mail-message-id"] ?? mail["x-atlassian-mail-transaction-id"] ?? mail["atl-sent-via"])
            is not null;

    // Jira's mails before 5.0 have the ids of the Java library that made them.
    private static string? OldNode(Evidence mail) => mail.MessageIds
        .Where(id => id.Contains(".JavaMail.", StringComparison.Ordinal)).Select(Evidence.HostOf).FirstOrDefault();

    // The key comes first behind the prefix, which can hold something of its shape; a summary may name other keys.
    private static string? KeyOf(Evidence mail)
    {
        if (LeadingKey().Match(mail.Title) is { Success: true } leading)
            return leading.Groups["key"].Value;
        if (mail.Brackets.Select(one => WholeKey().Match(one)).FirstOrDefault(one => one.Success) is { } bracket)
            return bracket.Value; // "[PROJ-1] Summary"
        if (mail.Opening.Link("/browse/") is { } link && LeadingKey().Match(link.Path) is { Success: true } linked)
            return linked.Groups["key"].Value;
        return AnyKey().Match(mail.Title) is { Success: true } any ? any.Value : null;
    }

    // Subjects used to say it, as "Commented: (PROJ-1)" or "[Commented] (PROJ-1)"; else the text does.
    private static string? EventOf(Evidence mail)
    {
        if (mail.Brackets.Count > 1 && SaidEvent().IsMatch(mail.Brackets[^1]))
            return mail.Brackets[^1].ToLowerInvariant();
        var said = SaidEvent().Match(mail.Title);
        return said.Success && said.Length < mail.Title.Length
            ? said.Groups["event"].Value.ToLowerInvariant() : mail.Opening.First(Deed());
    }

    [GeneratedRegex(@"^<JIRA\.\d+\.\d{13}(\.(\d+|[0-9a-f-]{36})\.\d{13})?@(?<host>[^>@]+)>$", Pure)]
    private static partial Regex JiraId();

    [GeneratedRegex(@"^<(CONFLUENCE\.)?\d+(\.\d+)*@(?<server>[0-9a-f]{64})>$", Pure)]
    private static partial Regex ConfluenceId();

    [GeneratedRegex(@"^<\d+\.\d+\.\d+\.JavaMail\.confluence@(?<host>[^>@]+)>$", Pure)]
    private static partial Regex OldConfluenceId();

    [GeneratedRegex(@"^(\w+:\s*)?\(?(?<key>[A-Z][A-Z0-9_]+-[0-9]+)\b\)?", Pure)]
    private static partial Regex LeadingKey();

    [GeneratedRegex(@"^[A-Z][A-Z0-9_]+-[0-9]+$", Pure)]
    private static partial Regex WholeKey();

    [GeneratedRegex(@"\b[A-Z][A-Z0-9_]+-[0-9]+\b", Pure)]
    private static partial Regex AnyKey();

    [GeneratedRegex(@"^(?<event>[A-Z][a-z]+ed)(: (?=\()|$)", Pure)]
    private static partial Regex SaidEvent();

    // "Ann Lee commented on PROJ-1", "Ann Lee created an issue", the verb perhaps in bold.
    [GeneratedRegex(@"\b(created|commented|updated|resolved|closed|reopened|assigned|reassigned|deleted|moved)"
        + @"(?=(</?\w+>|\*)*( on)?( an issue| a comment|\s+[A-Z][A-Z0-9_]+-[0-9]+\b))", Pure)]
    private static partial Regex Deed();
}
