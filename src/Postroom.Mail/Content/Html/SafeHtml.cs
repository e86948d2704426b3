using AngleSharp;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using Ganss.Xss;

namespace Postroom.Mail.Content.Html;

/// <summary>Makes a mail's HTML safe to show: nothing in it runs, submits, or asks another machine for
/// anything.</summary>
/// <remarks>
/// Two fences stand one behind the other. The sanitizer of the package takes out of the tree what is not on
/// <see cref="SafeList"/>; then <see cref="SafeWriter"/> writes anew what is, by itself, so that no serializer stands
/// between what was looked at and what is shown. The result is read and made safe again until that changes nothing
/// (mutation XSS lives on what parsing changes); what does not come to rest is shown as text.
/// </remarks>
public static class SafeHtml
{
    private const int MostTurns = 4;

    // Styles are kept by it; the page never loads a sheet.
    private static readonly IConfiguration WithStyles = AngleSharp.Configuration.Default.WithCss();

    /// <summary>Makes a page.</summary>
    /// <param name="html">As the mail has it.</param>
    public static SafePage Of(string html, PageOptions? options = null, ContentLimits? limits = null)
    {
        options ??= new PageOptions();
        limits ??= new ContentLimits();
        SafePage? first = null;
        var now = html;
        for (var turn = 0; turn < MostTurns; turn++)
        {
            // Images are put in at the end: their octets need not be read again and again.
            if (Once(now, options with { ImageOf = null }, limits) is not { } page)
                return AsText(html, limits, "its HTML is made of too many elements: what stands here is its text");
            if (page.Html == now && first is not null)
                return Filled(first with { Html = now }, options);
            first ??= page;
            now = page.Html;
        }

        return AsText(html, limits, "its HTML changes each time it is read: what stands here is its text");
    }

    /// <summary>The tree of a text of HTML; null where it has more elements than a bound.</summary>
    internal static IHtmlDocument? Parse(string html, ContentLimits limits)
    {
        try
        {
            return Parser(limits).ParseDocument("<!doctype html><html><body>" + html);
        }
        catch (TooManyException)
        {
            return null;
        }
    }

    private static SafePage? Once(string html, PageOptions options, ContentLimits limits)
    {
        var removed = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            using var tree = Sanitizer(removed, limits).SanitizeDom(html);
            var writer = new SafeWriter(options, limits);
            writer.Write(tree.Body);
            return writer.Page with { Removed = [.. removed.Take(50)] };
        }
        catch (TooManyException)
        {
            return null;
        }
    }

    private static HtmlSanitizer Sanitizer(SortedSet<string> removed, ContentLimits limits)
    {
        var sanitizer = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(SafeList.Elements),
            AllowedAttributes = new HashSet<string>(SafeList.Attributes),
            AllowedCssProperties = new HashSet<string>(SafeList.Properties),
            AllowedSchemes = new HashSet<string>([.. SafeList.LinkSchemes, "cid"]),
            UriAttributes = new HashSet<string>(["href", "src"]),
        })
        {
            KeepChildNodes = true,
            HtmlParserFactory = () => Parser(limits),
        };
        sanitizer.RemovingTag += (_, tag) =>
        {
            var name = tag.Tag.LocalName;
            removed.Add(Printable.Of(name.Length <= 40 ? name : name[..40]));
            if (SafeList.Opaque.Contains(name) || tag.Tag.NamespaceUri != NamespaceNames.HtmlUri)
                tag.Tag.TextContent = "";
        };
        sanitizer.RemovingAttribute += (_, attribute) =>
        {
            var name = attribute.Attribute.Name;
            if (name.StartsWith("on", StringComparison.OrdinalIgnoreCase)
                || attribute.Reason == RemoveReason.NotAllowedUrlValue)
                removed.Add(Printable.Of(name.Length <= 40 ? name : name[..40]));
        };
        return sanitizer;
    }

    private static HtmlParser Parser(ContentLimits limits)
    {
        var left = limits.Elements;
        return new HtmlParser(new HtmlParserOptions
        {
            MaximumDepth = limits.ElementDepth,
            OnCreated = (_, _) =>
            {
                left--;
                if (left < 0)
                    throw new TooManyException();
            },
        }, BrowsingContext.New(WithStyles));
    }

    private static SafePage Filled(SafePage page, PageOptions options) => options.ImageOf is null ? page
        : page with { Html = SafeWriter.WithImages(page.Html, options.ImageOf) };

    private static SafePage AsText(string html, ContentLimits limits, string why) =>
        new($"<pre>\n{SafeWriter.Escaped(PlainText.WithoutTags(html, limits.TextOctets))}</pre>", [], [why]);

    private sealed class TooManyException : Exception;
}
