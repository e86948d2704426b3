using System.Text.RegularExpressions;

namespace Postroom.Mail.Senders;

/// <summary>Applications with no field of their own: the links and words of their mails tell them.</summary>
internal static partial class TellingMail
{
    private const RegexOptions Pure = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    public static AppFacts? Alertmanager(Evidence mail)
    {
        if (!mail.MessageIds.Any(id => AlertId().IsMatch(id)) && !mail.Opening.Holds("Sent by Alertmanager"))
            return null;
        return Alert("alertmanager", mail) with { Site = mail.Opening.Link("/#/alerts")?.Site };
    }

    public static AppFacts? Grafana(Evidence mail)
    {
        if (!mail.Opening.Holds("Sent by Grafana") && !mail.Opening.Holds("Grafana Labs"))
            return null;
        return Alert("grafana", mail) with
        {
            Site = mail.Opening.Link("/alerting/")?.Site ?? mail.Opening.Link("/d/")?.Site,
        };
    }

    public static AppFacts? Bitbucket(Evidence mail)
    {
        if (mail.Opening.Link("/projects/") is not { } link
            || PullRequest().Match(link.Path) is not { Success: true } pull)
            return null;
        var project = $"{pull.Groups["project"].Value}/{pull.Groups["repository"].Value}";
        return new AppFacts("bitbucket")
        {
            Instance = mail.HostOfIds(),
            Site = mail.Opening.BaseHref() ?? link.Site,
            Project = project,
            Item = pull.Groups["number"] is { Success: true } number ? $"{project}#{number.Value}" : null,
            Event = pull.Groups["number"].Success ? "pull request" : "commit",
            Actor = mail.ActorBefore("bitbucket") ?? mail.ActorBefore("stash"),
        };
    }

    public static AppFacts? Bamboo(Evidence mail)
    {
        if (mail.Opening.Link("/browse/") is not { } link
            || Build().Match(link.Path) is not { Success: true } build)
            return null;
        return new AppFacts("bamboo")
        {
            Instance = mail.HostOfIds(),
            Site = mail.Opening.BaseHref() ?? link.Site,
            Project = build.Groups["plan"].Value,
            Item = build.Value,
            Event = Result().Match(mail.Subject) is { Success: true } result ? result.Value.ToLowerInvariant() : null,
        };
    }

    // "[FIRING:1] DiskFull (warning db1)", "[RESOLVED] …", "[Alerting] …": the state, then the name of the alert.
    private static AppFacts Alert(string app, Evidence mail)
    {
        var (state, title) = (mail.Prefix, mail.Title);
        var labels = title.IndexOf(" (", StringComparison.Ordinal);
        return new AppFacts(app)
        {
            Instance = mail.HostOfIds() is { } host && host != "alertmanager" ? host : null,
            Item = labels > 0 ? title[..labels] : title,
            Event = state.Split(':')[0].ToLowerInvariant(),
        };
    }

    [GeneratedRegex(@"^<alert-[0-9a-f]+-[0-9-]+@alertmanager>$", Pure)]
    private static partial Regex AlertId();

    [GeneratedRegex(@"^(?<project>~?[\w.-]+)/repos/(?<repository>[\w.-]+)/"
        + @"(pull-requests/(?<number>\d+)|commits/)", Pure)]
    private static partial Regex PullRequest();

    [GeneratedRegex(@"^(?<plan>[A-Z][A-Z0-9]*-[A-Z][A-Z0-9]*)(-[A-Z0-9]+)?-[0-9]+\b", Pure)]
    private static partial Regex Build();

    [GeneratedRegex(@"\b(successful|failed)\b", Pure | RegexOptions.IgnoreCase)]
    private static partial Regex Result();
}
