using Postroom.Mail.Content;
using Postroom.Mail.Content.Html;

namespace Postroom.Api.Contents;

/// <summary>A mail as a page of its own.</summary>
internal static class PageText
{
    // A page in a browser carries the mail's images in itself: a sandboxed page has no origin to fetch them by.
    private const int LargestImage = 4 << 20;
    private const int ImagesInAll = 12 << 20;

    private static readonly (string Type, byte[] Start)[] Rasters =
    [
        ("image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), ("image/jpeg", [0xFF, 0xD8, 0xFF]),
        ("image/gif", [0x47, 0x49, 0x46, 0x38]), ("image/webp", [0x52, 0x49, 0x46, 0x46]),
    ];

    /// <summary>The whole page.</summary>
    /// <param name="hasImages">Images of elsewhere are fetched by whoever looks.</param>
    public static string Of(ShownMail mail, bool hasImages)
    {
        var left = ImagesInAll;
        var page = mail.Html is { } html
            ? SafeHtml.Of(html, new PageOptions
            {
                HasRemoteImages = hasImages,
                ImageOf = id =>
                {
                    if (mail.ByContentId(Uri.UnescapeDataString(id)) is not { } part
                        || Math.Min(left, LargestImage) < part.Size || RasterOf(part) is not { } type)
                        return null;
                    left -= (int)part.Size;
                    return $"data:{type};base64,{Convert.ToBase64String(part.Octets(LargestImage, out _))}";
                },
            })
            : new SafePage($"<pre>{Escaped(mail.Text ?? "")}</pre>", [], []);
        var cuts = string.Concat(mail.Cuts.Concat(page.Cuts).Select(cut => $"<p><em>Cut: {Escaped(cut)}</em></p>\n"));
        return $$"""
            <!DOCTYPE html>
            <html><head><meta charset="utf-8"><title>{{Escaped(mail.Field("Subject") ?? "(no subject)")}}</title>
            <style>body{font-family:sans-serif;margin:1em}pre{white-space:pre-wrap}img{max-width:100%}</style></head>
            <body>
            {{page.Html}}
            {{cuts}}</body></html>

            """;
    }

    /// <summary>What the browser may do with it: show it, and what it asks for, and nothing else.</summary>
    public static string PolicyOf(bool hasImages) =>
        $"default-src 'none'; img-src data:{(hasImages ? " https: http:" : "")}; style-src 'unsafe-inline'; "
            + "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
            + "sandbox allow-popups allow-popups-to-escape-sandbox";

    /// <summary>The media type of an image that any browser shows and none runs, by its octets and its name for itself;
    /// null where it is none.</summary>
    public static string? RasterOf(ShownPart part)
    {
        var start = part.Octets(16, out _);
        foreach (var (type, first) in Rasters)
            if (part.Type == type && start.AsSpan().StartsWith(first))
                return type;
        return null;
    }

    private static string Escaped(string text) => System.Net.WebUtility.HtmlEncode(text);
}
