using System.Text.RegularExpressions;

namespace Postroom.Mail.Senders;

/// <summary>Everything of one mail that can tell who sent it.</summary>
/// <param name="facts">What is always noted.</param>
/// <param name="other">A header field by its name in small letters.</param>
/// <param name="opening">The body's beginning; empty where it was not looked at.</param>
internal sealed partial class Evidence(HeaderFacts facts, Func<string, string?> other, Opening opening)
{
    private (IReadOnlyList<string> Brackets, string Title)? _parts;
    private List<string>? _ids;

    /// <summary>The fields that the built-in rules look at.</summary>
    public static IReadOnlyList<string> FieldNames { get; } =
    [
        "in-reply-to", "references", "list-id", "x-mailer", "content-transfer-encoding",
        "x-jira-fingerprint", "x-atlassian-mail-message-id", "x-atlassian-mail-transaction-id", "atl-sent-via",
        "x-atlassian-notifications-version", "x-atlassian-cluster-node-id", "x-atlassian-cluster-node-name",
        "x-gitlab-project", "x-gitlab-project-path", "x-gitlab-issue-iid", "x-gitlab-mergerequest-iid",
        "x-gitlab-pipeline-id", "x-gitlab-pipeline-status", "x-gitlab-notificationreason",
        "x-gitea-repository-path", "x-gitea-repository-link", "x-gitea-issue-id", "x-gitea-sender", "x-gitea-reason",
        "x-jenkins-job", "x-jenkins-result",
        "x-redmine-host", "x-redmine-site", "x-redmine-project", "x-redmine-issue-id", "x-redmine-sender",
    ];

    public string Subject { get; } = facts.Subject ?? "";

    /// <summary>The From field.</summary>
    public string From { get; } = facts.From ?? "";

    /// <summary>The name in the From field, or the address where there is no name.</summary>
    public string FromName { get; } = NameOf(facts.From ?? "");

    public Opening Opening { get; } = opening;

    public string? this[string name] => other(name);

    /// <summary>Message-ID, In-Reply-To and References, each with its angle brackets.</summary>
    public IReadOnlyList<string> MessageIds => _ids ??= ReadIds();

    /// <summary>The host name behind the @ of the first of these ids; null if none has one.</summary>
    public string? HostOfIds() => MessageIds.Select(HostOf).FirstOrDefault(host => host is not null);

    public static string? HostOf(string messageId)
    {
        var at = messageId.LastIndexOf('@');
        return at < 0 || messageId.Length - at < 3 ? null : messageId[(at + 1)..^1];
    }

    /// <summary>
    /// The words in brackets in front, such as <c>JIRA</c> or <c>FIRING:1</c>; answers and forwards are seen through.
    /// </summary>
    public IReadOnlyList<string> Brackets => Parts.Brackets;

    /// <summary>The first of <see cref="Brackets"/>; empty if there are none.</summary>
    public string Prefix => Brackets.Count > 0 ? Brackets[0] : "";

    /// <summary>The subject behind <see cref="Brackets"/>.</summary>
    public string Title => Parts.Title;

    private (IReadOnlyList<string> Brackets, string Title) Parts => _parts ??= SubjectParts();

    /// <summary>The name of who did it, from a From field such as <c>"Ann Lee (Jira)"</c>.</summary>
    /// <param name="app">The word in the brackets.</param>
    /// <returns>Null where the application itself is the sender.</returns>
    public string? ActorBefore(string app)
    {
        var open = FromName.LastIndexOf('(');
        return open > 0 && FromName[open..].Contains(app, StringComparison.OrdinalIgnoreCase)
            ? FromName[..open] : null;
    }

    private (IReadOnlyList<string> Brackets, string Title) SubjectParts()
    {
        var title = Answer().Replace(Subject, "");
        var brackets = new List<string>();
        while (title.StartsWith('[') && title.IndexOf(']', StringComparison.Ordinal) is > 0 and var close)
        {
            brackets.Add(title[1..close].Trim());
            title = title[(close + 1)..].TrimStart();
        }

        return (brackets, title);
    }

    private List<string> ReadIds()
    {
        var ids = new List<string>();
        foreach (var text in (ReadOnlySpan<string?>)[facts.MessageId, this["in-reply-to"], this["references"]])
            for (var at = text?.IndexOf('<', StringComparison.Ordinal) ?? -1; at >= 0;)
            {
                var end = text!.IndexOf('>', at);
                if (end < 0)
                    break;
                ids.Add(text[at..(end + 1)]);
                at = text.IndexOf('<', end);
            }

        return ids;
    }

    private static string NameOf(string from)
    {
        var open = from.LastIndexOf('<');
        var name = open > 0 ? from[..open] : from;
        return name.Trim().Trim('"').Trim();
    }

    [GeneratedRegex(@"^((re|aw|fwd?|wg|sv|antw)\s*:\s*)+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Answer();
}
