using System.Globalization;
using Postroom.Mail.Content.Checks;
using Postroom.Relay.Fetching;

namespace Postroom.Api.Contents;

/// <summary>What came of asking for links, as findings.</summary>
internal static class FetchFindings
{
    /// <summary>All findings, the worst first.</summary>
    /// <param name="links">How many links there are: more than are asked for, at times.</param>
    public static IReadOnlyList<Finding> Before(
        IReadOnlyList<LinkOutcome> outcomes, int links, IReadOnlyList<Finding> others)
    {
        var findings = outcomes.Where(one => one.Url.StartsWith("http", StringComparison.OrdinalIgnoreCase))
            .Select(Of).ToList();
        if (links > outcomes.Count)
            findings.Add(new("link-not-asked", Severity.Advice, string.Create(CultureInfo.InvariantCulture,
                $"Of {links} links the first {outcomes.Count} were asked for."), "Look at the others yourself."));
        return [.. findings.Concat(others).OrderByDescending(one => one.Severity)];
    }

    private static Finding Of(LinkOutcome outcome) => outcome switch
    {
        { Failure: { } failure } => new("link-no-answer", Severity.Problem, $"A link had no answer: {failure}.",
            "See whether the address is right, and whether everybody reaches it.") { Where = outcome.Url },
        { Status: >= 400 and var status } => new("link-broken",
            status is 401 or 403 or 429 ? Severity.Advice : Severity.Problem, string.Create(
                CultureInfo.InvariantCulture, $"A link was answered with {status}."),
            status is 401 or 403 or 429 ? "It may only be that a robot, or who is not logged in, is not let in."
                : "See whether the address is right.") { Where = outcome.Url },
        { Final: { } final } => new("link-answers", Severity.Fine, string.Create(CultureInfo.InvariantCulture,
            $"A link leads on to {final}, and answers {outcome.Status}."), "") { Where = outcome.Url },
        _ => new("link-answers", Severity.Fine, string.Create(CultureInfo.InvariantCulture,
            $"A link answers {outcome.Status}."), "") { Where = outcome.Url },
    };
}
