using AngleSharp.Dom;
using Postroom.Mail.Content.Html;

namespace Postroom.Mail.Content.Checks;

/// <summary>HTML that mail programs drop, or show otherwise than a browser does.</summary>
internal static class ClientChecks
{
    private const string Word = "Outlook for Windows (classic)";
    private const string Web = "Outlook on the web";
    private const string Gmail = "Gmail";
    private const string All = "every mail program of note";

    // Gmail keeps no more of sheets than this.
    private const int SheetInGmail = 16 * 1024;

    // By element. Only what is sure stands here.
    private static readonly (string Selector, string Who, string Cure)[] Elements =
    [
        ("script", All, "Take it out."),
        ("iframe, object, embed, applet", All, "Lead to a page instead."),
        ("video, audio", $"{Word}, {Web} and {Gmail}", "Show an image that leads to it."),
        ("svg", $"{Word}, {Web} and {Gmail}", "Use a PNG."),
        ("img[src$='.svg' i]", $"{Word} and {Gmail}", "Use a PNG."),
        ("img[src^='data:' i]", $"{Word} and {Gmail}", "Attach it and name it by cid:."),
        ("form, input, textarea, select", $"{Word}", "Lead to a page with the form."),
        ("link[rel~='stylesheet' i]", $"{Gmail}, {Web} and {Word}", "Write styles into the elements."),
        ("math, canvas, template, dialog", All, "Use an image or words."),
    ];

    // By a word of its style.
    private static readonly (string Property, string? Value, string Who, string Cure)[] Styles =
    [
        ("position", null, $"{Gmail} and {Word}", "Lay it out with tables."),
        ("display", "flex", Word, "Lay it out with tables."), ("display", "grid", Word, "Lay it out with tables."),
        ("background-image", null, Word, "Give a background-color too."),
        ("border-radius", null, Word, "It is only a matter of looks."),
        ("box-shadow", null, Word, "It is only a matter of looks."), ("opacity", null, Word, "Use a lighter colour."),
        ("max-width", null, Word, "Give a width attribute too."), ("transform", null, Word, "Do without."),
        ("animation", null, $"{Word} and {Gmail}", "Do without."), ("object-fit", null, Word, "Size the image itself."),
    ];

    // By what stands in a sheet.
    private static readonly (string Text, string Who, string Cure)[] Sheets =
    [
        ("@import", $"{Gmail}, {Web} and {Word}", "Write the styles into the mail."),
        ("@font-face", $"{Gmail}, {Web} and {Word}", "Name a font behind it that everybody has."),
        ("@media", Word, "Make it readable without."), ("@keyframes", $"{Word} and {Gmail}", "Do without."),
    ];

    public static IEnumerable<Finding> Of(CheckedMail checkedMail, ContentLimits limits)
    {
        if (checkedMail.Mail.Html is not { } html)
            yield break;
        using var tree = SafeHtml.Parse(html, limits);
        if (tree is null)
        {
            yield return new("html-too-large", Severity.Problem, "The HTML is made of too many elements to be "
                + "looked at.",
                "Mail programs will be slow with it, or give up.");
            yield break;
        }

        foreach (var (selector, who, cure) in Elements)
            if (tree.QuerySelector(selector) is { } element)
                yield return Dropped($"<{element.LocalName}>", who, cure);
        foreach (var finding in OfStyles(tree).Concat(OfSheets(tree)).Concat(OfImages(tree)))
            yield return finding;
    }

    private static IEnumerable<Finding> OfStyles(IDocument tree)
    {
        var styles = tree.QuerySelectorAll("[style]").Select(one =>
            (one.GetAttribute("style") ?? "").ToLowerInvariant())
            .SelectMany(style => style.Split(';')).Select(one => one.Split(':', 2, StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2).Select(pair => (Name: pair[0], Value: pair[1])).Distinct().ToList();
        foreach (var (property, value, who, cure) in Styles)
            if (styles.Any(style => style.Name == property && (value is null
                || style.Value.Contains(value, StringComparison.Ordinal))))
                yield return Dropped(value is null ? property : $"{property}: {value}", who, cure);
    }

    private static IEnumerable<Finding> OfSheets(IDocument tree)
    {
        var sheet = string.Join('\n', tree.QuerySelectorAll("style").Select(one => one.TextContent));
        foreach (var (text, who, cure) in Sheets)
            if (sheet.Contains(text, StringComparison.OrdinalIgnoreCase))
                yield return Dropped(text, who, cure);
        if (sheet.Length > SheetInGmail)
            yield return Dropped($"sheets of more than {SheetInGmail} characters", Gmail,
                "Write the styles that matter into the elements.");
    }

    private static IEnumerable<Finding> OfImages(IDocument tree)
    {
        foreach (var image in tree.QuerySelectorAll("img:not([alt])"))
            if (image.GetAttribute("width") is not "1" && image.GetAttribute("height") is not "1")
                yield return new("alt-missing", Severity.Advice,
                    "An image has no alternative: who blocks images, or does not see, learns nothing of it.",
                    "Give it alt=\"…\"; alt=\"\" where it is only for looks.")
                {
                    Where = Printable.Of(Short(image.GetAttribute("src") ?? "")),
                };
    }

    private static Finding Dropped(string what, string who, string cure) =>
        new("dropped", Severity.Advice, $"{what} is dropped by {who}.", cure) { Where = what };

    private static string Short(string text) => text.Length <= 200 ? text : text[..200];
}
