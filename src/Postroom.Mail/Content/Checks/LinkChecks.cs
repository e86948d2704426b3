using System.Net;
using System.Text.RegularExpressions;

namespace Postroom.Mail.Content.Checks;

/// <summary>Links that are broken by themselves. Nothing is fetched.</summary>
internal static partial class LinkChecks
{
    private static readonly string[] InnerEndings =
        [".local", ".localhost", ".localdomain", ".internal", ".intranet", ".lan", ".corp", ".home", ".home.arpa",
            ".test", ".invalid"];

    public static IEnumerable<Finding> Of(CheckedMail mail, ContentLimits limits)
    {
        var isForOutside = mail.Recipients.Any(to => !Related(CheckedMail.DomainOf(to), mail.Author
            ?? CheckedMail.DomainOf(mail.From)));
        foreach (var link in Links.Of(mail.Mail, limits).DistinctBy(one => (one.Url, one.Text)))
            if (One(link, isForOutside) is { } finding)
                yield return finding with { Where = link.Url };
    }

    private static Finding? One(ShownLink link, bool isForOutside)
    {
        var url = link.Url;
        if (BodyChecks.Template().IsMatch(Uri.UnescapeDataString(url))
            || BodyChecks.Template().IsMatch(link.Text))
            return new("link-template", Severity.Problem, "A template in a link was not filled in.",
                "See why the application had no value for it.");
        if (url.Length == 0 || url is "#")
            return new("link-empty", Severity.Problem, $"A link leads nowhere: “{link.Text}”.",
                "Give it an address, or take it out.");
        if (url.StartsWith('#'))
            return null; // to a place in the same mail
        if (!url.Contains(':', StringComparison.Ordinal) && link.In == "text")
            return null; // www.example.com: a word that programs make a link of
        if (!Uri.TryCreate(url, UriKind.Absolute, out var to) || !url.StartsWith(to.Scheme + ":",
            StringComparison.OrdinalIgnoreCase))
            return new("link-relative", Severity.Problem, "A link has no scheme and host, and a mail has no place "
                + "that it "
                + "could be relative to.", "Write the whole address. As a rule the application does not know its "
                    + "own: set "
                + "its base URL.");
        if (to.Scheme is "mailto" or "tel" or "cid" or "sms" or "webcal")
            return null;
        if (to.Scheme is not ("http" or "https"))
            return new("link-scheme", Severity.Problem, $"A link is of the scheme {to.Scheme}, which mail programs "
                + $"do not "
                + "open.", "Lead to an https address.");
        if (IsInner(to))
            return isForOutside
                ? new("link-inner", Severity.Problem, $"A link leads to {Printable.Of(to.Host)}, which who is "
                    + $"outside does "
                    + "not reach.", "Set the application's base URL to the address that people use.")
                : new("link-inner", Severity.Advice, $"A link leads to {Printable.Of(to.Host)}, which is reached from "
                    + "within alone.", "Set the application's base URL if others are to reach it.");
        if (Shown(link.Text) is { } shown && !Related(shown, to.Host.ToLowerInvariant()))
            return new("link-elsewhere", Severity.Problem, $"A link shows {Printable.Of(shown)} and leads to "
                + $"{Printable.Of(to.Host)}: filters and readers take that for fraud.",
                "Show words, or the address that it leads to.");
        return to.Scheme == "http"
            ? new("link-http", Severity.Advice, "A link leads to http, which browsers warn of.", "Lead to https.")
                : null;
    }

    private static bool IsInner(Uri to)
    {
        var host = to.DnsSafeHost.ToLowerInvariant();
        if (IPAddress.TryParse(host, out var address))
            return !Reach.IsPublic(address);
        return !host.Contains('.', StringComparison.Ordinal)
            || InnerEndings.Any(ending => host.EndsWith(ending, StringComparison.Ordinal));
    }

    // example.com and www.example.com are of one house.
    private static bool Related(string one, string other) => one == other
        || one.EndsWith("." + other, StringComparison.Ordinal) || other.EndsWith("." + one, StringComparison.Ordinal)
        || (one.StartsWith("www.", StringComparison.Ordinal) && Related(one[4..], other));

    private static string? Shown(string text) =>
        HostLike().Match(text) is { Success: true } found ? found.Groups[1].Value.ToLowerInvariant() : null;

    [GeneratedRegex(@"^\s*(?:https?://)?((?:[a-z0-9-]{1,63}\.)+[a-z]{2,24})(?::\d+)?(?:/\S*)?\s*$",
        RegexOptions.IgnoreCase)]
    private static partial Regex HostLike();
}
