using System.Text.RegularExpressions;
using AngleSharp.Dom;
using Postroom.Mail.Content.Html;

namespace Postroom.Mail.Content;

/// <summary>A link of a mail.</summary>
/// <param name="Url">As it is written, without spaces around it; what steers a screen is escaped.</param>
/// <param name="Text">What stands there to be clicked on; of an image its alternative.</param>
/// <param name="In"><c>html</c> or <c>text</c>.</param>
public sealed record ShownLink(string Url, string Text, string In);

/// <summary>The links of a mail: those of its HTML in order, then those that only its text has.</summary>
public static partial class Links
{
    private const int Most = 500;
    private const int LongestUrl = 4_000;
    private const int LongestText = 300;

    public static IReadOnlyList<ShownLink> Of(ShownMail mail, ContentLimits? limits = null)
    {
        var links = new List<ShownLink>();
        if (mail.Html is { } html)
            OfHtml(html, limits ?? new ContentLimits(), links);
        if (mail.Text is { } text)
            OfText(text, links);
        return links;
    }

    private static void OfHtml(string html, ContentLimits limits, List<ShownLink> links)
    {
        using var tree = SafeHtml.Parse(html, limits);
        if (tree is null)
            OfText(PlainText.WithoutTags(html, limits.TextOctets), links);
        foreach (var link in tree?.QuerySelectorAll("a[href], area[href]") ?? Enumerable.Empty<IElement>())
        {
            if (links.Count >= Most)
                return;
            var text = link.TextContent;
            if (string.IsNullOrWhiteSpace(text))
                text = link.QuerySelector("img[alt]")?.GetAttribute("alt") ?? link.GetAttribute("alt") ?? "";
            links.Add(new ShownLink(Clean(link.GetAttribute("href") ?? "", LongestUrl),
                Clean(Spaces().Replace(text, " "), LongestText), "html"));
        }
    }

    private static void OfText(string text, List<ShownLink> links)
    {
        var known = links.Select(link => link.Url).ToHashSet(StringComparer.Ordinal);
        foreach (Match found in Address().Matches(text))
        {
            if (links.Count >= Most)
                return;
            var url = Clean(Whole(found.Value), LongestUrl);
            if (known.Add(url))
                links.Add(new ShownLink(url, url, "text"));
        }
    }

    // A sentence ends behind its last address, and a bracket closes what was opened before it.
    private static string Whole(string url)
    {
        url = url.TrimEnd('.', ',', ';', ':', '!', '?', '\'', '"', '*', '_');
        return url.EndsWith(')') && url.AsSpan().Count(')') > url.AsSpan().Count('(') ? url[..^1] : url;
    }

    private static string Clean(string text, int most)
    {
        text = text.Trim();
        return Printable.Of(text.Length <= most ? text : text[..most]);
    }

    [GeneratedRegex(@"\b(?:https?://|mailto:|www\.)[^\s<>""\u201C\u201D\]]+",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Address();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
