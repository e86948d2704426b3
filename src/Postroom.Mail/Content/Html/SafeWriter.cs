using System.Buffers;
using System.Text;
using AngleSharp.Dom;

namespace Postroom.Mail.Content.Html;

/// <summary>The second fence: writes a tree as HTML, of which only what is on <see cref="SafeList"/>.</summary>
internal sealed class SafeWriter(PageOptions options, ContentLimits limits)
{
    private static readonly SearchValues<char> PlainValue = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 #%.,()-_");

    private static readonly string[] Void = ["br", "col", "hr", "img", "wbr"];
    private const string Image = "<img src=\"cid:";
    private const int LongestUrl = 4_000;

    private readonly StringBuilder _html = new();
    private readonly List<string> _images = [];
    private readonly List<string> _cuts = [];

    public SafePage Page => new(_html.ToString(), _images, _cuts);

    public void Write(INode? node) => Children(node, 0);

    public static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '`' => escaped.Append("&#96;"), // once a quote, to some
                '\0' => escaped,
                _ => escaped.Append(c),
            };
        return escaped.ToString();
    }

    /// <summary>Puts the mail's own images where <c>cid:</c> stands: of what this class wrote, and nothing
    /// else.</summary>
    public static string WithImages(string html, Func<string, string?> imageOf)
    {
        var filled = new StringBuilder(html.Length);
        var from = 0;
        for (var at = html.IndexOf(Image, StringComparison.Ordinal); at >= 0;
            at = html.IndexOf(Image, from, StringComparison.Ordinal))
        {
            var id = html[(at + Image.Length)..html.IndexOf('"', at + Image.Length)];
            filled.Append(html, from, at - from).Append("<img");
            if (imageOf(System.Net.WebUtility.HtmlDecode(id)) is { } image)
                filled.Append(" src=\"").Append(Escaped(image)).Append('"');
            from = at + Image.Length + id.Length + 1;
        }

        return filled.Append(html, from, html.Length - from).ToString();
    }

    private void Children(INode? node, int depth)
    {
        if (node is null)
            return;
        if (depth > limits.ElementDepth + 2)
        {
            Cut($"its HTML is shown {limits.ElementDepth} elements deep");
            return;
        }

        foreach (var child in node.ChildNodes)
            if (child is IText text)
                _html.Append(Escaped(text.Data));
            else if (child is IElement element)
                Element(element, depth);
    }

    private void Element(IElement element, int depth)
    {
        var name = element.LocalName;
        if (element.NamespaceUri != NamespaceNames.HtmlUri || SafeList.Opaque.Contains(name))
            return;
        if (!SafeList.Elements.Contains(name))
        {
            Children(element, depth + 1);
            return;
        }

        _html.Append('<').Append(name);
        if (name == "img")
            Source(element);
        foreach (var attribute in element.Attributes.OrderBy(one => one.Name, StringComparer.Ordinal))
            if (SafeList.Attributes.Contains(attribute.Name) && attribute.NamespaceUri is null
                && Value(name, attribute.Name, attribute.Value) is { Length: > 0 } value)
                _html.Append(' ').Append(attribute.Name).Append("=\"").Append(Escaped(value)).Append('"');
        if (name == "a")
            _html.Append(" rel=\"noopener noreferrer nofollow\" target=\"_blank\"");
        _html.Append(name == "pre" ? ">\n" : ">"); // the first line end in it is not its own
        if (Void.Contains(name))
            return;
        Children(element, depth + 1);
        _html.Append("</").Append(name).Append('>');
    }

    // First, so that WithImages finds it.
    private void Source(IElement image)
    {
        var source = (image.GetAttribute("src") ?? "").Trim();
        if (source.StartsWith("cid:", StringComparison.OrdinalIgnoreCase) && source.Length <= LongestUrl)
            _html.Append(" src=\"cid:").Append(Escaped(ContentIdOf(source))).Append('"');
        else if (Url(source, SafeList.LinkSchemes) is { } url && IsWeb(url))
        {
            if (!_images.Contains(url) && _images.Count < 500)
                _images.Add(url);
            if (options.HasRemoteImages)
                _html.Append(" src=\"").Append(Escaped(url)).Append('"');
        }
    }

    // RFC 2392 §2: the content id, with what an address may not hold written as %HH.
    private static string ContentIdOf(string source)
    {
        var id = source[4..];
        return new string([.. id.Where(c => !char.IsControl(c) && c is not ('"' or '<' or '>' or '\\' or ' '))]);
    }

    private static string? Value(string element, string name, string value) => name switch
    {
        "style" => SafeStyle.Of(value),
        "href" => element == "a" ? Url(value, SafeList.LinkSchemes) : null,
        "src" => null,
        _ when SafeList.Plain.Contains(name) => value.Length is > 0 and <= 100
            && !value.AsSpan().ContainsAnyExcept(PlainValue) ? value : null,
        "face" or "alt" or "title" => value.Length <= 1_000 ? value : value[..1_000],
        _ => null,
    };

    /// <summary>An absolute URL of a scheme that is on a list, written one way; null for any other.</summary>
    internal static string? Url(string written, IReadOnlySet<string> schemes)
    {
        var text = new string([.. written.Where(c => !char.IsControl(c))]).Trim();
        if (text.Length is 0 or > LongestUrl || !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || !schemes.Contains(url.Scheme) || (IsWeb(text) && url.Host.Length == 0))
            return null;
        return text.StartsWith(url.Scheme + ":", StringComparison.OrdinalIgnoreCase) ? url.AbsoluteUri : null;
    }

    private static bool IsWeb(string url) => url.StartsWith("http:", StringComparison.OrdinalIgnoreCase)
        || url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private void Cut(string why)
    {
        if (!_cuts.Contains(why))
            _cuts.Add(why);
    }
}
