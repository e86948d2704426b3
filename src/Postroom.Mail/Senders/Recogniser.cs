using Postroom.Mail.Message;

namespace Postroom.Mail.Senders;

/// <summary>Says whose mail it is: by what a person wrote, and by what is known of applications.</summary>
public sealed class Recogniser
{
    private static readonly Func<Evidence, AppFacts?>[] Known =
    [
        AtlassianMail.Jira, AtlassianMail.Confluence, ToolMail.Gitea, ToolMail.GitLab, ToolMail.Jenkins,
        ToolMail.Redmine, TellingMail.Alertmanager, TellingMail.Grafana, TellingMail.Bitbucket, TellingMail.Bamboo,
    ];

    // Of those whose header alone does not tell.
    private static readonly string[] TellingNames = ["bitbucket", "stash", "bamboo", "grafana", "alertmanager"];
    private static readonly string[] TellingStates = ["firing", "resolved", "alerting", "ok", "no data", "bamboo"];

    private readonly IReadOnlyList<ApplicationRule> _rules;

    /// <param name="rules">The first that holds counts, and what it leaves open is filled in by what is known.</param>
    public Recogniser(IReadOnlyList<ApplicationRule> rules)
    {
        _rules = rules;
        FieldNames = new FieldNames(
            [.. Evidence.FieldNames, .. rules.SelectMany(rule => rule.Fields).Select(one => one.Name)]);
    }

    /// <summary>Knows what is known, and no rules.</summary>
    public static Recogniser BuiltIn { get; } = new([]);

    internal FieldNames FieldNames { get; }

    /// <summary>Whether the body's beginning can tell more than the header.</summary>
    internal static bool WantsOpening(Evidence mail) => Recognised(mail) is not null
        || TellingNames.Any(name => mail.FromName.Contains(name, StringComparison.OrdinalIgnoreCase))
        || TellingStates.Contains(mail.Prefix.Split(':')[0], StringComparer.OrdinalIgnoreCase)
        || mail.Subject.Contains("pull request", StringComparison.OrdinalIgnoreCase);

    /// <returns>Null where nothing is known of it.</returns>
    internal AppFacts? Recognise(Evidence mail, Origin origin, ReversePath from)
    {
        var known = Recognised(mail);
        var own = _rules.Select(rule => rule.Of(mail, origin, from)).FirstOrDefault(facts => facts is not null);
        var (first, second) = own is null ? (known, null) : (own, known);
        return first is null ? null : new AppFacts(AppFacts.Text(first.App) ?? "unnamed")
        {
            Instance = AppFacts.Text(first.Instance) ?? AppFacts.Text(second?.Instance),
            Site = AppFacts.Text(first.Site) ?? AppFacts.Text(second?.Site),
            Node = AppFacts.Text(first.Node) ?? AppFacts.Text(second?.Node),
            Project = AppFacts.Text(first.Project) ?? AppFacts.Text(second?.Project),
            Item = AppFacts.Text(first.Item) ?? AppFacts.Text(second?.Item),
            Event = AppFacts.Text(first.Event) ?? AppFacts.Text(second?.Event),
            Actor = AppFacts.Text(first.Actor) ?? AppFacts.Text(second?.Actor),
            Reason = AppFacts.Text(first.Reason) ?? AppFacts.Text(second?.Reason),
        };
    }

    private static AppFacts? Recognised(Evidence mail)
    {
        foreach (var known in Known)
            if (known(mail) is { } facts)
                return facts;
        return null;
    }
}
