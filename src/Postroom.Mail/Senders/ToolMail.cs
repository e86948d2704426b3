using System.Text.RegularExpressions;

namespace Postroom.Mail.Senders;

/// <summary>Forges, trackers and builders that name themselves in fields of their own.</summary>
internal static partial class ToolMail
{
    private const RegexOptions Pure = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary>It sends GitLab's fields too, so it is asked for first.</summary>
    public static AppFacts? Gitea(Evidence mail)
    {
        var path = mail["x-gitea-repository-path"];
        if (path is null && mail["x-gitea-reason"] is null)
            return null;
        var number = mail["x-gitea-issue-id"];
        var link = mail["x-gitea-repository-link"];
        var isPull = mail.MessageIds.Any(id => id.Contains("/pulls/", StringComparison.Ordinal));
        return new AppFacts("gitea")
        {
            Instance = mail.HostOfIds(),
            Site = link is not null && path is not null && link.EndsWith("/" + path, StringComparison.Ordinal)
                ? Opening.Site(link[..^(path.Length + 1)]) : null,
            Project = path,
            Item = number is null ? null : $"{path}#{number}",
            Event = number is null ? null : isPull ? "pull request" : "issue",
            Actor = mail["x-gitea-sender"],
            Reason = mail["x-gitea-reason"],
        };
    }

    public static AppFacts? GitLab(Evidence mail)
    {
        var path = mail["x-gitlab-project-path"] ?? mail["x-gitlab-project"];
        var reason = mail["x-gitlab-notificationreason"];
        if (path is null && reason is null)
            return null;
        var (issue, merge, pipeline) =
            (mail["x-gitlab-issue-iid"], mail["x-gitlab-mergerequest-iid"], mail["x-gitlab-pipeline-id"]);
        return new AppFacts("gitlab")
        {
            Instance = mail.HostOfIds(),
            Site = path is null ? null : mail.Opening.Link($"/{path}/")?.Site,
            Project = path,
            Item = issue is not null ? $"{path}#{issue}"
                : merge is not null ? $"{path}!{merge}"
                : pipeline is not null ? $"{path} pipeline {pipeline}" : null,
            Event = mail["x-gitlab-pipeline-status"] is { } status ? $"pipeline {status}"
                : merge is not null ? "merge request" : issue is not null ? "issue" : null,
            Actor = mail.ActorBefore("@"),
            Reason = reason,
        };
    }

    public static AppFacts? Jenkins(Evidence mail)
    {
        var job = mail["x-jenkins-job"];
        var result = mail["x-jenkins-result"];
        if (job is null && result is null)
            return null;
        var number = BuildNumber().Match(mail.Subject);
        return new AppFacts("jenkins")
        {
            Instance = mail.HostOfIds(),
            Site = mail.Opening.Link("/job/")?.Site,
            Project = job,
            Item = number.Success && job is not null ? $"{job}#{number.Groups["number"].Value}" : job,
            Event = result?.ToLowerInvariant(),
        };
    }

    public static AppFacts? Redmine(Evidence mail)
    {
        var project = mail["x-redmine-project"];
        var host = mail["x-redmine-host"];
        var issue = mail["x-redmine-issue-id"];
        if ((project ?? host ?? issue) is null)
            return null;
        return new AppFacts("redmine")
        {
            Instance = mail["x-redmine-site"] ?? host,
            Site = mail.Opening.Link("/issues/")?.Site ?? (host is null ? null : Opening.Site($"http://{host}")),
            Project = project,
            Item = issue is null ? null : $"#{issue}",
            Event = mail.MessageIds.Select(id => RedmineId().Match(id)).FirstOrDefault(id => id.Success)
                ?.Groups["kind"].Value switch { "issue" => "created", "journal" => "updated", var other => other },
            Actor = mail["x-redmine-sender"],
        };
    }

    [GeneratedRegex(@"#\s?(?<number>\d+)", Pure)]
    private static partial Regex BuildNumber();

    [GeneratedRegex(@"^<redmine\.(?<kind>[a-z_]+)-\d+\.", Pure)]
    private static partial Regex RedmineId();
}
